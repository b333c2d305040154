"""That what was measured is kept whole."""

import json
from pathlib import Path

import pytest

from benchmarks import report
from benchmarks.report import Pass, Ratio, Row


def test_a_saved_result_has_the_command_the_machine_every_pass_and_the_ratios(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "RESULTS", tmp_path / "results")
    ours = Row("fanout", "ours", {"work": "1 x 4"}, True, [Pass(20.0), Pass(30.0), Pass(40.0)])
    peer = Row("fanout", "peer", {"work": "1 x 4"}, False, [Pass(10.0), Pass(10.0), Pass(10.0)])
    path = report.save(
        "fanout", ["fanout", "--save"], [ours, peer], [Ratio("ours / peer", ours, peer)], {"Python": "3"}
    )
    saved = json.loads(path.read_text())
    assert path.name.endswith("-fanout.json")
    assert saved["command"] == "bin/bench fanout --save"
    assert saved["on"] == {"Python": "3"}
    assert saved["ratios"] == {"ours / peer": [3.0, 2.0, 4.0]}
    assert saved["rows"][0]["delivered_per_s"] == 30.0
    assert [each["delivered_per_s"] for each in saved["rows"][0]["passes"]] == [20.0, 30.0, 40.0]


def test_what_is_printed_is_one_object_a_line_with_the_same_keys_and_then_the_ratios() -> None:
    ours = Row("fanout", "ours", {"work": "1 x 4"}, True, [Pass(20.0, notes={"in per s": 5.0})])
    peer = Row("fanout", "peer", {"work": "1 x 4"}, False, [Pass(10.0, 1.0, 2.0, 3.0, 4.0, lost=1)])
    first, second, last = map(
        json.loads, report.as_json("fanout", [ours, peer], [Ratio("r", ours, peer)], {}).splitlines()
    )
    assert list(first) == list(second) == [
        "scene", "system", "params", "delivered_per_s", "p50_ms", "p99_ms", "cpu_us_per_delivery",
        "kb_per_connection", "lost", "repeated", "out_of_order", "persisted", "runs", "spread",
    ]  # fmt: skip
    assert last == {
        "scene": "fanout",
        "ratios": {"r": [2.0, 2.0, 2.0]},
        "notes": [{"in per s": 5.0}, {}],
        "on": {},
    }


def test_the_best_of_a_peers_loads_counts() -> None:
    ours = Row("fanout", "ours", {}, True, [Pass(100.0), Pass(100.0)])
    saturated = Row("fanout", "peer", {}, False, [Pass(10.0), Pass(20.0)])
    offered = Row("fanout", "peer", {}, False, [Pass(20.0), Pass(None)])
    assert Ratio("r", ours, saturated, also=[offered]).values() == [5.0, 5.0]
