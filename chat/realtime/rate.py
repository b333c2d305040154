"""Token buckets: how often somebody may do something."""

import time
from collections.abc import Callable


class TokenBucket:
    """`burst` at once, `rate` a second in the long run."""

    __slots__ = ("_burst", "_clock", "_rate", "_tokens", "_updated")

    def __init__(self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._tokens, self._updated = burst, clock()

    @property
    def full(self) -> bool:
        """As good as new: it may be forgotten."""
        return self._tokens + (self._clock() - self._updated) * self._rate >= self._burst

    def take(self) -> bool:
        """True, and one token fewer, if there is one."""
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._updated) * self._rate)
        self._updated = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
