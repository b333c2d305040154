"""What ties a worker to its parent: it ends with it, tells it when it accepts, and can see that it is gone."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable
from typing import Final

READY_FD: Final = "SERVE_READY_FD"  # in a worker's environment: where it writes one byte once it accepts
PARENT: Final = "SERVE_PARENT_PID"

_PR_SET_PDEATHSIG: Final = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with(parent: int) -> Callable[[], None] | None:
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
    descriptor = os.environ.pop(READY_FD, None)
    if descriptor is not None:
        try:
            os.write(int(descriptor), b"1")
        except BrokenPipeError:
            pass  # the parent has just died
        os.close(int(descriptor))


def orphaned() -> bool:
    """Whether the supervisor that started this worker is gone; False if there was none."""
    parent = os.environ.get(PARENT)
    return parent is not None and os.getppid() != int(parent)


def has_parent() -> bool:
    """Whether a supervisor started this worker."""
    return PARENT in os.environ
