"""Clock times as people type and read them. Times without a zone in here are Seoul's."""

from datetime import date, datetime, time, timedelta

import pytest
from django.utils import timezone, translation

from orders import times


def at(text: str) -> datetime:
    return timezone.make_aware(datetime.fromisoformat(text))


@pytest.mark.parametrize(
    ("typed", "now", "meant"),
    [
        ("18:30", "2026-11-22 17:00", "2026-11-22 18:30"),
        ("18:30", "2026-11-22 18:29:59", "2026-11-22 18:30"),
        ("18:30", "2026-11-22 18:30", "2026-11-23 18:30"),
        ("00:30", "2026-11-22 23:50", "2026-11-23 00:30"),
        ("00:30", "2026-11-23 00:10", "2026-11-23 00:30"),
        ("12:00", "2026-12-31 13:00", "2027-01-01 12:00"),
    ],
)
def test_a_typed_clock_time_means_its_next_occurrence(typed: str, now: str, meant: str) -> None:
    assert times.next_occurrence(time.fromisoformat(typed), at(now)) == at(meant)


@pytest.mark.parametrize(
    ("meeting", "now", "spoken"),
    [
        ("2026-11-22 18:30", "2026-11-22 17:00", "오늘 18:30"),
        ("2026-11-23 00:30", "2026-11-22 22:00", "오늘 밤 00:30"),
        ("2026-11-23 00:30", "2026-11-23 00:10", "오늘 밤 00:30"),
        ("2026-11-23 04:59", "2026-11-22 22:00", "오늘 밤 04:59"),
        ("2026-11-23 05:00", "2026-11-22 22:00", "내일 05:00"),
        ("2026-11-23 18:00", "2026-11-23 04:59", "내일 18:00"),
        ("2026-11-23 18:00", "2026-11-23 05:00", "오늘 18:00"),
        ("2026-11-24 01:00", "2026-11-22 22:00", "내일 밤 01:00"),
        ("2026-11-25 18:30", "2026-11-22 22:00", "11/25 18:30"),
        ("2026-11-26 00:30", "2026-11-22 22:00", "11/25 밤 00:30"),
    ],
)
def test_a_meeting_is_spoken_of_as_people_do(meeting: str, now: str, spoken: str) -> None:
    with translation.override("ko"):
        assert times.spoken(at(meeting), at(now)) == spoken


def test_in_english_too() -> None:
    with translation.override("en"):
        assert times.spoken(at("2026-11-23 00:30"), at("2026-11-22 22:00")) == "tonight 00:30"


def test_the_evening_s_day_turns_at_five() -> None:
    assert times.evening_day(at("2026-11-23 04:59")) == date(2026, 11, 22)
    assert times.evening_day(at("2026-11-23 05:00")) == date(2026, 11, 23)


def test_the_deadline_is_forty_minutes_before_or_half_way() -> None:
    now = at("2026-11-22 17:00")
    assert times.default_deadline(at("2026-11-22 18:30"), now) == at("2026-11-22 17:50")
    assert times.default_deadline(at("2026-11-22 18:20"), now) == at("2026-11-22 17:40")
    assert times.default_deadline(at("2026-11-22 17:30"), now) == at("2026-11-22 17:15")
    soon = now + timedelta(seconds=10)
    assert now < times.default_deadline(soon, now) < soon
