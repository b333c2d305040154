"""What each would owe, before shares are issued."""

import pytest
from django.utils import translation

from orders import cart, sheet
from orders.estimates import Estimate, estimates
from orders.models import State
from orders.step_words import _WORDS, place, words
from orders.steps import Facts, next_step
from tests.orders.table import Table, dish, fresh


def of(table: Table) -> dict[str, Estimate]:
    post = fresh(table.post)
    found = estimates(sheet.read(post), post.host_id)
    names = {table.host.pk: "host", table.member.pk: "member", table.guest.pk: "guest"}
    return {names[user]: each for user, each in found.items()}


def test_a_shared_dish_and_the_fee_are_split_and_rounded_once(table: Table) -> None:
    item = dish(table.host, table.post, unit_won=19_000, shared=True)
    cart.join_item(user=table.member, post=table.post, item=item.pk)
    cart.join_item(user=table.guest, post=table.post, item=item.pk)
    assert of(table) == dict.fromkeys(("host", "member", "guest"), Estimate(6_333, 1_333, 7_667))


def test_weights_count_and_who_sits_out_pays_nothing(table: Table) -> None:
    item = dish(table.host, table.post, unit_won=9_000, shared=True)
    cart.join_item(user=table.member, post=table.post, item=item.pk, weight=2)
    cart.sit_out(by=table.guest, post=table.post)
    assert of(table) == {
        "host": Estimate(3_000, 2_000, 5_000),
        "member": Estimate(6_000, 2_000, 8_000),
        "guest": Estimate(0, 0, 0),
    }


def test_what_the_host_added_for_another_is_the_host_s_until_accepted(table: Table) -> None:
    item = dish(table.host, table.post, unit_won=9_000, owner=table.member)
    assert (of(table)["host"].food, of(table)["member"].food) == (9_000, 0)
    cart.accept_item(user=table.member, post=table.post, item=item.pk)
    assert (of(table)["host"].food, of(table)["member"].food) == (0, 9_000)


def test_an_unknown_fee_is_left_out(table: Table) -> None:
    table.post.fee_tiers = []
    table.post.save()
    dish(table.host, table.post, unit_won=9_000)
    assert of(table)["host"] == Estimate(9_000, None, 9_000)


def test_an_empty_cart_costs_nothing(table: Table) -> None:
    assert {each.total for each in of(table).values()} == {0}


# --- the next step in words -----------------------------------------------------------------------------------


@pytest.mark.parametrize("state", State.values)
def test_every_next_step_has_words_in_both_languages(state: str) -> None:
    flags = (
        "host",
        "guest",
        "offered",
        "waits",
        "free",
        "chosen",
        "pending",
        "confirmed",
        "past_deadline",
        "revivable",
    )
    for bits in range(2 ** len(flags)):
        chosen = {name: bool(bits >> n & 1) for n, name in enumerate(flags)}
        for counts in (
            {},
            {"unchosen": 2, "unconfirmed": 1, "missing_won": 12_000, "dishes": 1, "share_v": 1},
        ):
            for member in (True, False):
                step = next_step(Facts(state=state, member=member, **chosen, **counts))
                for language in ("ko", "en"):
                    with translation.override(language):
                        told = words(step)
                        assert told
                        assert "{" not in told
                assert place(step) in {"", "add", "mine", "table", "deeds"}


def test_words_are_translated() -> None:
    for code, sentence in _WORDS.items():
        with translation.override("ko"):
            korean = str(sentence)
        with translation.override("en"):
            assert korean != str(sentence), code
