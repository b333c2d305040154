"""What waits to be written to one connection. Bounded: a reader that cannot keep up lags, it does not grow."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol

from chat.realtime.frame import Frame

FRAMES_MAX: Final = 256
BYTES_MAX: Final = 1_000_000


class Outbox(Protocol):
    """Frames to one connection, in order. A lagging one is fed nothing until `drained` has been called."""

    def offer(self, frame: Frame, answers: Sequence[Frame] = ()) -> bool:
        """A frame of the timeline, and answers that go before it in the same write; False when the connection is
        lagging (then nothing was taken)."""

    def reply(self, frame: Frame) -> bool:
        """An answer to the client itself; False when it does not even take these: it is too slow."""

    def hint(self, frame: Frame) -> None:
        """What may be dropped first: presence, typing, pings."""

    def rest(self) -> None:
        """Read nothing from the client for a moment, where the server can do that."""


class AsgiOutbox:
    """Over plain ASGI: one task that awaits `send` for each frame. Answers have twice the room of entries."""

    def __init__(self, send: Callable[[str | bytes], Awaitable[None]], drained: Callable[[], None]) -> None:
        self._send, self._drained = send, drained
        self._frames: deque[Frame] = deque()
        self._bytes = 0
        self._wake = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self._lagging = False
        self.shed = 0

    def offer(self, frame: Frame, answers: Sequence[Frame] = ()) -> bool:
        if self._lagging or len(self._frames) >= FRAMES_MAX or self._bytes > BYTES_MAX:
            self._lagging = True
            return False
        for each in (*answers, frame):
            self._push(each)
        return True

    def reply(self, frame: Frame) -> bool:
        if len(self._frames) >= 2 * FRAMES_MAX:
            return False
        self._push(frame)
        return True

    def hint(self, frame: Frame) -> None:
        if self._lagging or len(self._frames) >= FRAMES_MAX // 2:
            self.shed += 1
        else:
            self._push(frame)

    def rest(self) -> None:
        """ASGI has no way to say it: the refusal alone must do."""

    def _push(self, frame: Frame) -> None:
        self._frames.append(frame)
        self._bytes += len(frame)
        self._empty.clear()
        self._wake.set()

    async def run(self) -> None:
        """Write until cancelled; an exception ends the connection."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._frames:
                frame = self._frames.popleft()
                self._bytes -= len(frame)
                for message in frame.messages:
                    await self._send(message)
            self._empty.set()
            if self._lagging:
                self._lagging = False
                self._drained()

    async def flush(self, within: float) -> None:
        """Return when everything is written, or after so many seconds; run() has to be running."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._empty.wait(), within)
