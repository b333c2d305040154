"""That docs/performance.md gets its summary and its pictures from what was saved last."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from benchmarks import figures, report
from benchmarks.plot import Bar, bars
from benchmarks.saved import Saved
from benchmarks.tables import all_tables
from deploy.services import ServiceError


def save(directory: Path, day: str, scene: str, **row: Any) -> None:
    found = {"command": f"bin/bench {scene} --save", "ratios": {}, "rows": [{"notes": {}, **row}]}
    (directory / f"2026-11-{day}-{scene}.json").write_text(json.dumps(found))


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(report, "RESULTS", tmp_path)
    monkeypatch.setattr(figures, "PICTURES", tmp_path)
    return tmp_path


def test_the_newest_file_of_the_scene_counts(results: Path) -> None:
    for day, rate in (("02", 1.0), ("10", 2.0)):
        save(results, day, "fanout", system="ours", params={"load": "half"}, delivered_per_s=rate)
    save(results, "11", "fanout-2000", system="ours", params={"load": "half"}, delivered_per_s=3.0)
    assert Saved("fanout").value("ours", "delivered_per_s", load="half") == 2.0
    assert Saved("fanout").value("ours", "delivered_per_s", load="full") is None
    assert Saved("join").value("ours", "p50_ms") is None


def test_the_table_says_what_is_met_and_what_was_not_measured(results: Path) -> None:
    save(results, "10", "join", system="ours", params={}, p50_ms=6.0)
    save(results, "10", "reconnect", system="ours", params={}, p50_ms=1.0)
    table = figures.summary()
    assert "| `join` 100 joins/s, 50 entries: p50 | ≤ 5 ms | 6 ms | **no** | 2 ms |" in table
    assert (
        "| `reconnect` 2,000 clients, 20 missed each: all back | ≤ 10 s | not measured | – | 4 s |" in table
    )


def test_the_rest_of_the_page_is_left_alone(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = results / "page.md"
    marks = [
        (f"<!-- {name}: written by bin/bench figures -->", f"<!-- end of {name} -->")
        for name in ("summary", "tables")
    ]
    page.write_text("A\n" + "B\n".join(f"{begin}\nold\n{end}\n" for begin, end in marks) + "C\n")
    monkeypatch.setattr(figures, "PAGE", page)
    assert figures.write() == [page]
    (first, first_end), (second, second_end) = marks
    assert page.read_text() == (
        f"A\n{first}\n{figures.summary()}\n{first_end}\nB\n{second}\n\n{second_end}\nC\n"
    )


def test_a_page_without_its_marks_is_not_written(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = results / "page.md"
    page.write_text("A")
    monkeypatch.setattr(figures, "PAGE", page)
    with pytest.raises(ServiceError, match="summary"):
        figures.write()
    assert page.read_text() == "A"


def test_a_table_has_one_line_for_each_system(results: Path) -> None:
    save(results, "10", "fanout", system="ours", params={"load": "saturated"}, delivered_per_s=1234.0, persisted=True,
         kb_per_connection=40.0, spread=[1000.0, 2000.0], lost=0, repeated=0, out_of_order=0, runs=2)  # fmt: skip
    table = all_tables()
    assert "`bin/bench fanout --save`, 2 passes. Nothing was lost, repeated or out of order." in table
    assert "| ours | yes | 1,234 | 1,000–2,000 | – | – | – | – | – | 40 |" in table


def test_a_picture_is_sound_says_its_figures_and_follows_the_readers_colours() -> None:
    drawn = bars("Room", "a second", [Bar("ours <3", 1000.0, 900.0, 1100.0, ours=True), Bar("peer", 0, 0, 0)])
    root = ElementTree.fromstring(drawn)  # noqa: S314  our own
    assert root.get("aria-label") == "Room, a second: ours <3 1,000; peer 0"
    assert "prefers-color-scheme: dark" in drawn
