"""A room's timeline to take along: what one reader may read, with the order's state. As CSV for a spreadsheet, as JSON.

Read page by page, up to the head of the beginning, at most ENTRIES_MAX entries. Entries hold no secrets; the private
note about the place is left out.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec
from django.utils import timezone

from accounts.models import User
from chat import lines, timeline, wire
from chat.timeline import NotReadable, Row
from orders import sheet
from orders.models import Post

PAGE: Final = 500
ENTRIES_MAX: Final = 100_000  # the oldest; `truncated` says that there are more
BOM: Final = "\ufeff"  # Excel takes a file without it for another encoding
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")  # https://owasp.org/www-community/attacks/CSV_Injection
COLUMNS: Final = ("no", "time", "kind", "who", "text")
FIELDS: Final = (
    "state", "shop", "category", "place", "meeting_at", "deadline_at", "min_people", "capacity", "seats_taken",
    "min_order_won", "fee_tiers", "cancel_reason", "post_v", "cart_v", "share_v",
)  # fmt: skip


def as_csv(post: Post, user: User) -> Iterator[str]:
    """In chunks of a page. Times in the service's zone."""
    yield BOM + written([COLUMNS])
    for rows, people in _pages(post, user):
        yield written([_cells(line) for line in lines.lines(rows, people, user.identities())])


def as_json(post: Post, user: User) -> Iterator[str]:
    """{"post": …, "cart": […], "entries": […], "people": {id: nickname}, "truncated": bool}, in chunks of a page."""
    yield f'{{"post": {_json(_post(post))},\n"cart": {_json(_cart(post))},\n"entries": ['
    names: dict[str, str] = {}
    before, count = "", 0
    for rows, people in _pages(post, user):
        names |= people
        for row in rows:
            yield f"{before}\n{_json(_entry(row, people))}"
            before = ","
        count += len(rows)
    yield f'],\n"people": {_json(dict(sorted(names.items())))},\n"truncated": {_json(count >= ENTRIES_MAX)}}}\n'


def _pages(post: Post, user: User) -> Iterator[tuple[list[Row], dict[str, str]]]:
    """Shown entries in order, in their present state, with their people's names."""
    seq, left, head = 0, ENTRIES_MAX, None
    while left > 0:
        try:
            found = timeline.since(user.pk, post.room_id, seq, PAGE)
        except NotReadable:
            return
        head = found.head if head is None else head
        rows = [row for row in found.rows if row.shown and row.seq <= head][:left]
        if rows:
            left -= len(rows)
            yield rows, wire.people_of_rows(rows)
        if not found.more or not found.rows or found.rows[-1].seq >= head:
            return
        seq = found.rows[-1].seq


def written(rows: Iterable[Iterable[Any]]) -> str:
    """Rows as CSV, formulas as text."""
    out = io.StringIO()
    csv.writer(out).writerows([[_safe(cell) for cell in row] for row in rows])
    return out.getvalue()


def _safe(cell: Any) -> str:
    """What a spreadsheet would take for a formula is text."""
    text = str(cell)
    return f"'{text}" if text.lstrip().startswith(FORMULA) or text.startswith(FORMULA) else text


def _cells(line: lines.Line) -> tuple[Any, ...]:
    at = timezone.localtime(line.at).strftime("%Y-%m-%d %H:%M:%S")
    return line.seq, at, line.kind, "" if line.system else line.name, line.text if line.system else line.body


def _entry(row: Row, people: dict[str, str]) -> dict[str, Any]:
    data = msgspec.json.decode(row.data)
    told = {"text": lines.sentence(row.kind, data, people, row.sender_id)} if row.kind != "text" else {}
    return {
        "seq": row.seq,
        "at": row.at,
        "kind": row.kind,
        "sender": row.sender_id,
        "rev": row.rev,
        "data": data,
        **told,
    }


def _post(post: Post) -> dict[str, Any]:
    fields = {name: _plain(getattr(post, name)) for name in FIELDS}
    return {"id": post.public_id, "title": post.title, "host": post.host_id, **fields}


def _cart(post: Post) -> list[dict[str, Any]]:
    return [
        {
            "id": row.item.pk,
            "owner": row.item.owner_id,
            "name": row.item.name,
            "options": row.item.options,
            "note": row.item.note,
            "unit_won": row.item.unit_won,
            "qty": row.item.qty,
            "actual_unit_won": row.item.actual_unit_won,
            "actual_qty": row.item.actual_qty,
            "shared": row.item.shared,
            "pending": row.item.pending,
            "sharers": [{"user": user, "weight": weight} for user, weight in row.parts.items()],
        }
        for row in sheet.read(post).rows
    ]


def _plain(value: Any) -> Any:
    return wire.wire_time(value) if hasattr(value, "isoformat") else value


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
