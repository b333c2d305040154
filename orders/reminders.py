"""Private reminders of what somebody owes: at issue, after 2 hours, 1, 3 and 7 days; none between 22 and 8 o'clock."""

from datetime import datetime, time, timedelta
from typing import Final

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from orders.models import Due
from orders.notifications import notify

AFTER: Final = (timedelta(0), timedelta(hours=2), timedelta(days=1), timedelta(days=3), timedelta(days=7))
QUIET_FROM: Final = time(22)
QUIET_UNTIL: Final = time(8)


def awake(at: datetime) -> datetime:
    """The moment itself, or 08:00 after it for one in the quiet hours of Seoul (or of the active time zone)."""
    local = timezone.localtime(at)
    if QUIET_UNTIL <= local.time() < QUIET_FROM:
        return at
    morning = local.replace(hour=QUIET_UNTIL.hour, minute=0, second=0, microsecond=0)
    return morning if local.time() < QUIET_UNTIL else morning + timedelta(days=1)


def next_at(issued_at: datetime, after: datetime | None = None) -> datetime | None:
    """When the next reminder of an issue is due, later than `after` if given; None after the last one."""
    times = (awake(issued_at + delay) for delay in AFTER)
    return next((at for at in times if after is None or at > after), None)


def run(now: datetime, limit: int) -> int:
    """Send those that are due, at most `limit`; how many this clock claimed. Of several clocks one gets each."""
    rows = Due.objects.filter(remind_at__lte=now).order_by("remind_at").values_list("pk", "remind_at")[:limit]
    return sum(_remind(pk, at, now) for pk, at in rows if at is not None)


@transaction.atomic
def _remind(pk: int, seen: datetime, now: datetime) -> bool:
    """The conditional UPDATE holds the row until the notice is written with it: exactly once, or again."""
    due = Due.objects.select_related("post").get(pk=pk)
    issued_at = due.post.shares_issued_at or now
    later = next_at(issued_at, after=now) if due.balance > 0 else None
    claimed = Due.objects.filter(pk=pk, remind_at=seen)
    if awake(now) > now:  # a clock that was down in the day and is back in the night
        claimed.update(remind_at=awake(now))
        return True
    if not claimed.update(remind_at=later, reminded=F("reminded") + 1):
        return False
    due.refresh_from_db()
    if due.balance > 0 and due.claim_id is None:
        key = f"{due.post.share_v}:{due.reminded}"
        notify(users=[due.user_id], code="pay", key=key, post=due.post, args={"won": due.balance}, now=now)
    return True
