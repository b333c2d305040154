"""Who gets to see a host's account: whoever has something to send, while they have."""

from base64 import urlsafe_b64encode
from typing import Any

import pytest
from django.core.cache import cache

from accounts.models import User
from chat.models import Entry
from orders import export, pay_accounts, payments
from orders.models import PayAccount
from tests.orders.room_browser import HTMX, browser, page, path, tap
from tests.orders.table import Table
from tests.orders.till import NUMBER, claim, issue, issued, ordered

ACCOUNT = "pay/account/"
FORM = {"bank": "088", "number": "110-123-456789", "holder": "노진구", "link": ""}


@pytest.fixture(autouse=True)
def plain(settings: Any, db: None) -> None:
    settings.SECURE_SSL_REDIRECT = False
    cache.clear()


def look(user: User, table: Table, **more: Any) -> Any:
    return browser(user).get(path(table.post, ACCOUNT), **more)


def test_who_owes_sees_it_uncached_with_a_link_of_the_servers_own(table: Table) -> None:
    issued(table)
    answer = look(table.member, table, **HTMX)
    shown = answer.content.decode()
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert NUMBER in shown
    assert "노진구" in shown
    assert f"accountNo={NUMBER}&amp;amount=10340&amp;origin=qr" in shown
    assert 'src="data:image/svg+xml' in shown
    assert "default-src 'self'" in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert "img-src 'self' data:" in answer["Content-Security-Policy"]


def test_nobody_sees_it_before_they_owe_or_after(table: Table) -> None:
    ordered(table)
    for user in (table.member, table.guest):
        answer = look(user, table)
        assert answer.status_code == 403
        assert NUMBER not in answer.content.decode()
    issue(table)
    made = claim(table, table.member)
    assert NUMBER in look(table.member, table).content.decode()
    payments.confirm(by=table.host, post=table.post, claim=made.pk)
    after = look(table.member, table).content.decode()
    assert NUMBER not in after
    assert "•5678" in after
    assert NUMBER in look(table.guest, table).content.decode()


def test_no_other_page_entry_or_export_has_it(table: Table) -> None:
    issued(table)
    for user in (table.host, table.member):
        for rest in ("pay/", "pay/shares/", f"pay/{table.member.pk}/", "order/", "", "f/facts/"):
            assert NUMBER not in page(user, table.post, rest), rest
    for written in (export.as_csv(table.post, table.member), export.as_json(table.post, table.member)):
        text = "".join(written)
        assert "order.shares" in text
        assert NUMBER not in text
    assert not any(NUMBER in str(entry.data) for entry in Entry.objects.filter(room_id=table.post.pk))
    assert NUMBER not in look(table.host, table).content.decode()


def test_the_host_keeps_changes_and_deletes_it(table: Table) -> None:
    assert tap(table.host, table.post, ACCOUNT, FORM).status_code == 302
    shown = look(table.host, table).content.decode()
    assert "•6789" in shown
    assert "110123456789" not in shown
    tap(table.host, table.post, ACCOUNT, FORM | {"link": "https://toss.me/rualone"})
    found = pay_accounts.opened(table.host.pk)
    assert found is not None
    assert found.link == "https://toss.me/rualone"
    tap(table.host, table.post, ACCOUNT, {"forget": "1"})
    assert not PayAccount.objects.exists()


@pytest.mark.parametrize(
    "typed", [{"bank": "x"}, {"number": "12"}, {"holder": ""}, {"link": "https://evil.example/"}]
)
def test_what_is_refused_stands_at_its_field(table: Table, typed: dict[str, str]) -> None:
    answer = tap(table.host, table.post, ACCOUNT, FORM | typed, **HTMX)
    shown = answer.content.decode()
    assert answer.status_code == 400
    assert shown.count('role="alert"') == 1
    assert not PayAccount.objects.exists()
    assert FORM["holder"] in shown or "holder" in typed


def test_only_the_host_says_where_to_send_it(table: Table) -> None:
    issued(table)
    answer = tap(table.member, table.post, ACCOUNT, FORM)
    assert answer.status_code == 403
    assert PayAccount.objects.count() == 1


def test_a_hosts_own_link_opens_apart(table: Table) -> None:
    issued(table)
    pay_accounts.keep(
        user=table.host, bank="090", number=NUMBER, holder="노진구", link="https://qr.kakaopay.com/Ej8GGJlqS"
    )
    shown = look(table.member, table).content.decode()
    assert (
        'href="https://qr.kakaopay.com/Ej8GGJlqS" target="_blank" rel="noopener noreferrer nofollow"' in shown
    )


def test_without_a_key_it_says_so_and_the_rest_goes_on(table: Table, settings: Any) -> None:
    issued(table)
    settings.PAY_ACCOUNT_KEYS = [urlsafe_b64encode(bytes(32)).decode()]
    answer = look(table.member, table)
    assert answer.status_code == 503
    assert NUMBER not in answer.content.decode()
    assert page(table.member, table.post, f"pay/{table.member.pk}/")
    assert look(table.host, table).status_code == 200


def test_an_account_is_looked_at_twenty_times_a_minute_at_most(table: Table) -> None:
    issued(table)
    client = browser(table.member)
    answers = [client.get(path(table.post, ACCOUNT)).status_code for _ in range(21)]
    assert answers == [200] * 20 + [429]
