"""The host's bill: saved as often as one likes, looked at, told to everybody once it is what they saw."""

from typing import Any

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from orders.errors import OrderError
from orders.models import Due, Item, Post, ShareVersion
from orders.views.pay import bill_form
from tests.orders.room_browser import HTMX, browser, page, path, tap
from tests.orders.table import Table, entries, fresh, head
from tests.orders.till import issued, ordered

BILL = "pay/issue/"


@pytest.fixture(autouse=True)
def plain(settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = False


def bill(post: Post, **more: Any) -> dict[str, Any]:
    """The form as the page shows it, with what is typed over."""
    post = fresh(post)
    form: dict[str, Any] = {"share_v": post.share_v, "cart_v": post.cart_v, "do": "save", "receipt": ""}
    for item in post.items.all():
        form[f"was-{item.pk}"] = f"{item.real_unit_won},{item.real_qty}"
        form[f"unit-{item.pk}"] = f"{item.real_unit_won:,}"
        form[f"qty-{item.pk}"] = str(item.real_qty)
    rows = {"fee_label": ["", ""], "fee_won": ["3,000원", ""], "fee_kind": ["EQUAL", "EQUAL"]}
    return form | rows | more


def seen(shown: str) -> str:
    """What the page says each would pay."""
    return shown.split('name="seen" value="')[1].split('"')[0]


def first(post: Post) -> Item:
    found = post.items.order_by("pk").first()
    assert found is not None
    return found


def test_the_page_begins_with_what_was_ordered_and_the_expected_fee(table: Table) -> None:
    post = ordered(table)
    shown = page(table.host, post, BILL)
    assert 'id="preview-total">27,000원' in shown  # 27,000 won of dishes: delivery is free
    assert f'name="unit-{first(post).pk}" value="9000"' in shown
    assert 'name="unit" value="10" checked' in shown


def test_saved_and_looked_at_and_told(table: Table) -> None:
    post = ordered(table)
    before = head(post)
    answer = tap(table.host, post, BILL, bill(post))
    assert answer["Location"].endswith("/pay/issue/#preview")
    assert head(post) == before
    shown = page(table.host, post, BILL)
    assert 'id="preview-total">30,000원' in shown
    answer = tap(table.host, post, BILL, bill(post, do="issue", seen=seen(shown), unit="10"))
    assert answer["Location"] == path(post, "pay/")
    assert [each["total"] for each in entries(post, "order.shares")] == [30_000]
    assert {due.balance for due in Due.objects.all()} == {10_000}
    tap(table.host, post, BILL, bill(post, do="issue", seen=seen(shown), unit="10", share_v=0))
    assert ShareVersion.objects.count() == 1  # a double tap


def test_what_was_typed_but_not_looked_at_is_shown_before_anybody_is_told(table: Table) -> None:
    post = ordered(table)
    shown = page(table.host, post, BILL)
    form = bill(post, do="issue", seen=seen(shown), unit="10", **{f"unit-{first(post).pk}": "12,000"})
    answer = tap(table.host, post, BILL, form)
    assert answer.status_code == 409
    assert not ShareVersion.objects.exists()
    again = answer.content.decode()
    assert 'id="preview-total">33,000원' in again
    assert 'value="12000"' in again
    tap(table.host, post, BILL, bill(post, do="issue", seen=seen(again), unit="10"))
    assert ShareVersion.objects.get().total == 33_000


def test_sold_out_in_one_tap_and_there_after_all(table: Table) -> None:
    post = ordered(table)
    item = first(post)
    shown = tap(table.host, post, BILL, bill(post, sold=item.pk), **HTMX).content.decode()
    item.refresh_from_db()
    assert item.is_sold_out
    assert f'name="back" value="{item.pk}"' in shown
    tap(table.host, post, BILL, bill(post, back=item.pk))
    item.refresh_from_db()
    assert (item.actual_qty, item.actual_unit_won) == (None, None)
    assert [each["scope"] for each in entries(post, "order.cart")][-2:] == ["sold_out", "actual"]


def test_the_gap_to_the_receipt_is_said_and_booked_in_one_tap(table: Table) -> None:
    post = ordered(table)
    tap(table.host, post, BILL, bill(post, receipt="30,300"))
    shown = page(table.host, post, BILL)
    assert 'id="gap"' in shown
    assert "300원" in shown
    tap(table.host, post, BILL, bill(post, receipt="30,300", do="issue", seen=seen(shown), unit="1"))
    version = ShareVersion.objects.get()
    assert (version.total, version.receipt_won) == (30_300, 30_300)
    assert sum(share.won for share in version.shares.all()) == 30_300


def test_coupons_of_all_and_of_one(table: Table) -> None:
    post = ordered(table)
    rows = {
        "discount_label": ["배달앱 쿠폰", "", ""],
        "discount_won": ["3,000", "2000", ""],
        "discount_kind": ["FOOD", f"PERSONAL:{table.member.pk}", "FOOD"],
    }
    tap(table.host, post, BILL, bill(post, **rows))
    shown = page(table.host, post, BILL)
    assert 'id="preview-total">25,000원' in shown
    assert f'value="PERSONAL:{table.member.pk}" selected' in shown
    assert f'data-user="{table.member.pk}" data-won="7000"' in shown


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"receipt": "많이"}, "receipt-wrong"),
        ({"fee_won": ["x", ""]}, "field-error"),
        ({"fee_won": ["1000001", ""]}, "field-error"),
        ({"fee_kind": ["SQUARE", "EQUAL"]}, "field-error"),
        (
            {"discount_won": ["5"], "discount_label": ["x"], "discount_kind": ["PERSONAL:999999"]},
            "field-error",
        ),
    ],
)
def test_what_is_refused_changes_nothing_and_stands_as_typed(
    table: Table, typed: dict[str, Any], field: str
) -> None:
    post = ordered(table)
    item = first(post)
    before = head(post)
    answer = tap(table.host, post, BILL, bill(post, **{f"unit-{item.pk}": "7,777"}, **typed))
    shown = answer.content.decode()
    assert answer.status_code >= 400
    assert field in shown
    assert "7,777" in shown
    item.refresh_from_db()
    assert item.actual_unit_won is None
    assert head(post) == before


def test_another_tab_is_not_overwritten(table: Table) -> None:
    post = ordered(table)
    item = first(post)
    stale = bill(post)
    tap(table.host, post, BILL, bill(post, **{f"unit-{item.pk}": "8,000"}))
    tap(table.host, post, BILL, stale)
    item.refresh_from_db()
    assert item.actual_unit_won == 8_000


def test_the_unit_is_chosen_once(table: Table) -> None:
    post = ordered(table)
    answer = tap(table.host, post, BILL, bill(post, unit="100"))
    assert "unit=100" in answer["Location"]
    issued_ = issued_with(table, "100")
    assert issued_.unit == 100
    assert 'name="unit"' not in page(table.host, post, BILL)


def issued_with(table: Table, unit: str) -> ShareVersion:
    shown = page(table.host, table.post, f"{BILL}?unit={unit}")
    tap(table.host, table.post, BILL, bill(table.post, do="issue", seen=seen(shown), unit=unit))
    return ShareVersion.objects.get()


def test_only_the_host_writes_the_bill_and_only_once_it_is_ordered(table: Table) -> None:
    assert browser(table.host).get(path(table.post, BILL))["Location"] == path(table.post, "pay/")
    post = ordered(table)
    before = head(post)
    assert tap(table.member, post, BILL, bill(post, do="issue"))["Location"] == path(post, "pay/")
    assert head(post) == before


def test_a_new_version_over_an_old_page_is_looked_at_again(table: Table) -> None:
    issued(table)
    post = fresh(table.post)
    shown = page(table.host, post, BILL)
    form = bill(post, do="issue", seen=seen(shown), share_v=0, fee_won=["5,000", ""])
    answer = tap(table.host, post, BILL, form)
    assert answer.status_code == 409
    assert ShareVersion.objects.count() == 1


WORDS = st.text(max_size=12) | st.from_regex(r"[0-9,]{0,12}원?", fullmatch=True)


@given(
    st.lists(
        st.tuples(WORDS, WORDS, st.sampled_from(["EQUAL", "FOOD", "PERSONAL:3", "PERSONAL:x", "", ":"]))
    ),
    WORDS,
)
def test_any_rows_are_whole_won_or_refused_by_name(rows: list[tuple[str, str, str]], receipt: str) -> None:
    form = QueryDict(mutable=True)
    for name, column in zip(("label", "won", "kind"), zip(*rows, strict=True), strict=False):
        form.setlist(f"x_{name}", list(column))
    form["receipt"] = receipt
    typed = bill_form.typed_rows(form, "x")
    assert len(typed) <= bill_form.ROWS_MAX
    try:
        found = [
            *(each.won for each in bill_form.fees(typed)),
            *(each.won for each in bill_form.discounts(typed)),
            bill_form.receipt(form) or 0,
        ]
    except OrderError as error:
        assert error.code == "WON"  # noqa: PT017  what is not refused is looked at below
        return
    assert all(type(won) is int and won >= 0 for won in found)
