"""That a scene about coming back sees what was lost and what came twice."""

import pytest

from benchmarks.arrivals import MISSED, _resumed
from benchmarks.visitors import Door, Visitor

MISSED_SEQS = list(range(11, 11 + MISSED))


def resumed(seqs: list[int], recovered: bool = True) -> tuple[int, int, int]:
    visitor = Visitor("r", "s", since=10, epoch="e", recovered=recovered, seqs=seqs, arrived=2.0)
    found = _resumed(Door(1), [visitor], 1.0, 0.0)
    return found.lost, found.repeated, found.out_of_order


@pytest.mark.parametrize(
    ("seqs", "recovered", "doubts"),
    [
        (MISSED_SEQS, True, (0, 0, 0)),
        (MISSED_SEQS[1:], True, (1, 0, 0)),
        ([*MISSED_SEQS, 30], True, (0, 1, 0)),
        ([*MISSED_SEQS[2:], 11, 12], True, (0, 0, 1)),
        (MISSED_SEQS, False, (1, 0, 0)),
    ],
)
def test_what_one_who_comes_back_got_is_held_against_what_was_written(
    seqs: list[int], recovered: bool, doubts: tuple[int, int, int]
) -> None:
    assert resumed(seqs, recovered) == doubts


def test_the_scene_takes_as_long_as_the_last_one_needs() -> None:
    back = [Visitor("r", "s", since=10, recovered=True, seqs=MISSED_SEQS, arrived=t) for t in (2.0, 4.5)]
    assert _resumed(Door(1), back, 1.0, 0.0).notes["s until all resumed"] == 3.5


def test_who_is_not_back_in_time_is_counted_apart_from_what_was_lost() -> None:
    back = [
        Visitor("r", "s", since=10),
        Visitor("r", "s", since=10, recovered=True, seqs=MISSED_SEQS, arrived=2.0),
    ]
    found = _resumed(Door(1), back, 1.0, 0.0)
    assert (found.lost, found.notes["not back"]) == (0, 1)
