"""What cannot be asked, or voted for, in a poll: each bound with its code."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import event, given
from hypothesis import strategies as st

from orders import ballots, bounds, polls, posts
from orders.errors import OrderError
from tests.orders.table import Table, refused, values
from tests.orders.test_polls import PLACES, apply, ask


@pytest.mark.parametrize(
    ("code", "field", "options", "more"),
    [
        ("OPTIONS", "place", ["정문"], {}),
        ("OPTIONS", "place", ["정문", " 정문 "], {}),
        ("OPTIONS", "place", ["Gate", "gate"], {}),
        ("OPTIONS", "place", [str(n) for n in range(bounds.OPTIONS_MAX + 1)], {}),
        ("OPTIONS", "place", ["x"] * 1_000, {}),
        ("OPTIONS", "meeting_at", ["18:30", "19:00"], {}),
        ("OPTIONS", "", [timezone.now(), "x"], {}),
        ("FIELD_TOO_LONG", "", ["x" * (bounds.OPTION_MAX + 1), "y"], {}),
        ("FIELD_EMPTY", "", ["a", "b"], {"question": " "}),
        ("FIELD_TOO_LONG", "", ["a", "b"], {"question": "x" * (bounds.QUESTION_MAX + 1)}),
        ("POLL_FIELD", "capacity", ["3", "4"], {}),
        ("MEETING_PAST", "meeting_at", [timezone.now() - timedelta(days=1), timezone.now()], {}),
        ("CLOSING", "place", PLACES, {"closes_at": timezone.now() - timedelta(minutes=1)}),
        ("CLOSING", "place", PLACES, {"closes_at": timezone.now() + timedelta(days=8)}),
    ],
)
def test_what_cannot_be_asked(table: Table, code: str, field: str, options: Any, more: Any) -> None:
    given_now = {"question": "" if field else "음료?", **more}
    with refused(code, table.post):
        polls.open_poll(by=table.member, post=table.post, field=field, options=options, **given_now)


def test_a_room_has_room_for_so_many_polls(table: Table) -> None:
    for n in range(bounds.POLLS_OPEN_MAX):
        ask(table, "", ["a", "b"], question=f"{n}?")
    with refused("TOO_MANY_POLLS", table.post):
        ask(table, "", ["a", "b"])


def test_a_poll_of_another_room_is_not_here(table: Table) -> None:
    other = posts.create_post(user=table.outsider, **values())
    theirs = polls.open_poll(by=table.outsider, post=other, field="place", options=PLACES)
    for verb in (
        lambda: polls.vote(user=table.host, post=table.post, poll=theirs.pk, choice=0),
        lambda: polls.close_poll(by=table.host, post=table.post, poll=theirs.pk),
        lambda: apply(table, theirs),
    ):
        with refused("NO_POLL", table.post):
            verb()


@pytest.mark.parametrize("choice", [-1, 3, 2**40, True, "0", 1.0])
def test_no_such_option(table: Table, choice: Any) -> None:
    poll = ask(table)
    with refused("NO_OPTION", table.post):
        polls.vote(user=table.member, post=table.post, poll=poll.pk, choice=choice)


@given(st.lists(st.text(max_size=200) | st.none(), max_size=30))
def test_whatever_is_typed_is_options_or_refused(typed: list[Any]) -> None:
    try:
        texts = ballots.clean_options("place", [each or "" for each in typed], timezone.now())
    except OrderError as error:
        event(error.code)
        texts = []
    if texts:
        assert bounds.OPTIONS_MIN <= len(texts) <= bounds.OPTIONS_MAX
        assert len({text.casefold() for text in texts}) == len(texts)
