"""Two processes write 20,000 entries to 50 shared rooms while everything around them goes wrong (P2, P3, P4)."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from arena import PEOPLE, ROOMS, Arena, Crowd, check_truth, percentile, plans, poisoned

pytestmark = pytest.mark.faults

ENTRIES = 20_000
LOCKED = 7


@pytest.fixture(scope="module")
def arena(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    arena = Arena(tmp_path_factory.mktemp("arena"))
    try:
        arena.start()
        yield arena
    finally:
        arena.postgres.stop()


@pytest.fixture
def crowd(arena: Arena, tmp_path: Path) -> Iterator[Crowd]:
    with Crowd(arena, arena.fresh(), tmp_path) as crowd:
        yield crowd


def test_overlap_retries_poison_an_open_snapshot_and_a_locked_room(
    arena: Arena, crowd: Crowd, capsys: pytest.CaptureFixture[str]
) -> None:
    """The table is new and never analysed; while one room is locked, all others are written to the end."""
    first, second = plans(ENTRIES, seed=1)
    first, second = poisoned(first, 12, seed=1), poisoned(second, 12, seed=2)
    elsewhere = {(r, s, c) for r, s, c, _ in first + second if r != LOCKED}
    crowd.read([(room, room % PEOPLE + 1) for room in range(1, ROOMS + 1)])
    with arena.connect(crowd.database) as snapshot, arena.connect(crowd.database) as locker:
        snapshot.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        assert snapshot.execute("SELECT count(*) FROM chat_entry").fetchone() == (0,)
        crowd.write(first)
        crowd.write(second)
        crowd.until(lambda: len(crowd.answers) > ENTRIES // 10, "the first answers")
        locker.execute("SELECT 1 FROM chat_timeline WHERE room_id = %s FOR NO KEY UPDATE", [LOCKED])
        with crowd.came:
            before = len(crowd.answers)
        crowd.until(lambda: elsewhere <= {(a[0], a[1], a[2]) for a in crowd.answers}, "all other rooms")
        with crowd.came:
            during = crowd.answers[before:]
        head = locker.execute("SELECT count(*) FROM chat_entry WHERE room_id = %s", [LOCKED]).fetchone()
        assert not [a for a in during if a[0] == LOCKED and a[3] == "new" and a[4] > head[0]]
        assert crowd.open == 2, "the locked room's senders do not wait"
        locker.rollback()
        crowd.finish()
        assert snapshot.execute("SELECT count(*) FROM chat_entry").fetchone() == (
            0,
        )  # it was open all the time
        assert locker.execute("SELECT last_analyze FROM pg_stat_user_tables WHERE relname = 'chat_entry'").fetchone() \
            == (None,)  # fmt: skip
    outcomes = check_truth(arena, crowd, first + second, 0)
    seen = crowd.saw()
    assert seen["holes"] == []
    assert seen["polls"] > 100
    waits = [a[5] for a in during if a[0] != LOCKED and a[3] == "new"]
    with capsys.disabled():
        print(
            f"\n  {sum(outcomes.values())} answers {dict(outcomes)}; {len(waits)} entries of other rooms during the"
            f" lock: p50 {percentile(waits, 0.5):.0f} ms, p99 {percentile(waits, 0.99):.0f} ms (saturated);"
            f" {seen['polls']} polls, {seen['entries']} entries read, no hole"
        )


def test_at_an_ordinary_pace_a_locked_room_holds_nobody_else_up(
    arena: Arena, crowd: Crowd, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two processes at 300 entries a second each; the room stays locked while the others get 2,000 answers."""
    first, second = plans(4_000, seed=3)
    with arena.connect(crowd.database) as locker:
        crowd.write(first, pace=300)
        crowd.write(second, pace=300)
        crowd.until(lambda: len(crowd.answers) > 300, "the first answers")
        locker.execute("SELECT 1 FROM chat_timeline WHERE room_id = %s FOR NO KEY UPDATE", [LOCKED])
        with crowd.came:
            before = len(crowd.answers)
        crowd.until(lambda: len(crowd.answers) > before + 2_000, "answers of the other rooms")
        with crowd.came:
            during = crowd.answers[before:]
        locker.rollback()
        crowd.finish()
    check_truth(arena, crowd, first + second, 0)
    held = [a for a in crowd.answers if a[0] == LOCKED and a[5] > 1_000]
    assert held, "nobody waited for the locked room"
    waits = [a[5] for a in during if a[0] != LOCKED]
    with capsys.disabled():
        print(
            f"\n  {len(waits)} answers of other rooms during the lock: p50 {percentile(waits, 0.5):.1f} ms,"
            f" p99 {percentile(waits, 0.99):.1f} ms, at most {max(waits):.0f} ms; {len(held)} waited for their room"
        )


def test_a_killed_process_and_a_restarted_postgresql(
    arena: Arena, crowd: Crowd, capsys: pytest.CaptureFixture[str]
) -> None:
    """One writer dies and its senders send everything again elsewhere; PostgreSQL is restarted, then it crashes."""
    first, second = plans(ENTRIES, seed=2)
    crowd.read([(room, room % PEOPLE + 1) for room in range(1, ROOMS + 1)])
    victim = crowd.write(first)
    crowd.write(second)
    crowd.until(lambda: len(crowd.answers) > ENTRIES // 5, "the first answers")
    assert victim.poll() is None
    victim.kill()
    assert victim.wait() == -9
    crowd.write(first)
    for fault in (arena.postgres.restart, arena.postgres.kill, arena.postgres.start):
        with crowd.came:
            seen_so_far = len(crowd.answers)
        if fault != arena.postgres.start:
            crowd.until(
                lambda n=seen_so_far: len(crowd.answers) > n + ENTRIES // 10, "answers before the next fault"
            )
            assert crowd.open == 2, "the fault comes too late to matter"
        fault()
    crowd.finish()
    outcomes = check_truth(arena, crowd, first + second, 0)
    seen = crowd.saw()
    assert seen["holes"] == []
    assert seen["polls"] > 100
    with capsys.disabled():
        print(
            f"\n  {sum(outcomes.values())} answers {dict(outcomes)};"
            f" {seen['polls']} polls, {seen['entries']} entries read, no hole"
        )
