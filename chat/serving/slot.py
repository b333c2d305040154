"""A listening socket and whoever serves on it: started, restarted after a death, replaced."""

import logging
import socket
import subprocess
import time
from collections.abc import Callable, Generator
from typing import Final

from chat.serving.child import Child

FIRST_DELAY: Final = 0.1  # seconds between a death and the next start, doubling with each death
LONGEST_DELAY: Final = 10.0
STEADY_AFTER: Final = 30.0  # seconds of life after which a death counts as the first again

log = logging.getLogger(__name__)


class Slot:
    """A listening socket and the workers on it: one, or two while one takes over from the other."""

    def __init__(
        self, number: int, listener: socket.socket, command: Callable[[int], list[str]], ready_within: float
    ) -> None:
        self.number, self._listener, self._command = number, listener, command
        self._ready_within = ready_within
        self._serving: Child | None = None
        self._replacement: Child | None = None
        self._retiring: Child | None = None
        self._delay = FIRST_DELAY
        self._due: float | None = time.monotonic()
        self.ever_ready = False
        self.failed = ""  # how a worker ended that was not ready yet

    @property
    def deadline(self) -> float | None:
        """When a worker is to be started; not while a replacement may make that unnecessary."""
        return None if self._serving or self._replacement else self._due

    def children(self) -> list[Child]:
        """Those that have not been waited for."""
        some = (self._serving, self._replacement, self._retiring)
        return [child for child in some if child is not None and not child.ended]

    def look(self) -> None:
        """Report a death at once; start again when it is due."""
        if self._serving is not None:
            self.ever_ready = self.ever_ready or self._serving.ready
            if self._serving.ended:
                self._bury(self._serving)
        elif self.deadline is not None and time.monotonic() >= self.deadline:
            self._serving = self._start()
            if self._serving is None:
                self._again(self.failed)

    def _start(self) -> Child | None:
        try:
            return Child(self.number, self._listener, self._command, self._ready_within)
        except (OSError, subprocess.SubprocessError) as error:
            self.failed = f"could not be started ({error})"
            return None

    def _bury(self, child: "Child") -> None:
        if not child.ready:
            self.failed = child.how
        if child.age > STEADY_AFTER:
            self._delay = FIRST_DELAY
        self._serving = None
        self._again(f"(process {child.pid}) {child.how}{'' if child.ready else ', before it was ready'}")

    def _again(self, how: str) -> None:
        log.warning("Worker %d %s; starting it again in %g s.", self.number, how, self._delay)
        self._due = time.monotonic() + self._delay
        self._delay = min(self._delay * 2, LONGEST_DELAY)

    def replace(self, patience: float) -> Generator[None, None, bool]:
        """Yields while there is something to wait for; returns whether a new worker serves and the old one is gone."""
        new = self._replacement = self._start()
        while new is not None and not new.ready and not new.ended:
            yield
        self._replacement = None
        if new is None or new.ended:
            log.error("Worker %d stays: its replacement %s.", self.number, new.how if new else self.failed)
            return False
        self._serving, self._retiring = new, self._serving
        if self._retiring is not None:
            self._retiring.stop(patience)
            while not self._retiring.ended:
                yield
            if not self._retiring.clean:
                log.warning("Worker %d's predecessor %s.", self.number, self._retiring.how)
            self._retiring = None
        return True
