"""A process of its own that writes a plan through Writer and Store, or reads along; started by arena.py.

    worker_process.py write PLAN.json PACE    at most so many a second; prints a line per group of answers:
                                              [[room, sender, cid, outcome, seq, ms], …]
    worker_process.py read ROOMS.json     until standard input ends; then one JSON line with what it saw

PLAN.json: [[room, sender, cid, data], …], data null for an ordinary text. ROOMS.json: [[room, user], …].
"""

import asyncio
import json
import os
import random
import sys
import threading
import time
from pathlib import Path
from typing import Any

import django

django.setup()

from django.db import InterfaceError, OperationalError, connection  # noqa: E402

from chat import store, timeline  # noqa: E402
from chat.realtime.writer import Failure, Writer  # noqa: E402
from chat.timeline import Draft  # noqa: E402

IN_FLIGHT = 1_200  # drafts that this process waits for at a time
PAGE = 200


class Sender:
    """Sends the plan, a window at a time, and what may be retried once more."""

    def __init__(self, plan: list[list[Any]], pace: float) -> None:
        self.plan, self.pace = plan, pace
        self.answers: list[list[Any]] = []
        self.room_to_send = asyncio.Event()
        self.store = store.Store()
        self.writer = Writer(self.store.append, store.classify, lambda fresh: None)

    async def run(self) -> None:
        self.writer.start()
        began = time.monotonic()
        for k, (room, sender, cid, data) in enumerate(self.plan):
            if (early := began + k / self.pace - time.monotonic()) > 0:
                await asyncio.sleep(early)
            encoded = data.encode("utf-8", "surrogatepass") if data else b'{"body":"%b"}' % cid.encode()
            self.send(Draft(room, sender, cid, "text", encoded))
            while self.writer.pending >= IN_FLIGHT:
                self.room_to_send.clear()
                await self.room_to_send.wait()
        while self.writer.pending:
            self.room_to_send.clear()
            await self.room_to_send.wait()
        await self.writer.close()
        await self.store.close()
        self.flush()

    def send(self, draft: Draft) -> None:
        began = time.monotonic()

        def done(result: Any) -> None:
            ms = round((time.monotonic() - began) * 1000, 2)
            outcome, seq = (result.code, 0) if isinstance(result, Failure) else (result.outcome, result.seq)
            if not self.answers:
                asyncio.get_running_loop().call_soon(self.flush)
            self.answers.append([draft.room_id, draft.sender_id, draft.cid, outcome, seq, ms])
            if isinstance(result, Failure) and result.retry:
                self.send(draft)
            self.room_to_send.set()

        if not self.writer.submit(draft, done):
            raise RuntimeError("the window is smaller than the writer's queue")

    def flush(self) -> None:
        if self.answers:
            os.write(1, (json.dumps(self.answers) + "\n").encode())
            self.answers.clear()


def read_along(readers: list[tuple[int, int]]) -> dict[str, Any]:
    """Follow every room and look back at random places: each slice must go on from where it began, without a hole."""
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    at = dict.fromkeys((room for room, _ in readers), 0)
    polls = entries = 0
    holes: list[Any] = []
    dice = random.Random(1)
    os.write(1, b'"reading"\n')
    while not ended.is_set():
        room, user = dice.choice(readers)
        begin = at[room] if dice.random() < 0.7 else dice.randint(0, at[room])
        try:
            found = timeline.since(user, room, begin, PAGE)
        except (OperationalError, InterfaceError):
            connection.close()
            ended.wait(0.05)
            continue
        polls += 1
        entries += len(found.rows)
        seqs = [row.seq for row in found.rows]
        wrong = seqs != list(range(begin + 1, begin + 1 + len(seqs)))
        short = not found.more and seqs and seqs[-1] != found.head
        back = any(a.at > b.at or b.n != a.n + 1 for a, b in zip(found.rows, found.rows[1:], strict=False))
        if wrong or short or back or found.head < at[room]:
            holes.append([room, begin, seqs[:5], found.head, at[room]])
        at[room] = max([at[room], *seqs])
    return {"polls": polls, "entries": entries, "holes": holes[:5], "at": at}


if __name__ == "__main__":
    given = json.loads(Path(sys.argv[2]).read_text())
    if sys.argv[1] == "write":
        asyncio.run(Sender(given, float(sys.argv[3])).run())
    else:
        print(json.dumps(read_along([tuple(pair) for pair in given])), flush=True)
