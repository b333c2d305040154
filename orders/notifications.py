"""What people are told of wherever they are. `notify` is called inside the transaction of what it tells about.

Rows are data (a code, a post, args); `orders.notice_words` makes their text in the reader's language when it is shown.
Only whom it is for can see one. Of each person the newest NOTIFICATIONS_KEPT are kept, for NOTIFICATIONS_FOR; the
clock deletes the others (`prune`).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final

from django.db import transaction
from django.db.models import F, Window
from django.db.models.functions import RowNumber
from django.dispatch import receiver
from django.utils import timezone

from accounts.models import User
from accounts.signals import guest_merged
from chat import live
from orders import bounds, notice_words
from orders.models import Notification, Post
from orders.models.notification import KEY_MAX

BATCH: Final = 1_000  # rows that one statement of `prune` deletes


def notify(
    *,
    users: Iterable[int],
    code: str,
    key: str,
    post: Post | None = None,
    args: Mapping[str, Any] | None = None,
    now: datetime | None = None,
) -> None:
    """Tell people (ids; twice the same is once) of something; live after the commit.

    `code` is one of `notice_words.CODES`, `args` what its text is made of: JSON, never a secret. `key` says which
    occasion it is: for one person, code and post the same key tells once, however often it is called. Raises
    ValueError for a code nobody knows and for a key too long: both are mistakes in our code.
    """
    full = f"{code}:{post.pk if post else 0}:{key}"
    if code not in notice_words.CODES or len(full) > KEY_MAX:
        raise ValueError(f"cannot notify of {full!r}")
    people = sorted(set(users))
    if not people:
        return
    rows = [
        Notification(
            user_id=pk,
            code=code,
            post=post,
            args=dict(args or {}),
            key=full,
            created_at=now or timezone.now(),
        )
        for pk in people
    ]
    Notification.objects.bulk_create(rows, ignore_conflicts=True)
    transaction.on_commit(partial(live.ring, people))


def unread(user: User) -> int:
    return Notification.objects.of(user).unread().count()


def mark_read(
    *, user: User, only: int | None = None, post: str | None = None, now: datetime | None = None
) -> int:
    """Theirs are read: one, those about a post (its public id), or all; how many were not."""
    found = Notification.objects.of(user).unread().order_by()
    if only is not None:
        found = found.filter(pk=only)
    if post is not None:
        found = found.filter(post__room__public_id=post)
    return found.update(read_at=now or timezone.now())


def prune(now: datetime | None = None, limit: int = BATCH) -> int:
    """Delete what is beyond the bounds, at most `limit` rows; how many there were."""
    now = now or timezone.now()
    ranked = Notification.objects.annotate(
        place=Window(RowNumber(), partition_by=F("user"), order_by=F("id").desc())
    )
    beyond = ranked.filter(place__gt=bounds.NOTIFICATIONS_KEPT).values_list("pk", flat=True)[:limit]
    old = Notification.objects.filter(created_at__lt=now - bounds.NOTIFICATIONS_FOR).values_list(
        "pk", flat=True
    )
    gone = list(beyond) or list(old[:limit])
    return Notification.objects.filter(pk__in=gone).delete()[0]


@receiver(guest_merged, dispatch_uid="orders.move_notifications")
def move_notifications(sender: Any, guest: User, into: User, **kwargs: Any) -> None:
    """What the guest was told of is the account's to read, unless it was told the same."""
    told = Notification.objects.of(into).values("key")
    Notification.objects.of(guest).exclude(key__in=told).order_by().update(user=into)
