"""Heart-beats of one STOMP connection (STOMP 1.2, section "Heart-beating")."""

import asyncio
from collections.abc import Callable
from typing import Final

from chat.realtime.stomp_codec import FrameError

PATIENCE: Final = 2.5  # intervals of silence before a client counts as gone; its timers and the line are late
EARLY: Final = 0.9  # of an interval passes between two of ours


def agreed(header: str, ours: int) -> tuple[float, float]:
    """Seconds between beats from us and from the client, 0 for none, by its `heart-beat` header; `ours`: what we offer
    and want, in milliseconds. FrameError for a header that is no two numbers."""
    can, _comma, wants = (part.strip() for part in header.partition(","))
    if not all(p.isascii() and p.isdecimal() and len(p) <= 9 for p in (can, wants)):
        raise FrameError("BAD_FRAME", "heart-beat is two numbers of milliseconds.")
    ours_to_send = max(ours, int(wants)) / 1000 if int(wants) else 0.0
    theirs = max(int(can), ours) / 1000 if int(can) else 0.0
    return ours_to_send, theirs


class HeartBeats:
    """Calls `beat` in time, and `silent` once when the client has not been heard for too long."""

    def __init__(self, beat: Callable[[], None], silent: Callable[[], None]) -> None:
        self._beat, self._silent = beat, silent
        self._loop = asyncio.get_running_loop()
        self._heard = self._loop.time()
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._every = self._limit = 0.0

    def start(self, every: float, theirs: float) -> None:
        """Seconds, as agreed()."""
        self._every, self._limit = every * EARLY, theirs * PATIENCE
        if self._every:
            self._timers["beat"] = self._loop.call_later(self._every, self._send)
        if self._limit:
            self._timers["look"] = self._loop.call_later(self._limit, self._look)

    def heard(self) -> None:
        """Something came: any bytes count."""
        self._heard = self._loop.time()

    def stop(self) -> None:
        for timer in self._timers.values():
            timer.cancel()

    def _send(self) -> None:
        self._timers["beat"] = self._loop.call_later(self._every, self._send)
        self._beat()

    def _look(self) -> None:
        left = self._heard + self._limit - self._loop.time()
        if left <= 0:
            self._silent()
        else:
            self._timers["look"] = self._loop.call_later(left, self._look)
