"""A poll as a card: under its entry, on the page of polls, and as a fragment, always as it stands now.

The card is made once for each version, neutral; what differs between readers (their choice, what they may do, the
form's token) are marks in it that are filled in for each. Marks are HTML comments: what people wrote is escaped, so it
cannot hold one.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple

from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from chat import cards
from orders import ballots, times
from orders.models import OPEN, Poll, Post, Seat, State, Vote
from rooms.models import Room

KEPT: Final = 512  # neutral cards of one process; each is some 3 kB
_FOR: Final = re.compile(r"<!--for:(\w+)-->(.*?)<!--/for:\1-->", re.DOTALL)
_MARK: Final = re.compile(r"<!--(\w+)(?::(\d+))?-->")


class Key(NamedTuple):
    """Everything that the neutral card depends on."""

    poll: int
    v: int
    language: str
    state: str  # of the post
    read_only: bool
    past: frozenset[int]
    day: str  # times read "today", "tomorrow"


class Option(NamedTuple):
    place: int
    words: str
    votes: int
    names: str
    past: bool
    won: bool
    tied: bool


@dataclass(frozen=True, slots=True)
class Said:
    """What a tap on the card came to. `ask_cart`: the place whose shop asks what becomes of the dishes, -1 for none."""

    text: str
    lines: tuple[str, ...] = ()
    ask_cart: int = -1


@cards.renders("poll")
def of_room(request: HttpRequest, room: Room, ids: Collection[int]) -> Mapping[int, str]:
    post = Post.objects.select_related("room").get(pk=room.pk)
    return render(request, post, Poll.objects.filter(post=post, pk__in=ids))


def render(
    request: HttpRequest, post: Post, polls: Collection[Poll], said: Mapping[int, Said] | None = None
) -> dict[int, str]:
    """Two queries for the reader, three for each card that is not known yet."""
    now = timezone.now()
    found = list(polls)
    user = request.user
    mine = dict(Vote.objects.filter(poll__in=found, user=user.pk).values_list("poll", "choice"))
    member = Seat.objects.active().filter(post=post, user=user.pk).exists()
    host = post.host_id == user.pk
    made: dict[int, str] = {}
    for poll in found:
        roles = {"member"} if member else set()
        if host:
            roles |= {"host", "closer"}
        elif member and poll.opened_by_id == user.pk:
            roles.add("closer")
        html = _neutral(_key(post, poll, now))
        made[poll.pk] = _apart(request, html, post, mine.get(poll.pk), roles, (said or {}).get(poll.pk), poll)
    return made


def _key(post: Post, poll: Poll, now: datetime) -> Key:
    language = translation.get_language() or ""
    day = f"{times.evening_day(now):%m%d}"
    past = frozenset(ballots.past(poll, now)) if poll.applied_at is None else frozenset[int]()
    return Key(poll.pk, poll.v, language, post.state, post.is_read_only(now), past, day)


@lru_cache(maxsize=KEPT)
def _neutral(key: Key) -> str:
    """Read after the key was made, so never older than it says."""
    poll = Poll.objects.select_related("opened_by").get(pk=key.poll)
    now = timezone.now()
    votes = list(poll.votes.select_related("user").order_by("at", "pk"))
    counts = ballots.tally(poll) if poll.is_open else poll.tally
    first = ballots.leading(poll, counts, now) if poll.winner is None and not poll.is_open else []
    options = [
        Option(
            place=place,
            words=ballots.words(poll, place, now),
            votes=counts[place],
            names=", ".join(vote.user.nickname for vote in votes if vote.choice == place),
            past=place in key.past,
            won=place == poll.winner,
            tied=place in first,
        )
        for place in range(len(poll.options))
    ]
    changeable = key.state in OPEN or (poll.field == Poll.Field.MEETING_AT and key.state in _STILL_MOVABLE)
    context: dict[str, Any] = {
        "poll": poll,
        "question": ballots.question(poll.field, poll.question),
        "options": options,
        "votes": sum(counts),
        "goes_on": poll.is_open and not key.read_only,
        "ends": times.spoken(poll.closes_at, now) if poll.closes_at and poll.is_open else "",
        "tied": len(first) > 1,
        "applies": poll.applied_at is None and not key.read_only and (not poll.field or changeable),
    }
    return render_to_string("orders/polls/_card.html", context)


_STILL_MOVABLE: Final = (State.LOCKED, State.ORDERED, State.ARRIVED)


def _apart(
    request: HttpRequest,
    html: str,
    post: Post,
    choice: int | None,
    roles: set[str],
    said: Said | None,
    poll: Poll,
) -> SafeString:
    """Fill the marks for one reader. `on:n` whether n is their choice, `pick:n` what a tap on it means (their own
    again: nothing)."""

    def fill(found: re.Match[str]) -> str:
        name, place = found[1], int(found[2] or -1)
        if name == "on":
            return "true" if place == choice else "false"
        if name == "pick":
            return "" if place == choice else str(place)
        return fixed.get(name, "")

    fixed = {
        "csrf": format_html(
            '<input type="hidden" name="csrfmiddlewaretoken" value="{}">', get_token(request)
        ),
        "at": f"/p/{post.public_id}/room/polls/{poll.pk}/",
        "post_v": str(post.post_v),
        "said": render_to_string("orders/polls/_said.html", {"said": said}) if said else "",
    }
    html = _FOR.sub(lambda found: found[2] if found[1] in roles else "", html)
    # The answer to a tap has forms of its own, so it comes before the others' marks are filled.
    html = html.replace("<!--said-->", fixed["said"])
    return mark_safe(_MARK.sub(fill, html))  # noqa: S308  rendered by templates, and digits
