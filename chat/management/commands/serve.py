"""`manage.py serve`: the worker, or a parent with several."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from chat.serving import sockets, worker
from chat.serving.sockets import ServeError


class Command(BaseCommand):
    help = "Serve the site and its WebSockets: Daphne with back-pressure, prepared frames and an orderly end."
    requires_system_checks = ()

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--uds", help="path of a Unix socket instead of host and port")
        parser.add_argument("--fd", type=int, help="a listening socket that is open already")
        parser.add_argument(
            "--endpoint", action="append", default=[], help="a Twisted endpoint, for example TLS"
        )
        parser.add_argument(
            "--drain-window", type=float, default=3.0, help="seconds to spread the goodbyes over"
        )
        parser.add_argument("--drain-within", type=float, default=10.0, help="seconds for requests in flight")

    def handle(self, *args: Any, **options: Any) -> None:
        bounds = worker.Bounds(drain_window=options["drain_window"], drain_within=options["drain_within"])
        try:
            worker.run(self._endpoints(options), bounds)
        except ServeError as error:
            raise CommandError(str(error)) from error

    def _endpoints(self, options: dict[str, Any]) -> list[str]:
        if options["endpoint"]:
            return list(options["endpoint"])
        if options["fd"] is not None:
            return [f"fd:fileno={options['fd']}"]
        if options["uds"]:
            self._listener = sockets.listen_unix(options["uds"])[0]
        else:
            self._listener = sockets.listen(options["host"], options["port"], 1)[0]
        return [f"fd:fileno={self._listener.fileno()}"]
