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
