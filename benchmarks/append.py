"""Scene `append`: durable, gapless appends a second, by group commit, by Django's ORM, and what the disk can commit.

All on one PostgreSQL with fsync on, from one Python process, in turns. A message counts when its transaction committed.
"""

import asyncio
import itertools
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any

from benchmarks import people, report
from benchmarks.machine import Machine
from benchmarks.options import Options
from benchmarks.report import Pass, Ratio, Row

OUTSTANDING = 512  # drafts that wait for their commit at any moment; with more people than that, one of each
ORM_THREADS = 8  # more only wait for each other
BODY = "가나다라 마바사 " * 6


def measure(machine: Machine, options: Options) -> tuple[list[Row], list[Ratio]]:
    """Rows in the order in which each pass runs them."""
    machine.load_django()
    seconds, many = options.seconds, 50 if options.quick else 500
    crowds = {"1 room": people.settle(1, 4), f"{many} rooms": people.settle(many, 4)}
    disk = Row("append", "one connection, one-row commits", {"work": "commits"}, persisted=True)
    rows, ratios = [disk], []
    work: list[tuple[Row, Callable[[], Pass]]] = [(disk, lambda: commits(machine, seconds / 2))]
    for name, rooms in crowds.items():
        orm = Row("append", "Django ORM, one transaction each", {"work": name, "threads": ORM_THREADS}, True)
        ours = Row("append", "group commit", {"work": name, "outstanding": _outstanding(rooms)}, True)
        work += [
            (orm, lambda rooms=rooms: by_orm(rooms, seconds)),
            (ours, lambda rooms=rooms: by_group(rooms, seconds)),
        ]
        rows += [orm, ours]
        ratios += [
            Ratio(f"group commit / ORM, {name}", ours, orm),
            Ratio(f"group commit / commits, {name}", ours, disk),
        ]
    for _ in range(options.runs):
        for row, run in work:
            row.passes.append(run())
    return rows, ratios


def _outstanding(rooms: list[people.Crowd]) -> int:
    return max(OUTSTANDING, sum(len(room.members) for room in rooms))


class Clock:
    """Counts what is done within the measured time, with latencies; the first fifth warms up."""

    def __init__(self, seconds: float) -> None:
        self._begin = time.perf_counter() + seconds * 0.2
        self.end = self._begin + seconds
        self._seconds = seconds
        self._latencies: list[float] = []
        self._lock = Lock()

    @property
    def over(self) -> bool:
        return time.perf_counter() >= self.end

    def done(self, since: float) -> None:
        """One message, begun at `since`, has committed now."""
        now = time.perf_counter()
        if self._begin <= now < self.end:
            with self._lock:
                self._latencies.append((now - since) * 1000)

    def result(self, **notes: float) -> Pass:
        p50, p99 = (report.percentile(self._latencies, share) for share in (0.5, 0.99))
        return Pass(len(self._latencies) / self._seconds, p50, p99, notes=notes)


def commits(machine: Machine, seconds: float) -> Pass:
    """What the disk gives one connection that inserts a row and commits, again and again."""
    import psycopg

    from benchmarks.machine import DATABASE

    with psycopg.connect(machine.postgres.url(DATABASE), autocommit=True) as link:
        link.execute("CREATE TABLE IF NOT EXISTS bench_commits (body text)")
        clock = Clock(seconds)
        while not clock.over:
            since = time.perf_counter()
            link.execute("INSERT INTO bench_commits VALUES (%s)", [BODY], prepare=True)
            clock.done(since)
    return clock.result()


def by_orm(rooms: list[people.Crowd], seconds: float) -> Pass:
    """The straightforward way: lock the room's row, look at the last number, insert the next, commit.

    It is spared the look at the sender's membership and at earlier cids, which group commit does.
    """
    from django.db import connection

    before = heads(rooms)
    turns, clock, written = itertools.count(), Clock(seconds), itertools.count()

    def work() -> None:
        while not clock.over:
            turn = next(turns)
            room = rooms[turn % len(rooms)]
            since = time.perf_counter()
            append_by_orm(
                room.room_id,
                room.members[turn // len(rooms) % len(room.members)].user_id,
                f"orm{since}-{turn}",
            )
            clock.done(since)
            next(written)
        connection.close()

    with ThreadPoolExecutor(ORM_THREADS) as pool:
        for done in [pool.submit(work) for _ in range(ORM_THREADS)]:
            done.result()
    return checked(clock.result(), rooms, before, next(written))


def append_by_orm(room_id: int, user_id: int, cid: str) -> None:
    """One message, one transaction."""
    from django.db import transaction
    from django.utils import timezone

    from chat.models import Entry, Timeline

    with transaction.atomic():
        Timeline.objects.select_for_update(no_key=True).get(pk=room_id)
        last = Entry.objects.filter(room_id=room_id).order_by("-seq").only("seq", "n").first()
        Entry.objects.create(
            room_id=room_id, seq=last.seq + 1 if last else 1, n=last.n + 1 if last else 1, sender_id=user_id,
            cid=cid, kind="text", data={"body": BODY}, shown=True, at=timezone.now(),
        )  # fmt: skip


def by_group(rooms: list[people.Crowd], seconds: float) -> Pass:
    """Our writer and store, as a worker uses them, always with that many drafts waiting."""
    before = heads(rooms)
    result, written = asyncio.run(_by_group(rooms, seconds))
    return checked(result, rooms, before, written)


async def _by_group(rooms: list[people.Crowd], seconds: float) -> tuple[Pass, int]:
    from chat import room_kinds, store, timeline
    from chat.realtime.writer import Writer

    database = store.Store()
    writer = Writer(database.append, store.classify, lambda fresh: None)
    writer.start()
    clock, written, cpu = Clock(seconds), 0, time.process_time()
    stamp, text, outstanding = f"{time.time_ns():x}", room_kinds.Text(BODY), _outstanding(rooms)

    def submit(turn: int) -> None:
        room = rooms[turn % len(rooms)]
        sender = room.members[turn // len(rooms) % len(room.members)].user_id
        draft = timeline.draft(
            room_kinds.TEXT, text, room_id=room.room_id, sender_id=sender, cid=f"{stamp}-{turn}"
        )
        since = time.perf_counter()
        if not writer.submit(draft, lambda result: done(turn, since, result)):
            raise RuntimeError("the writer refused a draft")

    def done(turn: int, since: float, result: Any) -> None:
        nonlocal written
        if getattr(result, "outcome", "") != timeline.NEW:
            raise RuntimeError(f"a draft was not written: {result}")
        written += 1
        clock.done(since)
        if not clock.over:
            submit(turn + outstanding)

    for turn in range(outstanding):
        submit(turn)
    await asyncio.sleep(max(clock.end - time.perf_counter(), 0) + 0.01)
    await writer.close(30.0)  # waits until the last draft is decided
    cpu = time.process_time() - cpu
    batch = written / max(writer.batches, 1)
    await database.close()
    result = clock.result(batch=batch)
    result.cpu_us_per_delivery = cpu / written * 1e6
    return result, written


def heads(rooms: list[people.Crowd]) -> dict[int, int]:
    from chat import timeline

    return timeline.heads([room.room_id for room in rooms])


def checked(result: Pass, rooms: list[people.Crowd], before: dict[int, int], written: int) -> Pass:
    """The same figures with `lost`: what was acknowledged and is not there, or the numbers that are missing."""
    from django.db import connection

    after = heads(rooms)
    grown = sum(after[r] - before[r] for r in after)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT room_id FROM chat_entry WHERE room_id = ANY(%s)"
            " GROUP BY 1 HAVING count(*) <> max(seq)) holes",
            [list(after)],
        )
        holes = cursor.fetchone()[0]
    result.lost = max(written - grown, 0) + holes
    result.repeated = max(grown - written, 0)
    return result
