"""The parent's signals, as numbers to look at and a wait that ends when one comes."""

import os
import select
import signal
from collections.abc import Iterable
from types import FrameType


class Signals:
    """The signals that we were sent, counted; `wait` ends when one comes.

    Counted by Python's handlers, not by what stands in the wake-up pipe: a child between fork and exec still has our
    pipe, and a signal to it would write there too.
    """

    def __init__(self) -> None:
        self.stops = self.hangups = 0
        self._pipe: tuple[int, int] | None = None
        self._ends_with_terminal = False

    def install(self) -> None:
        self._ends_with_terminal = signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN and _has_terminal()
        self._pipe = os.pipe()
        for end in self._pipe:
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self._pipe[1], warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(number, self._count)

    def _count(self, number: int, frame: FrameType | None) -> None:
        if number in (signal.SIGTERM, signal.SIGINT):
            self.stops += 1
        elif number == signal.SIGHUP and self._ends_with_terminal and not _has_terminal():
            self._ends_with_terminal = False  # the shell may send one more, which is not a second request
            self.stops += 1
        elif number == signal.SIGHUP:
            self.hangups += 1

    def wait(self, others: Iterable[int], seconds: float) -> None:
        """Until a signal comes (also one that came before), one of `others` can be read, or `seconds` are over."""
        if self._pipe is None:
            raise RuntimeError("The signals are not caught yet: install() comes first.")
        readable, _, _ = select.select([self._pipe[0], *others], [], [], seconds)
        if self._pipe[0] in readable:
            os.read(self._pipe[0], 4096)

    def ignore(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.set_wakeup_fd(-1)
        if self._pipe is not None:
            for end in self._pipe:
                os.close(end)
            self._pipe = None


def _has_terminal() -> bool:
    """Whether this process has a controlling terminal that is still there."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True
