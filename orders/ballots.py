"""What the options of a poll may be, who leads, and what the winner changes. Reads, never writes."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from django.utils.translation import gettext as _

from orders import bounds, fields, times
from orders.errors import OrderError
from orders.models import Poll, Post, Seat, State

_LIMITS: Final = {"": bounds.OPTION_MAX, "place": bounds.PLACE_MAX, "shop": bounds.SHOP_MAX}


def clean_options(field: str, options: Sequence[str | datetime], now: datetime) -> list[str]:
    """As they are stored, empty ones left out. Raises OPTIONS for too few, too many or twice the same, and what a field
    of the post refuses."""
    if len(options) > 2 * bounds.OPTIONS_MAX:  # before any work that grows with the input
        raise OrderError("OPTIONS", field="options")
    texts = [text for option in options if (text := _clean(field, option, now))]
    distinct = {text.casefold() for text in texts}
    if not bounds.OPTIONS_MIN <= len(texts) <= bounds.OPTIONS_MAX or len(distinct) < len(texts):
        raise OrderError("OPTIONS", field="options")
    return texts


def _clean(field: str, option: str | datetime, now: datetime) -> str:
    if field == Poll.Field.MEETING_AT:
        if not isinstance(option, datetime):
            raise OrderError("OPTIONS", field="options")
        fields.meeting(option, now)
        return option.astimezone(UTC).isoformat()
    if isinstance(option, datetime):
        raise OrderError("OPTIONS", field="options")
    return fields.text(option, "options", _LIMITS[field])


def tally(poll: Poll) -> list[int]:
    """Votes by option, of those who are present. One query."""
    here = Seat.objects.active().filter(post=poll.post_id).values("user")
    counts = [0] * len(poll.options)
    for choice in poll.votes.filter(user__in=here).values_list("choice", flat=True):
        counts[choice] += 1
    return counts


def past(poll: Poll, now: datetime) -> set[int]:
    """The places of times that have gone by: they can be neither voted for nor won."""
    if poll.field != Poll.Field.MEETING_AT:
        return set()
    return {place for place, at in enumerate(poll.options) if datetime.fromisoformat(at) <= now}


def leading(poll: Poll, counts: Sequence[int], now: datetime) -> list[int]:
    """The places of the options with the most votes, of those that can win; none while nobody has voted for one."""
    gone = past(poll, now)
    able = {place: count for place, count in enumerate(counts) if place not in gone and count}
    most = max(able.values(), default=0)
    return [place for place, count in able.items() if count == most]


def changes(poll: Poll, place: int, post: Post, now: datetime) -> dict[str, Any]:
    """What `posts.edit_post` is asked for. While recruiting the deadline keeps its distance to the meeting."""
    option = poll.options[place]
    if poll.field != Poll.Field.MEETING_AT:
        return {poll.field: option}
    meeting_at = datetime.fromisoformat(option)
    if post.state != State.RECRUITING:
        return {"meeting_at": meeting_at}
    deadline_at = meeting_at - (post.meeting_at - post.deadline_at)
    if deadline_at <= now:
        deadline_at = times.default_deadline(meeting_at, now)
    return {"meeting_at": meeting_at, "deadline_at": deadline_at}


def question(field: str, typed: str = "") -> str:
    """What is asked, in the active language where nobody typed it."""
    return typed or {
        "meeting_at": _("When do we meet?"),
        "place": _("Where do we meet?"),
        "shop": _("Where do we order?"),
    }.get(field, "")


def words(poll: Poll, place: int, now: datetime) -> str:
    """An option as people read it."""
    option: str = poll.options[place]
    if poll.field == Poll.Field.MEETING_AT:
        return times.spoken(datetime.fromisoformat(option), now)
    return option
