"""The experiment's worker processes, and what each of them has received."""

import asyncio
import json
import logging
import sys
from dataclasses import dataclass, field
from typing import Any, Self

logger = logging.getLogger(__name__)

READY_WITHIN = 30.0  # seconds
ARRIVE_WITHIN = 15.0


class ExperimentError(Exception):
    """A worker did not do its part; the message is a sentence."""


@dataclass(eq=False)
class Member:
    """One worker process."""

    process: asyncio.subprocess.Process
    ready: bool = False
    assigned: int = 0
    received: list[tuple[int, int]] = field(default_factory=list)  # (room, number), as they came


class Crew:
    """Starts workers, waits on what they say, ends them; `async with Crew() as crew`."""

    def __init__(self) -> None:
        self.members: list[Member] = []
        self._listening: set[asyncio.Task[None]] = set()
        self._news = asyncio.Event()

    async def add(self, count: int, **task: Any) -> None:
        """Start `count` workers; "{worker}" in the task's group becomes the worker's number. See until()."""
        for _ in range(count):
            number = len(self.members) + 1
            own = {**task, "group": (task.get("group") or "").format(worker=number) or None}
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "chat.experiment.worker",
                json.dumps(own),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
            member = Member(process)
            self.members.append(member)
            self._listening.add(asyncio.create_task(self._listen(member)))

    async def _listen(self, member: Member) -> None:
        lines = member.process.stdout
        if lines is None:
            raise RuntimeError("a member's output must be a pipe")
        async for line in lines:
            said = json.loads(line)
            if "n" in said:
                member.received.append((said["room"], said["n"]))
            member.ready = member.ready or "ready" in said
            member.assigned = said.get("assigned", member.assigned)
            self._news.set()

    async def all_ready(self) -> None:
        await self._until(lambda: all(member.ready for member in self.members), READY_WITHIN, "ready")

    async def all_assigned(self, partitions: int) -> None:
        """Until the group's partitions are given out: the sum over its workers."""
        await self._until(
            lambda: sum(member.assigned for member in self.members) == partitions, READY_WITHIN, "assigned"
        )

    async def each_assigned(self, partitions: int) -> None:
        await self._until(
            lambda: all(member.assigned == partitions for member in self.members), READY_WITHIN, "assigned"
        )

    async def received(self, total: int) -> None:
        """Until all workers together have received `total` messages; returns also when they do not in time."""
        try:
            await self._until(
                lambda: sum(len(member.received) for member in self.members) >= total,
                ARRIVE_WITHIN,
                "through",
            )
        except ExperimentError as error:
            logger.warning("%s", error)

    async def _until(self, happened: Any, within: float, what: str) -> None:
        try:
            async with asyncio.timeout(within):
                while not happened():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise ExperimentError(f"The workers were not {what} within {within:g} s.") from None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        for member in self.members:
            if member.process.returncode is None:
                member.process.kill()
        await asyncio.gather(*(member.process.wait() for member in self.members))
        await asyncio.gather(*self._listening, return_exceptions=True)
