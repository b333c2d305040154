"""What waits to be written to one connection. Bounded: a reader that cannot keep up lags, it does not grow."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

logger = logging.getLogger(__name__)

FRAMES_MAX: Final = 256
CHARACTERS_MAX: Final = 1_000_000


class Outbox:
    """Frames in order to one `send`, by one task. offer() is False when full: the caller marks itself lagging and
    catches up when `drained` is called. Presence and typing are shed at half of the bound."""

    def __init__(self, send: Callable[[str], Awaitable[None]], drained: Callable[[], None]) -> None:
        self._send, self._drained = send, drained
        self._frames: deque[str] = deque()
        self._characters = 0
        self._wake = asyncio.Event()
        self._lagging = False
        self.shed = 0

    def offer(self, frame: str) -> bool:
        """Queue a frame of the timeline; False when the connection is lagging (then nothing was queued)."""
        if self._lagging or len(self._frames) >= FRAMES_MAX or self._characters > CHARACTERS_MAX:
            self._lagging = True
            return False
        self._push(frame)
        return True

    def reply(self, frame: str) -> bool:
        """Queue an answer to the client itself; these have twice the room, because losing one is worse."""
        if len(self._frames) >= 2 * FRAMES_MAX:
            return False
        self._push(frame)
        return True

    def hint(self, frame: str) -> None:
        """Queue what may be dropped first."""
        if self._lagging or len(self._frames) >= FRAMES_MAX // 2:
            self.shed += 1
        else:
            self._push(frame)

    def _push(self, frame: str) -> None:
        self._frames.append(frame)
        self._characters += len(frame)
        self._wake.set()

    async def run(self) -> None:
        """Write until cancelled, or until the connection refuses (then the exception ends the connection)."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._frames:
                frame = self._frames.popleft()
                self._characters -= len(frame)
                await self._send(frame)
            if self._lagging:
                self._lagging = False
                self._drained()
