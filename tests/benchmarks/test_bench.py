"""That `bin/bench` runs and says what it promises; its figures are nobody's concern here."""

import json
import subprocess
from pathlib import Path

import pytest

from benchmarks.__main__ import main

ROOT = Path(__file__).resolve().parents[2]
KEYS = {
    "scene", "system", "params", "delivered_per_s", "p50_ms", "p99_ms", "cpu_us_per_delivery", "kb_per_connection",
    "lost", "repeated", "out_of_order", "persisted", "runs", "spread",
}  # fmt: skip


@pytest.mark.slow
def test_the_append_scene_prints_one_object_a_line_and_then_the_ratios() -> None:
    done = subprocess.run(
        [ROOT / "bin" / "bench", "append", "--quick", "--json"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=100,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    *rows, last = map(json.loads, done.stdout.splitlines())
    assert [row["system"] for row in rows].count("group commit") == 2
    for row in rows:
        assert row.keys() >= KEYS
        assert row["persisted"] is True
        assert row["delivered_per_s"] > 0
        assert (row["lost"], row["repeated"], row["out_of_order"]) == (0, 0, 0)
    assert last["ratios"].keys() >= {"group commit / ORM, 1 room", "group commit / ORM, 50 rooms"}


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["fanout", "--peer", "irc"], "'irc' is none of"),
        (["fanout", "--runs", "0"], "--runs must be at least 1"),
        (["fanout", "--server", "nginx"], "invalid choice"),
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
    done = subprocess.run(
        [ROOT / "bin" / "bench", scene, "--quick", "--json"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=100,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    row = json.loads(done.stdout.splitlines()[0])
    assert row.keys() >= KEYS
    assert (row["lost"], row["repeated"], row["out_of_order"]) == (0, 0, 0)
    assert 0 < row["p50_ms"] <= row["p99_ms"]
