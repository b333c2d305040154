"""Money on hot pages: a bounded number of queries, however much was said; addresses with numbers that are none."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from orders import payments
from tests.orders.room_browser import browser, path
from tests.orders.table import Table
from tests.orders.till import claim, issued


@pytest.fixture(autouse=True)
def plain(settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = False


def asked(client: Client, address: str) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return [each["sql"] for each in captured]


@pytest.mark.parametrize(("rest", "most"), [("", 27), ("order/", 14), ("f/facts/", 13), ("f/sheet/", 13)])
def test_the_room_asks_no_more_the_more_is_said_about_money(table: Table, rest: str, most: int) -> None:
    issued(table)
    client = browser(table.host)
    address = path(table.post, rest)
    asked(client, address)
    few = asked(client, address)
    for reason in ("하나", "둘", "셋"):
        made = claim(table, table.member)
        payments.reject(by=table.host, post=table.post, claim=made.pk, reason=reason)
    claim(table, table.guest)
    many = asked(client, address)
    assert len(many) <= len(few), "\n".join(many)
    assert len(many) <= most, f"{len(many)}\n" + "\n".join(many)


@pytest.mark.parametrize("number", ["0", "999999999", "9" * 18, "9" * 19, "9" * 60])
def test_a_number_that_is_nobody_s_is_not_found(table: Table, number: str) -> None:
    issued(table)
    client = browser(table.host)
    for rest in (f"pay/{number}/", f"f/card/shares/{number}/"):
        assert client.get(path(table.post, rest)).status_code == 404, rest
    for deed in ("claim", "confirm", "reject", "waive", "refund", "got"):
        assert client.post(path(table.post, f"pay/{number}/{deed}/"), {}).status_code == 404, deed
    sent = {"claim": number, "reason": "x", "won": number, "way": "toss"}
    for deed in ("confirm", "reject", "refund"):
        answer = client.post(path(table.post, f"pay/{table.member.pk}/{deed}/"), sent)
        assert answer.status_code in (400, 404, 409), deed
