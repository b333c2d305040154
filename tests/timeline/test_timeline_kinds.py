"""The registry of kinds, and lines that are made of data when they are shown."""

from collections.abc import Iterator

import msgspec
import pytest
from django.utils import translation

from chat import kinds, lines, room_kinds
from chat.kinds import Kind


class Cart(msgspec.Struct):
    by: int
    what: str


@pytest.fixture
def cart(monkeypatch: pytest.MonkeyPatch) -> Iterator[Kind]:
    monkeypatch.setattr(kinds, "_kinds", dict(kinds._kinds))
    return kinds.register(Kind("cart.added", Cart, people=("by",), lines={"": "{by} added {what}"}))


def test_a_name_is_taken_once(cart: Kind) -> None:
    assert kinds.get("cart.added") is cart
    with pytest.raises(ValueError, match=r"cart\.added is registered twice"):
        kinds.register(cart)
    assert kinds.get("cart.removed") is None


def test_a_kind_encodes_its_own_struct_only(cart: Kind) -> None:
    assert cart.encode(Cart(1, "김밥")) == '{"by":1,"what":"김밥"}'.encode()
    with pytest.raises(TypeError, match=r"cart\.added takes Cart, not Text"):
        cart.encode(room_kinds.Text("김밥"))


def test_people_are_found_by_their_fields(cart: Kind) -> None:
    assert kinds.people_in("cart.added", {"by": 7, "what": "8"}) == [7]
    assert kinds.people_in("cart.added", {"by": None}) == []
    assert kinds.people_in("unknown", {"by": 7}) == []


def test_a_line_is_told_in_the_readers_language() -> None:
    data = {"user": 1, "by": 2, "reason": "removed"}
    people = {"1": "철수", "2": "짱구"}
    with translation.override("en"):
        assert lines.sentence("room.left", data, people) == "짱구 removed 철수"
        assert lines.sentence("room.left", {**data, "reason": "left"}, people) == "철수 left"
        assert lines.sentence("room.left", data, {}) == "Somebody removed Somebody"
    with translation.override("ko"):
        korean = lines.sentence("room.left", data, people)
    assert "철수" in korean
    assert "짱구" in korean


def test_a_kind_that_is_not_here_has_a_line_too() -> None:
    with translation.override("en"):
        assert lines.sentence("orders.paid", {}, {}) == str(lines.UNKNOWN)


def test_what_somebody_wrote_is_not_taken_for_a_placeholder() -> None:
    people = {"1": "{after}"}
    with translation.override("en"):
        told = lines.sentence("room.renamed", {"before": "{after}", "after": "{before}"}, people)
    assert told == "The room is called {before} now"


def test_only_texts_count_as_unread_and_changes_are_no_lines() -> None:
    assert {k.name for k in kinds.all_kinds() if k.counts and k.name in OURS} == {"text"}
    assert {k.name for k in kinds.all_kinds() if not k.shown and k.name in OURS} == {"edit", "delete"}
    assert {k.name for k in kinds.all_kinds() if k.ends} >= {"room.left", "room.merged"}
    assert all(k.lines for k in kinds.all_kinds() if k.shown and k.name != "text")


OURS = {
    "text", "edit", "delete", "room.created", "room.joined", "room.left", "room.host", "room.merged", "room.renamed",
}  # fmt: skip
