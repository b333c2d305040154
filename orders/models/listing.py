"""Which posts a person sees, and how they look for one."""

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, Self

from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from accounts.models import Block, User
from orders import bounds
from orders.models.choices import LISTED, State
from rooms.models import Room

if TYPE_CHECKING:
    from orders.models.post import Post  # noqa: F401  ruff does not look into the base class's string


class Cursor(NamedTuple):
    """The last row of a page: its value of the order, and its key."""

    at: datetime
    pk: int


class PostQuerySet(models.QuerySet["Post"]):
    def visible_to(self, user: User | None) -> Self:
        """All but those whose host has blocked them or is blocked by them, unless they are in it. None: signed out."""
        if user is None or not user.pk:
            return self
        apart = Block.objects.between(user, OuterRef("host"))
        inside = Room.objects.visible_to(user).values("pk")
        return self.filter(~Exists(apart) | Q(room__in=inside))

    def listed(self) -> Self:
        """Those of the public list: neither arrived nor over, nor hidden (orders/reports.py)."""
        return self.filter(state__in=LISTED, hidden_at=None)

    def joinable(self, now: datetime) -> Self:
        """With a free seat: recruiting, seats left, nobody waiting."""
        from orders.models.seat import Wait

        waiting = Wait.objects.active().filter(post=OuterRef("pk"))
        return self.recruiting(now).filter(~Exists(waiting), seats_taken__lt=F("capacity"))

    def recruiting(self, now: datetime) -> Self:
        return self.filter(state=State.RECRUITING, deadline_at__gt=now)

    def search(self, text: str) -> Self:
        """Every word somewhere in title, shop or place, Korean substrings included. Cut to SEARCH_MAX."""
        found = self
        for word in text[: bounds.SEARCH_MAX].replace("\x00", " ").split():
            found = found.filter(
                Q(room__title__icontains=word) | Q(shop__icontains=word) | Q(place__icontains=word)
            )
        return found

    def near(self, place: str) -> Self:
        """The place has this in it."""
        return self.filter(place__icontains=place[: bounds.SEARCH_MAX].replace("\x00", ""))

    def meeting_between(self, start: datetime | None, end: datetime | None) -> Self:
        found = self.filter(meeting_at__gte=start) if start else self
        return found.filter(meeting_at__lt=end) if end else found

    def with_waiting(self) -> Self:
        """Each with `waiting`, the number of people who wait."""
        return self.annotate(waiting=Count("waits", filter=Q(waits__ended_at=None)))

    def with_subtotal(self) -> Self:
        """Each with `subtotal`, the won in its cart."""
        from orders.models.cart import Item

        items = Item.objects.filter(post=OuterRef("pk")).order_by().values("post")
        won = items.annotate(total=Sum(F("unit_won") * F("qty"))).values("total")
        return self.annotate(subtotal=Coalesce(Subquery(won), Value(0)))

    def soonest(self, after: Cursor | None = None) -> Self:
        """By meeting; `after` the last row of the page before."""
        rows = self.order_by("meeting_at", "pk")
        if after is None:
            return rows
        return rows.filter(Q(meeting_at__gt=after.at) | Q(meeting_at=after.at, pk__gt=after.pk))

    def newest(self, after: Cursor | None = None) -> Self:
        """The newest first; `after` the last row of the page before."""
        rows = self.order_by("-created_at", "-pk")
        if after is None:
            return rows
        return rows.filter(Q(created_at__lt=after.at) | Q(created_at=after.at, pk__lt=after.pk))
