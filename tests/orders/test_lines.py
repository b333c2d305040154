"""Entries of orders as words. static/js/lines.js makes the same of tests/orders/lines.json
(tests/js/order-lines.test.mjs)."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.utils import translation

from chat import kinds, lines
from orders import kinds as orders_kinds
from orders import money_kinds, poll_kinds

EXAMPLES = json.loads(Path(__file__).with_name("lines.json").read_text())
MODULES = (orders_kinds, poll_kinds, money_kinds)
ALL = [getattr(module, name) for module in MODULES for name in dir(module) if name.startswith("ORDER_")]


@pytest.mark.parametrize("example", EXAMPLES["entries"], ids=lambda e: e["kind"] + "·" + e["ko"][:20])
@pytest.mark.parametrize("language", ["ko", "en"])
def test_an_entry_reads_as(example: dict[str, Any], language: str) -> None:
    with translation.override(language):
        told = lines.sentence(example["kind"], example["data"], EXAMPLES["people"], example["sender"])
    assert told == example[language]


def test_the_page_s_patterns_are_those_that_javascript_is_tested_with() -> None:
    """`python -m tests.orders.lines_anew` writes them anew."""
    assert patterns() == EXAMPLES["patterns"]


def patterns() -> dict[str, dict[str, Any]]:
    """Of the kinds of orders, by language, as JSON."""
    found = {}
    for language in ("ko", "en"):
        with translation.override(language):
            ordered = {key: value for key, value in lines.templates().items() if key.startswith("order.")}
            found[language] = json.loads(json.dumps(ordered))
    return found


def test_every_line_is_translated_and_names_what_the_data_has() -> None:
    for kind in ALL:
        known = set(msgspec.json.schema_components([kind.struct])[1][kind.struct.__name__]["properties"])
        for variant, line in kind.lines.items():
            with translation.override("ko"):
                korean = str(line)
            with translation.override("en"):
                english = str(line)
            assert korean != english, (kind.name, variant)
            for text in (korean, english):
                for path, form in lines._PLACEHOLDER.findall(text):
                    assert path.split(".")[0] in known | {"sender"}, (kind.name, path)
                    assert form in {"", "won", "when"}


def test_what_counts_as_unread_is_posts_states_shares_and_polls_opened() -> None:
    assert {kind.name for kind in ALL if kind.counts} == {
        "order.post", "order.state", "order.poll", "order.shares",
    }  # fmt: skip
    assert {kind.name for kind in ALL} == {
        "order.post", "order.state", "order.seat", "order.cart", "order.confirm", "order.arrival", "order.notice",
        "order.poll", "order.vote", "order.shares", "order.payment",
    }  # fmt: skip


def test_people_in_nested_data_are_found() -> None:
    assert kinds.people_in("order.cart", {"for": 3, "item": {"owner": 2}}) == [3, 2]
    assert kinds.people_in("order.state", {"who": [4, 5]}) == [4, 5]
    assert kinds.people_in("order.notice", {"args": {"users": [6]}}) == [6]
    assert kinds.people_in("order.cart", {"for": None, "item": None}) == []
