"""A PostgreSQL of our own with 50 rooms, and processes that write and read in it."""

import json
import math
import os
import random
import subprocess
import sys
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from deploy.services import Postgres
from deploy.services.lifeline import in_child

ROOT = Path(__file__).resolve().parents[2]
WORKER = Path(__file__).with_name("worker_process.py")
ROOMS, PEOPLE = 50, 20
PATIENCE = 50.0  # seconds that an event is awaited

_PEOPLE_AND_ROOMS = f"""
INSERT INTO accounts_user (id, password, is_superuser, nickname, username, email, is_guest, locale, is_active,
                           is_staff, date_joined)
SELECT k, '!', false, 'p' || k, 'p' || k, '', false, 'ko', true, false, now() FROM generate_series(1, {PEOPLE}) k;
INSERT INTO rooms_room (id, public_id, title, is_open, created_by_id, created_at)
SELECT k, 'room' || k, 'room', true, 1, now() FROM generate_series(1, {ROOMS}) k;
INSERT INTO chat_timeline (room_id) SELECT id FROM rooms_room;
INSERT INTO chat_reader (room_id, user_id, from_seq, read_seq)
SELECT r.id, u.id, 0, 0 FROM rooms_room r, accounts_user u;
"""  # noqa: S608 (our own numbers)

Item = list[Any]  # room, sender, cid, data or None
Answer = list[Any]  # room, sender, cid, outcome or code, seq, ms


class Arena:
    """Databases that are new and never analysed, on a server that tests may kill."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.postgres = Postgres(directory / "pg", settings={"autovacuum": "off"})
        self._count = 0

    def start(self) -> None:
        self.postgres.start()
        self.postgres.create_database("pattern")
        self.manage("pattern", "migrate", "--verbosity", "0")
        self.postgres.sql(_PEOPLE_AND_ROOMS, "pattern")

    def env(self, database: str) -> dict[str, str]:
        ours = {
            "DATABASE_URL": self.postgres.url(database),
            "BUS_URL": "memory://",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "SECRET_KEY": "x" * 50,
            "PYTHONPATH": str(ROOT),
            "LOG_LEVEL": "ERROR",
        }
        return {**os.environ, **ours}

    def manage(self, database: str, *words: str) -> None:
        command = [sys.executable, "manage.py", *words]
        subprocess.run(command, cwd=ROOT, env=self.env(database), check=True, timeout=60)

    def fresh(self) -> str:
        """A new database: what the pattern holds, and no statistics."""
        self._count += 1
        name = f"arena{self._count}"
        self.postgres.sql(f"CREATE DATABASE {name} TEMPLATE pattern")
        return name

    @contextmanager
    def connect(self, database: str) -> Iterator[psycopg.Connection[Any]]:
        with psycopg.connect(self.postgres.url(database)) as connection:
            yield connection
            connection.rollback()

    def log(self) -> str:
        return (self.postgres.directory / "postgres.log").read_text(errors="replace")


class Crowd:
    """Worker processes on one database; their answers as they come."""

    def __init__(self, arena: Arena, database: str, directory: Path) -> None:
        self.arena, self.database, self.directory = arena, database, directory
        self.answers: list[Answer] = []
        self.children: list[subprocess.Popen[str]] = []
        self.came = threading.Condition()
        self.open = 0  # writers whose output has not ended
        self._reader: subprocess.Popen[str] | None = None

    def __enter__(self) -> "Crowd":
        return self

    def __exit__(self, *error: object) -> None:
        for child in self.children:
            child.kill()
            child.wait()

    def write(self, plan: list[Item], pace: float = math.inf) -> subprocess.Popen[str]:
        """A process that sends the plan, at most `pace` entries a second."""
        child = self._spawn("write", plan, str(pace))
        with self.came:
            self.open += 1
        threading.Thread(target=self._collect, args=(child,), daemon=True).start()
        return child

    def read(self, pairs: list[tuple[int, int]]) -> None:
        """Start the process that reads along, and wait until it does."""
        self._reader = self._spawn("read", pairs)
        assert self._reader.stdout is not None
        assert json.loads(self._reader.stdout.readline()) == "reading"

    def saw(self) -> dict[str, Any]:
        """End the reader: polls, entries, holes, and how far it came in each room."""
        assert self._reader is not None
        output, _ = self._reader.communicate(timeout=PATIENCE)
        seen: dict[str, Any] = json.loads(output)
        return seen

    def until(self, condition: Callable[[], Any], what: str) -> None:
        with self.came:
            assert self.came.wait_for(condition, PATIENCE), (
                f"in vain: {what}; {len(self.answers)} answers came"
            )

    def finish(self) -> None:
        """Until every writer has ended by itself."""
        self.until(lambda: not self.open, "writers end")
        codes = [child.wait(PATIENCE) for child in self.children if child is not self._reader]
        assert set(codes) <= {0, -9}, codes

    def _spawn(self, mode: str, given: Any, *more: str) -> subprocess.Popen[str]:
        path = self.directory / f"{mode}{len(self.children)}.json"
        path.write_text(json.dumps(given))
        child = subprocess.Popen(
            [sys.executable, str(WORKER), mode, str(path), *more],
            env=self.arena.env(self.database),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=in_child(),
        )
        self.children.append(child)
        return child

    def _collect(self, child: subprocess.Popen[str]) -> None:
        assert child.stdout is not None
        for line in child.stdout:
            try:
                answers = json.loads(line)
            except ValueError:
                break  # cut by SIGKILL: an answer that nobody heard
            with self.came:
                self.answers += answers
                self.came.notify_all()
        with self.came:
            self.open -= 1
            self.came.notify_all()


def plans(count: int, seed: int) -> tuple[list[Item], list[Item]]:
    """What two processes send: `count` different entries, 30 % of them by both at nearly the same time, and 10 %
    repeated, half of those at once (the same batch) and half much later (history)."""
    dice = random.Random(seed)
    items: list[Item] = [
        [dice.randint(1, ROOMS), dice.randint(1, PEOPLE), f"c{k}", None] for k in range(count)
    ]
    shares: tuple[list[Item], list[Item]] = ([], [])
    for item in items:
        for share in shares if dice.random() < 0.3 else (dice.choice(shares),):
            share.append(item)
    return _repeated(shares[0], dice), _repeated(shares[1], dice)


def _repeated(share: list[Item], dice: random.Random) -> list[Item]:
    placed = [(k + dice.random() * 300, item) for k, item in enumerate(share)]
    again = dice.sample(placed, len(placed) // 10)
    half = len(again) // 2
    placed += [(at + 0.001, item) for at, item in again[:half]]
    placed += [(at + 2_000 + dice.random() * 1_000, item) for at, item in again[half:]]
    return [item for _, item in sorted(placed, key=lambda pair: pair[0])]


POISON = [r'{"body":"\u0000"}', r'{"body":"\ud800"}', '{"body":', "\ud800", '{"body":"\x00"}', "안녕"]


def poisoned(plan: list[Item], count: int, seed: int) -> list[Item]:
    """The plan with so many entries that cannot be stored, at random places; their cids begin with `bad`."""
    dice = random.Random(seed)
    plan = list(plan)
    for k in range(count):
        bad = [dice.randint(1, ROOMS), dice.randint(1, PEOPLE), f"bad{seed}-{k}", POISON[k % len(POISON)]]
        plan.insert(dice.randrange(len(plan)), bad)
    return plan


def check_truth(arena: Arena, crowd: Crowd, sent: list[Item], deadlocks_before: int) -> Counter[str]:
    """P2 and P3 over what is stored and what was answered; returns how often each outcome was given."""
    with arena.connect(crowd.database) as db:
        rows = db.execute(
            "SELECT room_id, seq, sender_id, cid, n FROM chat_entry ORDER BY room_id, seq"
        ).fetchall()
        counted = db.execute(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        ).fetchone()
    rooms: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for room, seq, _, _, n in rows:
        rooms[room].append((seq, n))
    for room, numbers in rooms.items():
        assert numbers == [(k, k) for k in range(1, len(numbers) + 1)], f"room {room} has a gap"
    stored = {(room, sender, cid): seq for room, seq, sender, cid, _ in rows}
    assert len(stored) == len(rows), "an entry stands twice"
    good = {(r, s, c) for r, s, c, _ in sent if not c.startswith("bad")}
    assert set(stored) == good, "what is stored is not what was sent"
    outcomes = Counter(answer[3] for answer in crowd.answers)
    for room, sender, cid, outcome, seq, _ in crowd.answers:
        if outcome in {"new", "old"}:
            assert stored.get((room, sender, cid)) == seq, f"a false acknowledgement of {cid}"
    bad = {c for _, _, c, _ in sent if c.startswith("bad")}
    assert {a[2] for a in crowd.answers if a[3] == "BAD_DATA"} == bad, "somebody else got the culprit's error"
    assert {a[2] for a in crowd.answers if a[3] in {"new", "old"}} == {c for _, _, c in good}
    assert counted == (0,)
    assert arena.log().count("deadlock detected") == deadlocks_before
    return outcomes


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(int(len(values) * share), len(values) - 1)] if values else 0.0
