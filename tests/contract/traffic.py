"""Numbered messages from one layer to another while something breaks, and what became of them."""

import asyncio
import itertools
import time
from dataclasses import dataclass, field
from typing import Any

PACE = 0.05  # seconds between two sends
PATIENCE = 45.0  # seconds that one send may take before the test gives up on it


@dataclass
class Figures:
    """One fault's outcome; a message is lost when its sending returned and it never came."""

    layer: str
    fault: str
    sent: int = 0
    refused: int = 0
    lost: int = 0
    repeated: int = 0
    out_of_order: int = 0
    longest_send: float = 0.0
    recovered_after: float | None = None  # seconds from the end of the fault; None: not by itself

    HEADER = (
        "| layer | fault | sent | refused | lost | repeated | out of order | longest send, s | flows again after, s |\n"
        "|---|---|---|---|---|---|---|---|---|"
    )

    def row(self) -> str:
        again = "only with a new instance" if self.recovered_after is None else f"{self.recovered_after:.1f}"
        return (
            f"| {self.layer} | {self.fault} | {self.sent} | {self.refused} | {self.lost} | {self.repeated} "
            f"| {self.out_of_order} | {self.longest_send:.1f} | {again} |"
        )


@dataclass
class Traffic:
    """Sends through `sender` to a group and receives on `channel` of `receiver`, until finish()."""

    sender: Any
    receiver: Any
    channel: str
    group: str
    places: int = 1  # order is promised within each; number n goes to place n % places
    accepted: dict[int, float] = field(default_factory=dict)  # number: when its sending began
    refused: list[int] = field(default_factory=list)
    arrived: list[tuple[int, float]] = field(default_factory=list)
    longest: float = 0.0
    news: asyncio.Event = field(default_factory=asyncio.Event)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _next: int = 0

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._send()), asyncio.create_task(self._receive())]

    async def _send(self) -> None:
        while True:
            number, began = self._next, time.monotonic()
            self._next += 1
            try:
                async with asyncio.timeout(PATIENCE):
                    await self.sender.group_send(self.group, {"type": "number", "n": number})
                self.accepted[number] = began
            except Exception:  # each layer raises what its client library raises
                self.refused.append(number)
            self.longest = max(self.longest, time.monotonic() - began)
            await asyncio.sleep(PACE)  # the pace of the traffic

    async def _receive(self) -> None:
        while True:
            try:
                message = await self.receiver.receive(self.channel)
            except Exception:  # as above; a layer that only ever raises never recovers
                await asyncio.sleep(PACE)
                continue
            self.arrived.append((message["n"], time.monotonic()))
            self.news.set()

    async def flowing_since(self, moment: float, within: float) -> float | None:
        """Seconds from `moment` until a message arrived whose sending began after it; None if not in time."""
        try:
            async with asyncio.timeout(within):
                while True:
                    for number, at in self.arrived:
                        if self.accepted.get(number, 0.0) > moment:
                            return at - moment
                    self.news.clear()
                    await self.news.wait()
        except TimeoutError:
            return None

    async def finish(self, within: float = 5) -> None:
        """Send no more, and wait until all that was accepted is here or `within` seconds have passed."""
        self._tasks[0].cancel()
        await asyncio.wait(self._tasks[:1])
        try:
            async with asyncio.timeout(within):
                while self.accepted.keys() - {number for number, _ in self.arrived}:
                    self.news.clear()
                    await self.news.wait()
        except TimeoutError:
            pass  # they are lost: the figures say so
        self._tasks[1].cancel()
        await asyncio.wait(self._tasks[1:])

    def figures(self, layer: str, fault: str, recovered_after: float | None) -> Figures:
        numbers = [number for number, _ in self.arrived]
        return Figures(
            layer,
            fault,
            sent=self._next,
            refused=len(self.refused),
            lost=len(self.accepted.keys() - set(numbers)),
            repeated=len(numbers) - len(set(numbers)),
            out_of_order=sum(
                b < a
                for place in range(self.places)
                for a, b in itertools.pairwise(n for n in numbers if n % self.places == place)
            ),
            longest_send=self.longest,
            recovered_after=recovered_after,
        )
