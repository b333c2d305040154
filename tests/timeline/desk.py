"""A writer in front of a database that fails on cue, and what its senders were told."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from chat.realtime.writer import Trouble, Writer


class Draft(NamedTuple):
    room_id: int
    cid: str


class Written(NamedTuple):
    outcome: str
    seq: int = 0


class Bad(Exception):
    pass


class Locked(Exception):
    pass


class Away(Exception):
    pass


TROUBLES = {Bad: Trouble.DATA, Locked: Trouble.LOCKED, Away: Trouble.CONNECTION}


async def until(condition: Callable[[], Any]) -> None:
    """Let the loop run until it is so; pytest's time limit ends what never is."""
    while not condition():  # noqa: ASYNC110
        await asyncio.sleep(0)


@dataclass
class Database:
    """Keeps what it is given, in order. `locked` rooms are skipped or raise; `on_call` may do anything before."""

    kept: dict[int, list[str]] = field(default_factory=dict)
    locked: set[int] = field(default_factory=set)
    calls: list[tuple[list[str], int]] = field(default_factory=list)
    on_call: Callable[[list[Draft], int], Any] = lambda drafts, wait_ms: None

    async def append(self, drafts: list[Draft], wait_ms: int) -> list[Written]:
        self.calls.append(([d.cid for d in drafts], wait_ms))
        done = self.on_call(drafts, wait_ms)
        if asyncio.iscoroutine(done):
            await done
        await asyncio.sleep(0)
        if wait_ms and any(d.room_id in self.locked for d in drafts):
            raise Locked
        if any(d.cid.startswith("bad") and d.room_id not in self.locked for d in drafts):
            raise Bad
        return [self._keep(d) for d in drafts]

    def _keep(self, draft: Draft) -> Written:
        if draft.room_id in self.locked:
            return Written("busy")
        kept = self.kept.setdefault(draft.room_id, [])
        if draft.cid in kept:
            return Written("old", kept.index(draft.cid) + 1)
        kept.append(draft.cid)
        return Written("new", len(kept))


@dataclass
class Desk:
    """A writer and what its senders were told, by cid."""

    database: Database
    writer: Writer
    told: dict[str, list[Any]]
    announced: list[str]

    def send(self, *drafts: tuple[int, str]) -> None:
        for room, cid in drafts:
            answers = self.told.setdefault(cid, [])
            assert self.writer.submit(Draft(room, cid), answers.append)

    async def settled(self) -> dict[str, Any]:
        """The answers, once nothing is left; exactly one each."""
        async with asyncio.timeout(10):
            await until(lambda: not self.writer.pending and all(self.told.values()))
        assert self.writer.pending == 0
        assert {cid: len(answers) for cid, answers in self.told.items()} == dict.fromkeys(self.told, 1)
        return {cid: answers[0] for cid, answers in self.told.items()}


def make_desk() -> Desk:
    database, announced = Database(), []

    def classify(error: BaseException) -> Trouble:
        return TROUBLES.get(type(error), Trouble.BUG)

    def committed(fresh: list[tuple[Draft, Written]]) -> None:
        announced.extend(draft.cid for draft, _ in fresh)

    return Desk(database, Writer(database.append, classify, committed), {}, announced)
