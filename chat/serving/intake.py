"""What a connection has sent and the application has not taken: bounded by not reading on."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

HIGH: Final = 64  # frames; at this many reading pauses
LOW: Final = 16  # at this few it goes on
REST: Final = 0.5  # seconds that nothing is read from one who sends more than can be taken
TURN: Final = 32  # frames taken without a wait before others get their turn


class Intake(asyncio.Queue[dict[str, Any]]):
    """Daphne's input queue of one connection. `pause` and `resume` stop and start reading from its socket; a read of
    twisted's (64 KiB at most) may still come after `pause`."""

    def __init__(self, pause: Callable[[], None], resume: Callable[[], None]) -> None:
        super().__init__()
        self._pause, self._resume = pause, resume
        self.paused = False
        self.resting = False
        self._taken = 0
        self.take: Callable[[str], None] | None = None  # gets texts at once, while nothing waits before them

    def put_nowait(self, item: dict[str, Any]) -> None:
        if self.take is not None and self.empty() and (text := item.get("text")) is not None:
            self.take(text)
            return
        super().put_nowait(item)
        if not self.paused and self.qsize() >= HIGH:
            self.paused = True
            self._pause()

    def rest(self) -> None:
        """Read nothing for REST: what is refused one by one costs nearly as much as what is taken, and while it waits
        in the kernel it is read, and answered, together. The client's own socket fills if it goes on."""
        if not self.resting:
            self.resting = True
            self._pause()
            asyncio.get_running_loop().call_later(REST, self._rested)

    def _rested(self) -> None:
        self.resting = False
        if not self.paused:
            self._resume()

    async def get(self) -> dict[str, Any]:
        self._taken += 1
        if self._taken % TURN == 0:
            await asyncio.sleep(0)  # get() of a queue that is not empty never waits: nobody else would run
        item = await super().get()
        if self.paused and self.qsize() <= LOW:
            self.paused = False
            if not self.resting:
                self._resume()
        return item
