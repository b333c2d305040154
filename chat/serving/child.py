"""One worker process, seen from its parent."""

import logging
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from typing import Final

from chat.serving.parentage import PARENT, READY_FD, die_with

HURRY: Final = 2.0  # seconds that are left after a second SIGTERM or SIGINT to the parent
_REAPED_WITHIN: Final = 5.0  # seconds after SIGKILL; longer only if the kernel itself is stuck

log = logging.getLogger(__name__)


class Child:
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
                env={**os.environ, READY_FD: str(theirs), PARENT: str(os.getpid())},
                pass_fds=(listener.fileno(), theirs),
                process_group=0,
                preexec_fn=die_with(os.getpid()),  # no threads here; it makes two system calls
            )
        except BaseException:  # an interrupt too must not leave the pipe open
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
