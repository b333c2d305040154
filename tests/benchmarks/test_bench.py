"""That `bin/bench` runs and says what it promises; its figures are nobody's concern here."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from benchmarks.__main__ import main

ROOT = Path(__file__).resolve().parents[2]
KEYS = [
    "scene", "system", "params", "delivered_per_s", "p50_ms", "p99_ms", "cpu_us_per_delivery", "kb_per_connection",
    "lost", "repeated", "out_of_order", "persisted", "runs", "spread",
]  # fmt: skip
Line = dict[str, Any]


def bench(scene: str, *more: str) -> tuple[list[Line], Line]:
    """The rows and the last line of a small run; every row has the keys that are promised, and nothing is untrue."""
    done = subprocess.run(
        [ROOT / "bin" / "bench", scene, "--quick", "--json", *more],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=110,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    *rows, last = map(json.loads, done.stdout.splitlines())
    for row in rows:
        assert list(row) == KEYS
        assert (row["scene"], row["lost"], row["repeated"], row["out_of_order"]) == (scene, 0, 0, 0)
    assert len(last["notes"]) == len(rows)
    return rows, last


def by_load(rows: list[Line], system: str = "ours") -> dict[str, Line]:
    return {row["params"]["load"]: row for row in rows if row["system"] == system}


@pytest.mark.slow
def test_the_append_scene_prints_one_object_a_line_and_then_the_ratios() -> None:
    rows, last = bench("append")
    assert [row["system"] for row in rows].count("group commit") == 2
    assert all(row["persisted"] and row["delivered_per_s"] > 0 for row in rows)
    assert last["ratios"].keys() >= {"group commit / ORM, 1 room", "group commit / ORM, 50 rooms"}


@pytest.mark.slow
def test_a_fixed_rate_is_offered_to_ours_and_to_a_peer_that_cannot_take_it() -> None:
    rows, last = bench("fanout", "--seconds", "0.5", "--rates", "50,1000")
    ours, tutorial = by_load(rows), by_load(rows, "Channels tutorial (pubsub)")
    assert ours.keys() == {"saturated", "half", "tutorial's half", "50 in/s", "1,000 in/s"}
    assert ours["50 in/s"]["delivered_per_s"] == pytest.approx(50 * 100, rel=0.3)
    assert 0 < ours["50 in/s"]["p50_ms"] <= ours["50 in/s"]["p99_ms"]
    assert tutorial["1,000 in/s"]["delivered_per_s"] < ours["1,000 in/s"]["delivered_per_s"]
    late = dict(zip([(r["system"], r["params"]["load"]) for r in rows], last["notes"], strict=True))
    assert late["Channels tutorial (pubsub)", "1,000 in/s"]["not delivered in time"] > 0
    assert last["ratios"]["delivered/s, ours at 1,000 in/s / tutorial at its best"][0] > 1


@pytest.mark.slow
def test_small_rooms_and_quiet_connections_need_no_peer() -> None:
    rows, _ = bench("parties", "--seconds", "0.5", "--peer", "none")
    assert by_load(rows).keys() == {"saturated", "half"}
    assert by_load(rows)["half"]["delivered_per_s"] < by_load(rows)["saturated"]["delivered_per_s"]
    rows, _ = bench("idle", "--peer", "none")
    assert [row["params"]["work"] for row in rows] == ["50 x 4", "1 x 200"]
    assert all(row["kb_per_connection"] > 0 for row in rows)


@pytest.mark.slow
def test_four_workers_are_compared_with_one_at_the_same_rate() -> None:
    rows, last = bench("workers", "--seconds", "0.5", "--rates", "100")
    paced = {row["params"]["workers"]: row for row in rows if row["params"]["load"] == "same rate"}
    for count in (1, 4):
        assert paced[count]["delivered_per_s"] == pytest.approx(100 * 4, rel=0.3)
        assert paced[count]["cpu_us_per_delivery"] > 0
    assert last["ratios"]["CPU a message at the same rate, 4 workers / 1"][0] > 0


@pytest.mark.slow
def test_after_an_overload_what_was_acknowledged_is_there_and_what_was_refused_is_not() -> None:
    rows, last = bench("overload", "--seconds", "0.5")
    assert by_load(rows).keys() == {"saturated", "half", "overload", "afterwards"}
    assert last["notes"][2]["in per s"] > last["notes"][0]["in per s"]
    assert last["notes"][2]["memory MB highest"] >= last["notes"][2]["memory MB before"] > 0
    assert last["ratios"]["delivered/s, overloaded / saturated"][0] > 0


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["fanout", "--peer", "irc"], "'irc' is none of"),
        (["fanout", "--runs", "0"], "--runs must be at least 1"),
        (["fanout", "--server", "nginx"], "invalid choice"),
        (["fanout", "--members", "0"], "--members must be at least 1"),
        (["fanout", "--rates", "100,-1"], "messages a second"),
        (["fanout", "--rates", "many"], "invalid"),
    ],
)
def test_what_cannot_be_measured_is_said_in_a_sentence(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(arguments)
    assert complaint in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("scene", ["join", "reconnect"])
def test_who_comes_gets_every_entry_once_and_in_order(scene: str) -> None:
    rows, _ = bench(scene)
    assert 0 < rows[0]["p50_ms"] <= rows[0]["p99_ms"]


@pytest.mark.slow
@pytest.mark.broker
def test_every_bus_delivers_everything_and_is_held_against_redis() -> None:
    rows, last = bench("bus", "--seconds", "0.2", "--peer", "none")
    assert {row["system"] for row in rows} >= {"Redis (Valkey)", "Kafka", "RabbitMQ", "PostgreSQL"}
    assert {(row["params"]["work"], row["params"]["load"]) for row in rows} == {
        (work, load) for work in ("1 room", "50 rooms") for load in ("500/s", "saturated")
    }
    assert all(row["delivered_per_s"] > 0 and 0 < row["p50_ms"] <= row["p99_ms"] for row in rows)
    assert last["ratios"].keys() >= {"p50 at 500/s, Kafka / Redis, 1 room"}
