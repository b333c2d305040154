"""What somebody looks for in the list: read from an address, written into one."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self

from django.http import QueryDict

from accounts.models import User
from orders import bounds, times
from orders.models import Category, Cursor, Post, PostQuerySet

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_FAR: Final = 10**16  # microseconds: the year 2286


@dataclass(frozen=True, slots=True)
class Filters:
    q: str = ""
    area: str = ""
    evening: bool = False
    free: bool = False
    closed: bool = False  # those too that take no one in any more
    newest: bool = False
    categories: tuple[str, ...] = ()

    @classmethod
    def read(cls, query: QueryDict) -> Self:
        """Nonsense is left out."""
        return cls(
            q=query.get("q", "").strip()[: bounds.SEARCH_MAX],
            area=query.get("area", "").strip()[: bounds.SEARCH_MAX],
            evening=query.get("when") == "evening",
            free=query.get("free") == "1",
            closed=query.get("closed") == "1",
            newest=query.get("sort") == "new",
            categories=tuple(name for name in Category.values if name in query.getlist("category")),
        )

    def query(self) -> str:
        """For an address, with its question mark; the plain list's is "?"."""
        query = QueryDict(mutable=True)
        plain = {
            "q": self.q,
            "area": self.area,
            "when": "evening" if self.evening else "",
            "free": "1" if self.free else "",
            "closed": "1" if self.closed else "",
            "sort": "new" if self.newest else "",
        }
        query.update({name: value for name, value in plain.items() if value})
        query.setlist("category", list(self.categories))
        return "?" + query.urlencode()

    def but(self, **changed: Any) -> str:
        """The address with something changed."""
        return replace(self, **changed).query()

    def toggled(self, category: str) -> str:
        there = category in self.categories
        rest = tuple(name for name in self.categories if name != category)
        return self.but(categories=rest if there else (*rest, category))

    def closed_toggled(self) -> str:
        return self.but(closed=not self.closed)

    @property
    def narrow(self) -> bool:
        """Something is filtered away that the plain list would show."""
        return bool(self.q or self.area or self.evening or self.free or self.categories)

    def posts(self, user: User | None, now: datetime) -> PostQuerySet:
        """What fits, for this person, in no order yet."""
        found = Post.objects.visible_to(user)
        if self.free:
            found = found.joinable(now)
        elif self.closed:
            found = found.listed().filter(meeting_at__gt=now)
        else:
            found = found.recruiting(now)
        if self.q:
            found = found.search(self.q)
        if self.area:
            found = found.near(self.area)
        if self.categories:
            found = found.filter(category__in=self.categories)
        if self.evening:
            found = found.meeting_between(*times.evening(now))
        return found

    def page(self, posts: PostQuerySet, after: Cursor | None, size: int) -> tuple[list[Post], str]:
        """A page and where the next one begins, "" for the last."""
        ordered = posts.newest(after) if self.newest else posts.soonest(after)
        rows = list(ordered.select_related("room", "host").with_waiting().with_subtotal()[: size + 1])
        if len(rows) <= size:
            return rows, ""
        last = rows[size - 1]
        at = last.created_at if self.newest else last.meeting_at
        return rows[:size], f"{(at - _EPOCH) // _MICROSECOND}-{last.pk}"


def cursor(raw: str) -> Cursor | None:
    """None for nonsense, which reads as the beginning."""
    at, _, pk = raw.partition("-")
    if not (at.isascii() and at.isdigit() and pk.isascii() and pk.isdigit() and len(raw) <= 36):
        return None
    return Cursor(_EPOCH + min(int(at), _FAR) * _MICROSECOND, min(int(pk), 2**63 - 1))
