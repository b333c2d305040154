"""One of the two workers of scene `bus`: the hub's Bus without a hub, told by lines of JSON on standard input.

It publishes entries as a commit does and receives the other worker's, notes how long each took (CLOCK_MONOTONIC is one
for all processes) and whether each came once and in order. What both must know of each other is in a shared file.
"""

import asyncio
import json
import mmap
import struct
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from django.utils.module_loading import import_string

from chat.realtime.bus import Bus
from chat.realtime.entry import LiveEntry
from config.bus_url import channel_layer

BODY = b"x" * 200
STAMP = struct.Struct("<d")
COUNT = struct.Struct("<q")
SENT, DONE, RECEIVED, SLOTS = 0, 1, 2, 3  # what each worker keeps in the shared file
PATIENCE = 5.0  # seconds for what is under way when nothing more is sent
BURST = 64


class Shared:
    """Counters of both workers in a file."""

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), 2 * SLOTS * COUNT.size)

    def put(self, worker: int, slot: int, value: int) -> None:
        COUNT.pack_into(self._map, (worker * SLOTS + slot) * COUNT.size, value)

    def get(self, worker: int, slot: int) -> int:
        return int(COUNT.unpack_from(self._map, (worker * SLOTS + slot) * COUNT.size)[0])


class Stage:
    """What was sent and received under one load; only what was sent from `begin` on counts."""

    def __init__(self, begin: float) -> None:
        self.begin = begin
        self.sent: defaultdict[int, int] = defaultdict(int)  # last number by room
        self.got: defaultdict[int, int] = defaultdict(int)
        self.received = self.repeated = self.out_of_order = self.hinted = 0
        self.latencies: list[float] = []

    def take(self, room: int, seq: int, stamp: float, now: float) -> None:
        self.received += 1
        if seq <= self.got[room]:
            self.repeated += 1
        elif seq != self.got[room] + 1:
            self.out_of_order += 1
        self.got[room] = max(seq, self.got[room])
        if stamp >= self.begin:
            self.latencies.append((now - stamp) * 1000)


class Worker:
    def __init__(self, me: int, url: str, shared: Shared) -> None:
        self._me, self._other, self._shared = me, 1 - me, shared
        config = channel_layer("BUS_URL", url, {})
        make = import_string(config["BACKEND"])
        self.bus = Bus(
            lambda: make(**config["CONFIG"]), self._heard, lambda up: None, name=f"worker{me}", shards=1
        )
        self._group = self.bus.group_of(0)
        self._met = asyncio.Event()
        self._stage = Stage(0.0)

    async def meet(self) -> None:
        """Both hear each other."""
        self.bus.join(self._group)
        await self.bus.start()
        async with asyncio.timeout(30):
            while not self._met.is_set() or not self._shared.get(self._other, DONE):
                self.bus.publish(self._group, {"k": "here"})
                await asyncio.sleep(0.05)
                self._shared.put(self._me, DONE, self._met.is_set())

    def _heard(self, event: dict[str, Any]) -> None:
        if event["x"]:
            self._met.set()
        now, stage = time.monotonic(), self._stage
        stage.hinted += len(event["p"])
        for room, entries in event["e"]:
            for seq, item, *_ in entries:
                stage.take(room, seq, STAMP.unpack_from(item)[0], now)
        self._shared.put(self._me, RECEIVED, stage.received)

    def prepare(self, begin: float) -> None:
        self._stage = Stage(begin)
        for slot in (SENT, DONE, RECEIVED):
            self._shared.put(self._me, slot, 0)

    async def run(self, job: dict[str, Any]) -> dict[str, Any]:
        await asyncio.sleep(job["start"] - time.monotonic())
        cpu = time.process_time()
        sent = await self._publish(job)
        self._shared.put(self._me, DONE, 1)
        await self._drained()
        stage = self._stage
        return {
            "sent": sent,
            "received": stage.received,
            "repeated": stage.repeated,
            "out_of_order": stage.out_of_order,
            "hinted": stage.hinted,
            "dropped": self.bus.dropped,
            "latencies": [round(each, 3) for each in stage.latencies],
            "cpu": time.process_time() - cpu,
        }

    async def _publish(self, job: dict[str, Any]) -> int:
        """At an even pace, or as much as arrives at the other one with `window` under way."""
        rooms, rate, end, sent = job["rooms"], job["rate"], job["end"], 0
        while (now := time.monotonic()) < end:
            if rate:
                due = int((now - job["start"]) * rate) - sent
            else:
                due = min(job["window"] - (sent - self._shared.get(self._other, RECEIVED)), BURST)
            for _ in range(due):
                self._say(sent % rooms * 2 + self._me, now)
                sent += 1
            self._shared.put(self._me, SENT, sent)
            await asyncio.sleep(0.001)
        return sent

    def _say(self, room: int, now: float) -> None:
        self._stage.sent[room] += 1
        entry = LiveEntry(self._stage.sent[room], STAMP.pack(now) + BODY, {})
        self.bus.publish_entries(self._group, room, [entry])

    async def _drained(self) -> None:
        """Everything has arrived, at both: what waits here would stand still while the result is written."""
        until, shared = time.monotonic() + PATIENCE, self._shared
        while time.monotonic() < until:
            done = all(shared.get(worker, DONE) for worker in (0, 1))
            pairs = ((0, 1), (1, 0))
            if done and all(shared.get(there, RECEIVED) >= shared.get(here, SENT) for here, there in pairs):
                break
            await asyncio.sleep(0.005)


async def main(me: int, url: str, path: Path) -> None:
    worker, loop = Worker(me, url, Shared(path)), asyncio.get_running_loop()
    await worker.meet()
    print("ready", flush=True)
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        job = json.loads(line)
        if job["do"] == "prepare":
            worker.prepare(job["begin"])
            print("prepared", flush=True)
        else:
            print(json.dumps(await worker.run(job)), flush=True)
    await worker.bus.close()


if __name__ == "__main__":
    first = json.loads(sys.stdin.readline())  # not on the command line, which every user can read
    asyncio.run(main(first["me"], first["url"], Path(first["shared"])))
