"""`manage.py clock`: the process that time passes in. Run one, or two: they share the work and do each other no
harm."""

import logging
import signal
import threading
import time
from typing import Any

from django.core.management.base import BaseCommand
from django.db import InterfaceError, OperationalError, connection

from orders import clock, notifications

logger = logging.getLogger(__name__)

SWEEP_EVERY = 3_600.0  # seconds between two looks for notifications beyond their bounds


class Command(BaseCommand):
    help = (
        "Close, cancel and end posts when their time has come, and remind people. SIGTERM ends it in order."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--once", action="store_true", help="do what is due and end")

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        if options["once"]:
            while clock.run_due() >= clock.BATCH:  # of posts, of reminders, or of both
                pass
            notifications.prune()
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        logger.info("the clock is running")
        self._swept = time.monotonic() - SWEEP_EVERY
        while not stop.wait(self._nap()):
            pass
        logger.info("the clock has stopped")

    def _nap(self) -> float:
        """Do a batch; how long to sleep then. A database that is away is tried again; nothing is lost by it."""
        try:
            if time.monotonic() - self._swept >= SWEEP_EVERY:
                self._swept = time.monotonic()
                while notifications.prune() == notifications.BATCH:
                    pass
            return 0.0 if clock.run_due() >= clock.BATCH else clock.seconds_to_next()
        except (OperationalError, InterfaceError) as error:
            logger.warning("the clock cannot reach the database: %s", error)
            connection.close()
            return clock.LONGEST_NAP
