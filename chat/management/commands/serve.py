"""`manage.py serve`: the worker, or a parent that holds the sockets of several."""

import socket
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from chat import bus_start
from chat.serving import sockets, worker
from chat.serving.parentage import has_parent
from chat.serving.sockets import ServeError
from chat.serving.supervisor import Supervisor

WORKERS_MAX = 64


class Command(BaseCommand):
    help = "Serve the site and its WebSockets. SIGTERM ends in order; with --workers SIGHUP replaces them one by one."
    requires_system_checks = ()

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--uds", help="path of a Unix socket instead of host and port")
        parser.add_argument("--fd", type=int, help="a listening socket that is open already")
        parser.add_argument(
            "--endpoint", action="append", default=[], help="a Twisted endpoint, for example TLS"
        )
        parser.add_argument("--workers", type=int, help="that many processes under a parent")
        parser.add_argument(
            "--drain-window", type=float, default=3.0, help="seconds to spread the goodbyes over"
        )
        parser.add_argument("--drain-within", type=float, default=10.0, help="seconds for requests in flight")

    def handle(self, *args: Any, **options: Any) -> None:
        bounds = worker.Bounds(drain_window=options["drain_window"], drain_within=options["drain_within"])
        try:
            if settings.BUS_START_WITHIN and not has_parent():
                bus_start.check(settings.BUS_START_WITHIN)
            if options["workers"]:
                sys.exit(self._supervise(options, bounds))
            if options["endpoint"]:
                worker.run(bounds, endpoints=options["endpoint"])
            else:
                worker.run(bounds, listener=self._listeners(options, 1)[0])
        except (ServeError, bus_start.BusUnreachable) as error:
            raise CommandError(str(error)) from error

    def _supervise(self, options: dict[str, Any], bounds: worker.Bounds) -> int:
        count = options["workers"]
        if options["endpoint"] or not 1 <= count <= WORKERS_MAX:
            raise ServeError(
                f"--workers takes 1 to {WORKERS_MAX}, and goes with a port, a Unix socket or --fd."
            )
        listeners = self._listeners(options, count)
        drain = ["--drain-window", str(bounds.drain_window), "--drain-within", str(bounds.drain_within)]

        def command(fd: int) -> list[str]:
            return [sys.executable, sys.argv[0], "serve", "--fd", str(fd), *drain]

        return Supervisor(listeners, command, drain_within=bounds.drain_window + bounds.drain_within).run()

    def _listeners(self, options: dict[str, Any], count: int) -> list[socket.socket]:
        if options["fd"] is not None:
            return sockets.adopt(options["fd"], count)
        if options["uds"]:
            return sockets.listen_unix(options["uds"], count)
        return sockets.listen(options["host"], options["port"], count)
