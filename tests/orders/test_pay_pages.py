"""The board and one's own page: what each may see and do, without JavaScript and as fragments."""

from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from orders import billing, payments, seats, states
from orders.billing import FeeIn
from orders.models import Due, Payment, State
from tests.orders.room_browser import HTMX, browser, page, path, tap
from tests.orders.table import Table, fresh, head
from tests.orders.till import NUMBER, balance, claim, issue, issued, ordered


@pytest.fixture(autouse=True)
def plain(settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = False


def own(user: User) -> str:
    return f"pay/{user.pk}/"


def claimed(**more: str) -> dict[str, str]:
    return {"share_v": "1", "won": "10,340원", "way": "toss", "depositor": "", **more}


def test_before_the_first_issue_the_board_says_what_comes(table: Table) -> None:
    ordered(table)
    assert "pay/issue/" in page(table.host, table.post, "pay/")
    shown = page(table.member, table.post, "pay/")
    assert "owe-" not in shown
    assert "pay/issue/" not in shown


def test_the_board_shows_everybody_and_each_their_own_row_first(table: Table) -> None:
    issued(table)
    shown = page(table.guest, table.post, "pay/")
    assert shown.index(f'id="owe-{table.guest.pk}"') < shown.index(f'id="owe-{table.member.pk}"')
    assert "10,340원" in shown
    assert "31,000원" in shown
    assert "/confirm/" not in shown
    assert "/waive/" not in shown
    assert "/waive/" in page(table.host, table.post, own(table.member))


def test_strangers_find_nothing(table: Table) -> None:
    issued(table)
    for rest in ("pay/", "pay/shares/", "pay/issue/", "pay/account/", own(table.member), "f/board/"):
        assert browser(table.outsider).get(path(table.post, rest)).status_code == 404, rest
    answer = browser(table.guest).get(path(table.post, own(table.member)))
    assert answer["Location"].endswith(f"/pay/#owe-{table.member.pk}")
    answer = browser(table.guest).get(path(table.post, "pay/issue/"))
    assert answer.status_code == 302


def test_a_claim_goes_all_the_way(table: Table) -> None:
    issued(table)
    answer = tap(table.member, table.post, own(table.member) + "claim/", claimed(depositor="김철수"))
    assert answer.status_code == 302
    assert answer["Location"] == path(table.post, own(table.member))
    board = page(table.host, table.post, "pay/")
    assert "김철수" in board
    assert "김철수" not in page(table.guest, table.post, "pay/")
    assert "김철수" not in page(table.member, table.post, own(table.member))
    pk = str(Payment.objects.get(op="claim").pk)
    answer = tap(table.host, table.post, own(table.member) + "confirm/", {"claim": pk, "from": "board"})
    assert answer["Location"] == path(table.post, "pay/")
    assert balance(table, table.member) == 0
    assert 'data-status="settled"' in page(table.member, table.post, own(table.member))


def test_a_claim_that_is_not_found_says_why_and_can_be_made_again(table: Table) -> None:
    issued(table)
    first = claim(table, table.member)
    deed = own(table.member) + "reject/"
    answer = tap(table.host, table.post, deed, {"claim": str(first.pk), "reason": " "})
    assert answer.status_code == 400
    assert 'role="alert"' in answer.content.decode()
    tap(table.host, table.post, deed, {"claim": str(first.pk), "reason": "입금이 없어요"})
    shown = page(table.member, table.post, own(table.member))
    assert "입금이 없어요" in shown
    assert 'id="claim"' in shown
    assert "입금이 없어요" not in page(table.guest, table.post, "pay/")
    tap(table.member, table.post, own(table.member) + "claim/", claimed())
    assert Due.objects.get(user=table.member).claim_id != first.pk


def test_a_double_tap_is_one_claim(table: Table) -> None:
    issued(table)
    form = claimed(key="8d2f6c1e-55f6-4f0d-9f0a-5f1f6f0b6a11")
    for _tap in range(2):
        tap(table.member, table.post, own(table.member) + "claim/", form)
    assert Payment.objects.filter(op="claim").count() == 1


@pytest.mark.parametrize(
    ("typed", "code"),
    [({"won": "0"}, "claim-wrong"), ({"won": "많이"}, "claim-wrong"), ({"way": "magic"}, 'role="alert"')],
)
def test_what_is_refused_stands_at_its_field_and_what_was_typed_stays(
    table: Table, typed: dict[str, str], code: str
) -> None:
    issued(table)
    before = head(table.post)
    sent = claimed(depositor="김철수") | typed
    answer = tap(table.member, table.post, own(table.member) + "claim/", sent, **HTMX)
    shown = answer.content.decode()
    assert answer.status_code == 400
    assert answer["X-Fragment"] == "pay"
    assert code in shown
    assert "김철수" in shown
    assert head(table.post) == before


def test_a_stale_claim_says_what_changed_and_keeps_what_was_typed(table: Table) -> None:
    issued(table)
    issue_again(table)
    sent = claimed(depositor="김철수", won="9,999")
    answer = tap(table.member, table.post, own(table.member) + "claim/", sent)
    shown = answer.content.decode()
    assert answer.status_code == 409
    assert "김철수" in shown
    assert "9,999" in shown
    assert not Payment.objects.exists()


def issue_again(table: Table) -> None:
    billing.edit_bill(by=table.host, post=fresh(table.post), fees=[FeeIn(7_000)])
    issue(table)


def test_only_the_host_decides_and_nobody_claims_for_another(table: Table) -> None:
    issued(table)
    made = claim(table, table.member)
    before = head(table.post)
    for user, deed in (
        (table.guest, "claim"),
        (table.host, "claim"),
        (table.guest, "confirm"),
        (table.member, "confirm"),
        (table.member, "waive"),
        (table.outsider, "waive"),
    ):
        form = {"claim": str(made.pk), **claimed()}
        answer = tap(user, table.post, own(table.member) + f"{deed}/", form)
        assert answer.status_code == 404, (user, deed)
    assert browser(table.host).get(path(table.post, own(table.member) + "waive/")).status_code == 405
    assert tap(table.host, table.post, own(table.member) + "steal/").status_code == 404
    assert head(table.post) == before


def test_letting_go_and_sending_back(table: Table) -> None:
    issued(table)
    tap(table.host, table.post, own(table.guest) + "waive/")
    assert balance(table, table.guest) == 0
    assert 'data-status="waived"' in page(table.guest, table.post, own(table.guest))
    made = claim(table, table.member, won=12_340)
    payments.confirm(by=table.host, post=table.post, claim=made.pk)
    assert 'data-status="refund_due"' in page(table.host, table.post, "pay/")
    tap(table.host, table.post, own(table.member) + "refund/", {"way": "toss"})
    shown = page(table.member, table.post, own(table.member))
    assert 'data-status="refund_sent"' in shown
    refund = str(Due.objects.get(user=table.member).refund_id)
    tap(table.member, table.post, own(table.member) + "got/", {"refund": refund})
    assert balance(table, table.member) == 0


def test_who_has_left_and_owes_still_sees_their_own_page_and_nothing_else(table: Table) -> None:
    issued(table)
    made = claim(table, table.member)
    payments.confirm(by=table.host, post=table.post, claim=made.pk)
    seats.ask_leave(user=table.member, post=table.post)
    seats.answer_leave(by=table.host, post=table.post, user=table.member, yes=True)
    issue_again(table)
    assert balance(table, table.member) > 0
    for rest in ("pay/shares/", "pay/issue/", "f/board/", ""):
        assert browser(table.member).get(path(table.post, rest)).status_code == 404
    shown = page(table.member, table.post, own(table.member))
    assert 'data-status="due"' in shown
    assert "pay-data" not in shown
    assert NUMBER in page(table.member, table.post, "pay/account/")
    sent = tap(table.member, table.post, own(table.member) + "claim/", claimed(share_v="2", won="1000"))
    assert sent.status_code == 302
    answer = browser(table.member).get(path(table.post, "pay/"))
    assert answer["Location"] == path(table.post, own(table.member))


def test_fragments_are_the_changing_part_alone(table: Table) -> None:
    issued(table)
    for rest in ("pay/", "pay/shares/", "f/board/", own(table.member)):
        shown = page(table.member, table.post, rest, **HTMX)
        assert shown.lstrip().startswith('<div id="pay"'), rest
        assert "<html" not in shown
    whole = page(table.member, table.post, "pay/")
    assert "pay-data" in whole


@pytest.mark.parametrize(("rest", "most"), [("pay/", 13), ("pay/shares/", 10)])
def test_more_people_ask_no_more_queries(table: Table, rest: str, most: int) -> None:
    issued(table)
    client = browser(table.host)

    def asked() -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path(table.post, rest)).status_code == 200
        return [each["sql"] for each in captured]

    asked()
    few = asked()
    claim(table, table.member, depositor="김철수")
    claim(table, table.guest, depositor="손님")
    more = asked()
    assert len(more) <= len(few) + (rest == "pay/"), "\n".join(more)  # the names on transfers
    assert len(more) <= most, "\n".join(more)


def test_the_shares_page_adds_up(table: Table) -> None:
    version = issued(table)
    shown = page(table.member, table.post, "pay/shares/")
    assert 'id="works-sum">31,000원' in shown
    assert shown.count('class="work"') == 3
    assert "10,333.33원" in shown
    assert "31,000 ÷ 3" in shown
    assert version.total == 31_000


def test_a_new_version_shows_each_difference(table: Table) -> None:
    issued(table)
    assert 'id="differences"' not in page(table.member, table.post, "pay/shares/")
    issue_again(table)
    shown = page(table.member, table.post, "pay/shares/")
    assert 'id="differences"' in shown
    assert "10,340원 → <b>11,330원</b>" in shown or "10,340원 → <b>11,340원</b>" in shown


def test_once_settled_the_order_is_done_and_the_board_says_so(table: Table) -> None:
    issued(table)
    states.arrive(by=table.host, post=table.post)
    for user in (table.member, table.guest):
        made = claim(table, user)
        payments.confirm(by=table.host, post=table.post, claim=made.pk)
    assert fresh(table.post).state == State.DONE
    shown = page(table.member, table.post, "pay/")
    assert "is-reached" in shown


def card(user: User, table: Table, version: int = 1) -> str:
    return page(user, table.post, f"f/card/shares/{version}/", **HTMX)


def test_the_card_in_the_talk_shows_my_part_as_it_stands_now(table: Table) -> None:
    issued(table)
    assert 'data-status="due"' in card(table.member, table)
    assert "10,340원" in card(table.member, table)
    claim(table, table.member)
    assert 'data-status="claimed"' in card(table.member, table)
    assert "data-card-form" not in card(table.guest, table)
    shown = card(table.host, table)
    assert shown.count("data-card-form") == 1
    issue_again(table)
    assert "10,340원" not in card(table.member, table)
    assert browser(table.host).get(path(table.post, "f/card/shares/9/")).status_code == 404
    assert 'class="money-card"' in page(table.guest, table.post)  # without scripts, too


def test_a_claim_is_confirmed_on_the_card(table: Table) -> None:
    issued(table)
    made = claim(table, table.member)
    form = {"claim": str(made.pk), "from": "card-1"}
    for _tap in range(2):
        answer = tap(table.host, table.post, own(table.member) + "confirm/", form, **HTMX)
        assert (answer.status_code, answer["X-Fragment"]) == (200, "card")
        assert "data-card-form" not in answer.content.decode()
    assert balance(table, table.member) == 0
    payments_of = Payment.objects.filter(op="confirm")
    assert payments_of.count() == 1
    answer = tap(table.host, table.post, own(table.member) + "confirm/", form | {"claim": "999"}, **HTMX)
    assert answer.status_code == 404
    assert answer["X-Fragment"] == "card"
    assert 'role="alert"' in answer.content.decode()
    assert tap(table.host, table.post, own(table.member) + "confirm/", form).status_code == 302


@pytest.mark.parametrize("rest", ["export.csv", "pay/export.csv"])
def test_exports_are_taken_ten_times_a_minute_at_most(table: Table, rest: str) -> None:
    issued(table)
    cache.clear()
    client = browser(table.member)
    answers = [client.get(path(table.post, rest)).status_code for _ in range(11)]
    assert answers == [200] * 10 + [429]
