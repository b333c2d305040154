"""What the clock has to do for a post, and when. Pure: all of it follows from the post's own fields."""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from orders.models import Post, State

SILENCE: Final = timedelta(minutes=30)  # of the host past the meeting, then CLOSED is canceled
ORDERED_YET_AFTER: Final = timedelta(minutes=30)  # past the meeting LOCKED is asked about
UNANSWERED_AFTER: Final = timedelta(hours=6)  # past the meeting LOCKED is canceled
ANSWER_TIME: Final = timedelta(
    hours=1
)  # at least so long after it was asked, should the clock have been down
ARRIVED_AFTER: Final = timedelta(hours=3)  # past the meeting
UNSETTLED_AFTER: Final = timedelta(days=14)
WRITABLE_AFTER: Final = timedelta(hours=24)  # a post that is over
REVIVABLE: Final = timedelta(hours=24)

DEADLINE_SOON: Final = timedelta(minutes=10)
CHOOSE_AFTER: Final = timedelta(minutes=10)
CONFIRM_AFTER: Final = timedelta(minutes=10)
ISSUE_AFTER: Final = timedelta(minutes=10)
MEETING_SOON: Final = timedelta(minutes=10)
STALE_NOTICE: Final = timedelta(minutes=20)  # a reminder that is so late is not sent any more


class Due(NamedTuple):
    """`what`: a change (deadline, silent, unanswered, arrived, unsettled, polls, forget) or the code of a notice."""

    at: datetime
    what: str
    notice: bool


def agenda(post: Post) -> list[Due]:
    """What is still to be done in the present state, the earliest first; a change goes before a notice."""
    dues = [due for due in _agenda(post) if not (due.notice and due.what in post.reminded)]
    if post.polls_due_at is not None:
        dues.append(Due(post.polls_due_at, "polls", False))
    return sorted(dues, key=lambda due: (due.at, due.notice))


def next_look(post: Post) -> datetime | None:
    """When the clock looks at the post next; None: never again, unless a verb changes it."""
    dues = agenda(post)
    return dues[0].at if dues else None


def _agenda(post: Post) -> list[Due]:
    since = post.state_at
    if post.state == State.RECRUITING:
        soon = post.deadline_at - DEADLINE_SOON
        ahead = [Due(soon, "deadline_soon", True)] if soon > since else []
        return [Due(post.deadline_at, "deadline", False), *ahead]
    if post.state == State.CLOSED:
        heard = max(post.meeting_at, post.host_seen_at or post.meeting_at)
        return [Due(heard + SILENCE, "silent", False), Due(since + CHOOSE_AFTER, "choose", True)]
    if post.state == State.LOCKED:
        return [
            Due(unanswered_at(post), "unanswered", False),
            Due(max(post.meeting_at + ORDERED_YET_AFTER, since), "ordered_yet", True),
            Due(since + CONFIRM_AFTER, "confirm", True),
        ]
    if post.state == State.ORDERED:
        soon = post.meeting_at - MEETING_SOON
        ahead = [Due(soon, "meeting_soon", True)] if soon > since else []
        return [Due(max(post.meeting_at, since) + ARRIVED_AFTER, "arrived", False), *ahead, *_issue(post)]
    if post.state == State.ARRIVED:
        end = (post.shares_issued_at or since) + UNSETTLED_AFTER
        return [Due(end, "unsettled", False), *_issue(post)]
    if post.share_v and post.writable_until is not None and "forget" not in post.reminded:
        return [Due(post.writable_until, "forget", False)]
    return []


def _issue(post: Post) -> list[Due]:
    return [Due(post.state_at + ISSUE_AFTER, "issue_shares", True)] if post.share_v == 0 else []


def unanswered_at(post: Post) -> datetime:
    """Six hours past the meeting, yet never before the host had time to answer; a revived order has six hours more."""
    at = max(post.meeting_at, post.state_at) + UNANSWERED_AFTER
    asked = post.reminded.get("ordered_yet")
    return at if asked is None else max(at, datetime.fromisoformat(asked) + ANSWER_TIME)
