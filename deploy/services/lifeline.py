"""Ties a child's life to ours, so that even our SIGKILL leaves nothing running.

On Linux the kernel does it (prctl PR_SET_PDEATHSIG). That signal is sent when the *thread* that forked ends, so a
child started from another thread than the main one, and every child on macOS, gets a guard process instead: it
reads from a pipe that only we hold open, and kills the child's group when the pipe closes.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
_GUARD = Path(__file__).with_name("guard.py")


def _kernel_can() -> bool:
    return _LIBC is not None and threading.current_thread() is threading.main_thread()


def in_child() -> Callable[[], None] | None:
    """What the child runs between fork and exec, or None. After a change of user, which would reset it."""
    if not _kernel_can():
        return None
    parent, prctl, kill = os.getpid(), _LIBC.prctl, int(signal.SIGKILL)  # type: ignore[union-attr]  # see _kernel_can

    def die_with_parent() -> None:
        prctl(_PR_SET_PDEATHSIG, kill, 0, 0, 0)
        if os.getppid() != parent:  # it ended before the call
            os._exit(1)

    return die_with_parent


@dataclass
class Lifeline:
    """A guard process; release() before the child's process id may be reused."""

    guard: subprocess.Popen[bytes]

    def release(self) -> None:
        """End the guard without harm to the child's successor."""
        self.guard.kill()
        self.guard.wait(10)
        if self.guard.stdin:
            self.guard.stdin.close()


def hold(pid: int) -> Lifeline | None:
    """A guard for the child `pid` where the kernel does not do it."""
    if _kernel_can():
        return None
    command = [sys.executable, "-I", "-S", str(_GUARD), str(pid)]
    return Lifeline(subprocess.Popen(command, stdin=subprocess.PIPE, process_group=0))
