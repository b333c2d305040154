"""Clock times as people type and read them; pure. Days are those of Seoul (or of the active time zone)."""

from datetime import date, datetime, time, timedelta
from math import ceil
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext as _

from orders.bounds import DEADLINE_BEFORE

DAY_TURNS: Final = time(5)  # until then the night belongs to the evening before
EVENING_FROM: Final = time(17)
SOON: Final = timedelta(hours=3)  # up to here "in 2 h" says more than the hour


def next_occurrence(clock: time, now: datetime) -> datetime:
    """The next moment at which clocks show this time; the very minute that it is now is tomorrow's."""
    local = timezone.localtime(now)
    at = local.replace(hour=clock.hour, minute=clock.minute, second=0, microsecond=0)
    return at if at > local else at + timedelta(days=1)


def read_clock(typed: str) -> time:
    """What people type for a time: "18:30", "1830", "9:05". ValueError for what is none."""
    digits = typed.strip()[:8]
    if ":" not in digits and len(digits) in (3, 4) and digits.isascii() and digits.isdigit():
        digits = f"{digits[:-2]}:{digits[-2:]}"
    return time.fromisoformat(digits.zfill(5)).replace(second=0, microsecond=0, tzinfo=None)


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


def evening(now: datetime) -> tuple[datetime, datetime]:
    """The evening of the day that `now` counts to: from 17:00 until the day turns."""
    day = evening_day(now)
    start = timezone.make_aware(datetime.combine(day, EVENING_FROM), timezone.get_current_timezone())
    end = datetime.combine(day + timedelta(days=1), DAY_TURNS)
    return start, timezone.make_aware(end, timezone.get_current_timezone())


def last_before(clock: time, at: datetime) -> datetime:
    """The last moment before `at` at which clocks show this time."""
    local = timezone.localtime(at)
    found = local.replace(hour=clock.hour, minute=clock.minute, second=0, microsecond=0)
    return found if found < local else found - timedelta(days=1)


def until(at: datetime, now: datetime) -> str:
    """ "in 25 min", "in 2 h 10 min"; "" for what is past or further away than SOON."""
    if not timedelta(0) < at - now <= SOON:
        return ""
    hours, minutes = divmod(ceil((at - now).total_seconds() / 60), 60)
    if not hours:
        return _("in {minutes} min").format(minutes=minutes)
    if not minutes:
        return _("in {hours} h").format(hours=hours)
    return _("in {hours} h {minutes} min").format(hours=hours, minutes=minutes)


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
