"""The parent of the workers: it holds the listening sockets, never accepts from them, and keeps workers running.

A socket outlives its worker, so connections that the kernel has queued on it are answered by the next one. With a
worker that stops accepting before it exits, a rolling restart therefore fails no request.

What a worker must do (all of it is in its environment and its command):
* accept from the descriptor in its command, which does not block and may have a second worker on it;
* install its handler for SIGTERM, then call `tell_ready()`;
* on SIGTERM accept what is queued, then close the descriptor, finish and exit with 0 within `drain_within`;
* on SIGINT, which comes later if at all, hurry: it has HURRY seconds left. (Not a second SIGTERM, because a service
  manager that signals all our processes makes two of one.)
* outside Linux, where the kernel does not end it with us, look at `orphaned()` every few seconds and exit.
"""

import logging
import math
import socket
import time
from collections.abc import Callable, Generator, Sequence
from typing import Final

from chat.serving.child import Child
from chat.serving.signals import Signals
from chat.serving.slot import Slot
from chat.serving.sockets import close

GRACE: Final = 5.0  # seconds beyond drain_within before SIGKILL
_LONGEST_WAIT: Final = 60.0  # seconds; nothing depends on it

log = logging.getLogger(__name__)


class Supervisor:
    """One worker for each of `listeners`, until SIGTERM or SIGINT; SIGHUP replaces them one at a time.

    A SIGHUP that comes because our terminal was closed stops us, unless it was ignored when we began (nohup).

    `command` makes a worker's command line from the number of the descriptor that it inherits. Workers inherit our
    environment and output, and have process groups of their own, so that a Ctrl-C reaches them through us. They end
    when we end, a SIGKILL included: by the kernel on Linux, elsewhere see `orphaned`.
    """

    def __init__(
        self,
        listeners: Sequence[socket.socket],
        command: Callable[[int], list[str]],
        *,
        ready_within: float = 60.0,
        drain_within: float = 10.0,
    ) -> None:
        """Seconds: a worker that is not ready `ready_within` its start is killed and counts as dead; one that was
        told to stop is killed `drain_within` + GRACE later."""
        self._listeners = listeners
        self._patience = drain_within + GRACE
        self._slots = [
            Slot(number, listener, command, ready_within)
            for number, listener in enumerate(listeners, start=1)
        ]
        self._signals = Signals()

    def run(self) -> int:
        """Serve; returns the exit code: 0 after a clean stop, 1 if no worker became ready or one had to be killed.

        In the main thread, once, as the process's last act: it closes the listeners, and afterwards SIGTERM,
        SIGINT and SIGHUP are ignored, so that one that comes late does not turn a clean end into another.
        """
        self._signals.install()
        log.info("Starting %d workers.", len(self._slots))
        try:
            if self._serve():
                return self._stop()
            self._stop()  # the rest of those that tried
            return 1
        finally:
            for child in self._children():
                child.kill()
            close(self._listeners)
            self._signals.ignore()

    def _serve(self) -> bool:
        """Until a signal asks to stop (True), or until it is clear that no worker can start (False)."""
        roll: Generator[None, None, None] | None = None
        while not self._signals.stops:
            for slot in self._slots:
                slot.look()
            if self._hopeless():
                return False
            if roll is None and self._signals.hangups:
                self._signals.hangups = 0  # more of them during this round mean one more round
                roll = self._roll()
            if roll is not None and next(roll, roll) is roll:
                roll = None
                continue
            self._turn()
        return True

    def _hopeless(self) -> bool:
        if any(slot.ever_ready for slot in self._slots) or not all(slot.failed for slot in self._slots):
            return False
        log.error("No worker became ready: the first one %s.", self._slots[0].failed)
        return True

    def _roll(self) -> Generator[None, None, None]:
        """Replace the workers one at a time; given up at the first that cannot be, since the next would fail too."""
        for done, slot in enumerate(self._slots):
            if not (yield from slot.replace(self._patience)):
                log.error(
                    "The replacement stops here: %d of %d workers are new, the others stay.",
                    done,
                    len(self._slots),
                )
                return
        log.info("All %d workers are replaced.", len(self._slots))

    def _stop(self) -> int:
        # Now, so that the port refuses as soon as the workers have closed theirs, instead of letting clients wait.
        close(self._listeners)
        children = self._children()
        for child in children:
            child.stop(self._patience)
        told = 1
        while not all(child.ended for child in children):
            if self._signals.stops > told:
                told = self._signals.stops
                for child in children:
                    child.hurry()
            self._turn()
        for child in children:
            if not child.clean:
                log.error("Worker %d (process %d) %s.", child.number, child.pid, child.how)
        return 0 if all(child.clean for child in children) else 1

    def _turn(self) -> None:
        """Wait for a signal, for word from a worker or for the next deadline, and bring the children up to date."""
        children = self._children()
        deadlines = [child.deadline for child in children] + [slot.deadline for slot in self._slots]
        soonest = min((each for each in deadlines if each is not None), default=math.inf) - time.monotonic()
        self._signals.wait(
            [child.pipe for child in children if child.pipe is not None],
            min(max(soonest, 0.0), _LONGEST_WAIT),
        )
        for child in children:
            child.look()

    def _children(self) -> list[Child]:
        return [child for slot in self._slots for child in slot.children()]
