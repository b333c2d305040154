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

import ctypes
import logging
import math
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from types import FrameType
from typing import Final

from chat.serving.sockets import close

FIRST_DELAY: Final = 0.1  # seconds between a death and the next start, doubling with each death
LONGEST_DELAY: Final = 10.0
STEADY_AFTER: Final = 30.0  # seconds of life after which a death counts as the first again
GRACE: Final = 5.0  # seconds beyond drain_within before SIGKILL
HURRY: Final = 2.0  # seconds that are left after a second SIGTERM or SIGINT to us
_REAPED_WITHIN: Final = 5.0  # seconds after SIGKILL; longer only if the kernel itself is stuck
_LONGEST_WAIT: Final = 60.0  # seconds; nothing depends on it

_READY_FD, _PARENT = "SERVE_READY_FD", "SERVE_PARENT_PID"
_PR_SET_PDEATHSIG: Final = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None

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
            _Slot(number, listener, command, ready_within)
            for number, listener in enumerate(listeners, start=1)
        ]
        self._signals = _Signals()

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

    def _children(self) -> "list[_Child]":
        return [child for slot in self._slots for child in slot.children()]


class _Slot:
    """A listening socket and the workers on it: one, or two while one takes over from the other."""

    def __init__(
        self, number: int, listener: socket.socket, command: Callable[[int], list[str]], ready_within: float
    ) -> None:
        self.number, self._listener, self._command = number, listener, command
        self._ready_within = ready_within
        self._serving: _Child | None = None
        self._replacement: _Child | None = None
        self._retiring: _Child | None = None
        self._delay = FIRST_DELAY
        self._due: float | None = time.monotonic()
        self.ever_ready = False
        self.failed = ""  # how a worker ended that was not ready yet

    @property
    def deadline(self) -> float | None:
        """When a worker is to be started; not while a replacement may make that unnecessary."""
        return None if self._serving or self._replacement else self._due

    def children(self) -> "list[_Child]":
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

    def _start(self) -> "_Child | None":
        try:
            return _Child(self.number, self._listener, self._command, self._ready_within)
        except (OSError, subprocess.SubprocessError) as error:
            self.failed = f"could not be started ({error})"
            return None

    def _bury(self, child: "_Child") -> None:
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


class _Child:
    """One worker process, from its start until it has been waited for."""

    def __init__(
        self, number: int, listener: socket.socket, command: Callable[[int], list[str]], ready_within: float
    ) -> None:
        """Returns when it runs its own program; OSError if it cannot."""
        self.pipe: int | None
        self.pipe, theirs = os.pipe()
        os.set_blocking(self.pipe, False)
        try:
            self._process = subprocess.Popen(
                command(listener.fileno()),
                stdin=subprocess.DEVNULL,
                env={**os.environ, _READY_FD: str(theirs), _PARENT: str(os.getpid())},
                pass_fds=(listener.fileno(), theirs),
                process_group=0,
                preexec_fn=_die_with(os.getpid()),  # no threads here; it makes two system calls
            )
        except BaseException:
            os.close(self.pipe)
            raise
        finally:
            os.close(theirs)
        self.number, self.pid = number, self._process.pid
        self.ready = self.ended = self._stopping = self._killed = False
        self._since = time.monotonic()
        self._end = self._since
        self.deadline: float | None = self._since + ready_within
        """When SIGKILL is due, or after it, when we stop waiting."""

    @property
    def age(self) -> float:
        """Seconds of life."""
        return (self._end if self.ended else time.monotonic()) - self._since

    @property
    def clean(self) -> bool:
        """Whether it ended as it should after SIGTERM. One that was still starting has no handler yet."""
        code = self._process.returncode
        return code == 0 or (code == -signal.SIGTERM and not self.ready)

    @property
    def how(self) -> str:
        """Half a sentence on its end."""
        code = self._process.returncode
        if self._killed:
            if code is None:
                return "cannot be killed and is left behind"
            return f"{'did not stop' if self._stopping else 'was not ready'} in time and was killed"
        if code is not None and code < 0:
            return f"was ended by {signal.Signals(-code).name} after {self.age:.1f} s"
        return f"ended with exit code {code} after {self.age:.1f} s"

    def look(self) -> None:
        """Take notice of its word and of its end; kill it when that is due."""
        if self.ended:
            return
        self._hear()
        if self._process.poll() is not None:
            self._over()
        elif self.deadline is not None and time.monotonic() >= self.deadline:
            if self._killed:
                log.error("Worker %d (process %d) %s.", self.number, self.pid, self.how)
                self._over()
            else:
                self._process.kill()
                self._killed, self.deadline = True, time.monotonic() + _REAPED_WITHIN

    def _hear(self) -> None:
        """Only a byte means ready: a pipe that closes without one is a worker that died, seen before its end."""
        if self.pipe is None:
            return
        try:
            word = os.read(self.pipe, 1)
        except BlockingIOError:
            return
        self._hang_up()
        if word:
            self.ready = True
            if not self._stopping and not self._killed:
                self.deadline = None
            log.info("Worker %d (process %d) is ready.", self.number, self.pid)

    def _hang_up(self) -> None:
        if self.pipe is not None:
            os.close(self.pipe)
            self.pipe = None

    def _over(self) -> None:
        self.ended, self.deadline, self._end = True, None, time.monotonic()
        self._hang_up()

    def stop(self, patience: float) -> None:
        """SIGTERM, and SIGKILL after `patience` seconds; does nothing the second time."""
        if not (self.ended or self._killed or self._stopping):
            self._stopping, self.deadline = True, time.monotonic() + patience
            self._process.terminate()

    def hurry(self) -> None:
        """SIGINT, and SIGKILL after HURRY seconds."""
        if self.deadline is not None and not self._killed:
            self.deadline = min(self.deadline, time.monotonic() + HURRY)
            self._process.send_signal(signal.SIGINT)

    def kill(self) -> None:
        """At once and without waiting, when we ourselves fail."""
        self._process.kill()


class _Signals:
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
        assert self._pipe is not None  # noqa: S101 (run installs first)
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


def _die_with(parent: int) -> Callable[[], None] | None:
    """What a child runs between fork and exec so that the kernel ends it with `parent`; None where it cannot.

    The signal comes when the *thread* that forked ends; `run` is in the main thread.
    """
    if _LIBC is None:
        return None
    prctl, kill = _LIBC.prctl, int(signal.SIGKILL)

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, kill, 0, 0, 0)
        if os.getppid() != parent:  # it ended before the call
            os._exit(1)

    return ask


# --- the worker's side ------------------------------------------------------------------------------------------------


def tell_ready() -> None:
    """Tell the supervisor, if there is one, that this worker accepts. Only the first call does something."""
    descriptor = os.environ.pop(_READY_FD, None)
    if descriptor is not None:
        try:
            os.write(int(descriptor), b"1")
        except BrokenPipeError:
            pass  # the parent has just died
        os.close(int(descriptor))


def orphaned() -> bool:
    """Whether the supervisor that started this worker is gone; False if there was none."""
    parent = os.environ.get(_PARENT)
    return parent is not None and os.getppid() != int(parent)
