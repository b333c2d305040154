"""The room list and the room page: complete without JavaScript, the start of the live page with it."""

import secrets
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple, cast

from allauth.decorators import rate_limit
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from chat import actions, cards, installation, kinds, lines, reading, timeline, wire
from chat.cards import Card
from chat.errors import ChatError
from chat.realtime.decoding import Refused, check_body
from chat.realtime.limits import LIMITS
from chat.timeline import LATEST, NotReadable, Row, Slice
from rooms.models import Membership, Room

PAGE = 50
ROOMS_LISTED = 200
OPEN_ROOMS_LISTED = 50
MEMBERS_SHOWN = 100


class ListedRoom(NamedTuple):
    """One row of the room list. `card`: what an app above says about the room."""

    room: Room
    card: Card | None
    is_host: bool
    last: lines.Line | None
    head: int
    unread: int


def _me(request: HttpRequest) -> User:
    return cast(User, request.user)


@never_cache
@login_required
@require_GET
def room_list(request: HttpRequest) -> HttpResponse:
    """My rooms, those that go on first, by their newest entry; below them the open ones."""
    me = _me(request)
    mine = list(Membership.objects.active().filter(user=me).select_related("room")[:ROOMS_LISTED])
    summaries = reading.summaries(me.pk, [m.room_id for m in mine])
    people = wire.people_of_rows([s.last for s in summaries.values() if s.last])
    ids = me.identities()
    known = cards.of(list(summaries))
    listed = [
        ListedRoom(
            m.room,
            known.get(m.room_id),
            m.is_host,
            lines.line(s.last, people, ids) if s.last else None,
            s.head,
            s.unread,
        )
        for m in mine
        if (s := summaries.get(m.room_id))
    ]
    listed.sort(key=lambda r: r.last.at if r.last else r.room.created_at, reverse=True)
    listed.sort(key=lambda r: bool(r.card and r.card.over))
    snapshot = {
        "epoch": installation.epoch(),
        "me": ids,
        "lines": lines.templates(),
        "chips": cards.chips(),
        "rooms": [{"room": r.room.public_id, "head": r.head, "unread": r.unread} for r in listed],
    }
    open_rooms = (
        Room.objects.open_to(me).order_by("-created_at")[:OPEN_ROOMS_LISTED] if not me.is_guest else []
    )
    return render(
        request, "chat/room_list.html", {"rooms": listed, "open_rooms": open_rooms, "snapshot": snapshot}
    )


@never_cache
@login_required
@require_GET
def room(request: HttpRequest, public_id: str) -> HttpResponse:
    """One room, or where the app it belongs to shows it."""
    _me_here, found, membership = _room(request, public_id)
    if card := cards.of([found.pk]).get(found.pk):
        query = request.META.get("QUERY_STRING", "")
        return redirect(f"{card.url}?{query}" if query else card.url)
    return room_page(request, found, membership)


def room_page(
    request: HttpRequest,
    room: Room,
    membership: Membership,
    template: str = "chat/room.html",
    more: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """A page of the room's timeline, and what the script needs to go on live from there: the newest, that before
    `?before=seq`, or that around `?at=seq`. For apps above, which extend the template and give it `more`."""
    me = _me(request)
    before, at = _number(request, "before"), _number(request, "at")
    try:
        page, latest = _page(me.pk, room.pk, before, at)
    except NotReadable:
        page, latest = Slice([], 0, 0, False, True), True
    context = {**_context(me, room, membership, page, latest=latest), **(more or {})}
    context["snapshot"]["at"] = at
    context["lines"] = _with_cards(request, room, context["lines"])
    return render(request, template, context)


def _with_cards(request: HttpRequest, room: Room, shown: list[lines.Line]) -> list[lines.Line]:
    """Each name's cards are asked for once. With scripts they are fetched again when something touches them."""
    wanted: defaultdict[str, set[int]] = defaultdict(set)
    for line in shown:
        if line.card:
            wanted[line.card[0]].add(line.card[1])
    made = {name: cards.under_entries(request, room, name, ids) for name, ids in wanted.items()}
    return [
        replace(line, card_html=made[line.card[0]].get(line.card[1], "")) if line.card else line
        for line in shown
    ]


def _page(user_id: int, room_id: int, before: int | None, at: int | None) -> tuple[Slice, bool]:
    """The entries, and whether the newest are among them."""
    if before is not None or at is None:
        return timeline.before(user_id, room_id, LATEST if before is None else before, PAGE), before is None
    page = timeline.around(user_id, room_id, at, PAGE)
    last = page.rows[-1].seq if page.rows else 0
    return page, not any(row.shown for row in timeline.since(user_id, room_id, last, PAGE).rows)


def _number(request: HttpRequest, name: str) -> int | None:
    """An entry's number from the address. Fifteen digits: enough for any, and never more than PostgreSQL's bigint."""
    typed = request.GET.get(name, "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= 15 else None


def _room(request: HttpRequest, public_id: str) -> tuple[User, Room, Membership]:
    me = _me(request)
    found = get_object_or_404(Room.objects.visible_to(me), public_id=public_id)
    return me, found, Membership.objects.active().get(room=found, user=me)


def _context(me: User, room: Room, membership: Membership, page: Slice, *, latest: bool) -> dict[str, Any]:
    members = list(
        Membership.objects.active()
        .filter(room=room)
        .select_related("user")
        .order_by("joined_at")[:MEMBERS_SHOWN]
    )
    people = wire.people_of_rows(page.rows)
    ids = me.identities()
    folded = me.avoided()
    return {
        "room": room,
        "folded": folded,
        "membership": membership,
        "members": members,
        "member_count": Membership.objects.active().filter(room=room).count(),
        "lines": lines.lines(page.rows, people, ids),
        "more": page.more,
        "before": page.rows[0].seq if page.rows else None,
        "latest": latest,
        "unread_after": _first_unread(page.rows, page.read_seq, ids),
        "cid": secrets.token_urlsafe(12),
        "snapshot": {
            "room": room.public_id,
            "title": room.title,
            "epoch": installation.epoch(),
            "me": ids,
            "is_host": membership.is_host,
            "latest": latest,
            "head": page.head,
            "read": page.read_seq,
            "more": page.more,
            "items": wire.plain_items(page.rows),
            "people": people,
            "lines": lines.templates(),
            "limits": {name: limit.value for name, limit in LIMITS.items()},
            "folded": sorted(folded),
            "members": [
                {"id": m.user_id, "nickname": m.user.nickname, "role": m.role, "guest": m.user.is_guest}
                for m in members
            ],
        },
    }


def _first_unread(rows: list[Row], read_seq: int, me: list[int]) -> int | None:
    """The first entry of somebody else's behind the read position: the "new messages" line goes before it."""
    return next((r.seq for r in rows if r.seq > read_seq and _counts(r.kind) and r.sender_id not in me), None)


def _counts(kind_name: str) -> bool:
    kind = kinds.get(kind_name)
    return kind is not None and kind.counts


@login_required
@require_POST
@rate_limit(action="write")
def say(request: HttpRequest, public_id: str) -> HttpResponse:
    """Send a text without JavaScript; the form's cid makes a double post harmless."""
    me, found, _ = _room(request, public_id)
    body = request.POST.get("body", "").replace("\r\n", "\n")
    cid = request.POST.get("cid", "")
    try:
        check_body(body)
        if not (0 < len(cid) <= 64 and cid.isascii() and cid.isprintable() and " " not in cid):
            raise Refused("BAD_FRAME", "The form is broken; load the page again.")
        actions.post(user=me, room=found, cid=cid, body=body)
    except (Refused, ChatError) as error:
        _complain(request, error)
    return redirect(f"{found.get_absolute_url()}#end")


@login_required
@require_POST
@rate_limit(action="write")
def edit(request: HttpRequest, public_id: str, seq: int) -> HttpResponse:
    me, found, _ = _room(request, public_id)
    try:
        body = request.POST.get("body", "").replace("\r\n", "\n")
        check_body(body)
        cid = request.POST.get("cid") or secrets.token_urlsafe(12)
        actions.edit(user_id=me.pk, room_id=found.pk, cid=cid[:64], seq=seq, body=body)
    except (Refused, ChatError) as error:
        _complain(request, error)
    return redirect(f"{found.get_absolute_url()}#m{seq}")


@login_required
@require_POST
@rate_limit(action="write")
def delete(request: HttpRequest, public_id: str, seq: int) -> HttpResponse:
    me, found, _ = _room(request, public_id)
    try:
        actions.delete(user_id=me.pk, room_id=found.pk, cid=f"delete-{seq}", seq=seq)
    except ChatError as error:
        _complain(request, error)
    return redirect(f"{found.get_absolute_url()}#m{seq}")


def _complain(request: HttpRequest, error: Refused | ChatError) -> None:
    messages.error(request, str(error.refusal.detail) if isinstance(error, ChatError) else error.detail)
