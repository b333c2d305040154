"""Clock times as people type and read them; pure. Days are those of Seoul (or of the active time zone)."""

from datetime import date, datetime, time, timedelta
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext as _

from orders.bounds import DEADLINE_BEFORE

DAY_TURNS: Final = time(5)  # until then the night belongs to the evening before


def next_occurrence(clock: time, now: datetime) -> datetime:
    """The next moment at which clocks show this time; the very minute that it is now is tomorrow's."""
    local = timezone.localtime(now)
    at = local.replace(hour=clock.hour, minute=clock.minute, second=0, microsecond=0)
    return at if at > local else at + timedelta(days=1)


def default_deadline(meeting_at: datetime, now: datetime) -> datetime:
    """40 minutes before the meeting, or half-way there if that is nearer; whole minutes where possible."""
    usual = meeting_at - DEADLINE_BEFORE
    half = now + (meeting_at - now) / 2
    if usual >= half:
        return usual
    whole = half.replace(second=0, microsecond=0)
    return whole if whole > now else half


def evening_day(at: datetime) -> date:
    """The day that people count a moment to: until 05:00 it is still the evening before."""
    local = timezone.localtime(at)
    return local.date() - timedelta(days=1) if local.time() < DAY_TURNS else local.date()


def spoken(at: datetime, now: datetime) -> str:
    """ "오늘 18:30", "오늘 밤 00:30", "내일 12:00", "11/25 18:30", as said at `now`, in the active language."""
    local = timezone.localtime(at)
    clock = local.strftime("%H:%M")
    days = (evening_day(at) - evening_day(now)).days
    night = local.time() < DAY_TURNS
    if days == 0:
        return _("tonight {clock}").format(clock=clock) if night else _("today {clock}").format(clock=clock)
    if days == 1:
        text = _("tomorrow night {clock}") if night else _("tomorrow {clock}")
        return text.format(clock=clock)
    day = evening_day(at)
    text = _("night of {month}/{day} {clock}") if night else "{month}/{day} {clock}"
    return text.format(month=day.month, day=day.day, clock=clock)
