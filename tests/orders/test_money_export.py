"""Shares and payments to take along."""

import csv
import io
import json
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from orders import clock, payments, seats
from orders.billing import set_actual
from tests.orders.room_browser import browser, path
from tests.orders.settling import bring_to_shares, issue, paid, pay
from tests.orders.table import Table, fresh


@pytest.fixture(autouse=True)
def plain(settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = False


def fetched(user: User, table: Table, name: str) -> Any:
    return browser(user).get(path(table.post, f"pay/{name}"), HTTP_ACCEPT_LANGUAGE="ko")


def test_a_spreadsheet_of_shares_and_payments_has_its_mark_and_no_formulas(table: Table) -> None:
    User.objects.filter(pk=table.member.pk).update(nickname="=cmd|' /C calc'!A0")
    post = bring_to_shares(table, fee=4_000, unit=1)
    claim = pay(post, table.member, depositor="김철수")
    payments.reject(by=table.host, post=post, claim=claim.pk, reason="계좌에 없어요")
    answer = fetched(table.guest, table, "export.csv")
    assert answer["Content-Disposition"] == f'attachment; filename="{post.public_id}-money.csv"'
    assert answer.content.startswith("\ufeff".encode())
    lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    gap = lines.index([])
    head, *shares = lines[:gap]
    assert [row[head.index("share")] for row in shares] == ["10333", "10334", "10333"]
    assert {row[head.index("exact")] for row in shares} == {"31000/3"}
    assert shares[1][head.index("person")] == "'=cmd|' /C calc'!A0"
    assert [row[3:6] for row in lines[gap + 2 :]] == [
        ["보냈다고 함", "10334", "계좌이체"],
        ["방장이 못 찾음", "10334", ""],
    ]
    text = answer.content.decode()
    assert "김철수" not in text
    assert "계좌에 없어요" not in text


def test_json_has_every_version_and_every_word(table: Table) -> None:
    post = bring_to_shares(table)
    paid(post, table.member)
    set_actual(by=table.host, post=post, item=post.items.get(owner=table.guest).pk, unit_won=9_500, qty=1)
    issue(post)
    found = json.loads(fetched(table.member, table, "export.json").content)
    by_version = [
        {row["user"]: row["amount"] for row in found["shares"] if row["share_v"] == version}
        for version in (1, 2)
    ]
    assert [sum(version.values()) for version in by_version] == [30_000, 30_500]
    for row in found["shares"]:
        taken = sum(Fraction(row[name]) for name in ("food_off", "fee_off", "personal", "rest_off"))
        assert Fraction(row["food"]) + Fraction(row["fee"]) - taken == Fraction(row["exact"])
    assert [(each["op"], each["won"], each["balance"]) for each in found["payments"]] == [
        ("claim", 10_000, 10_000),
        ("confirm", 10_000, 0),
    ]
    assert found["people"][str(table.guest.pk)] == "손님"


def test_who_has_left_takes_their_own_part(table: Table) -> None:
    post = bring_to_shares(table)
    paid(post, table.member)
    pay(post, table.guest)
    seats.leave(user=table.member, post=post)
    found = json.loads(fetched(table.member, table, "export.json").content)
    assert {row["user"] for row in found["shares"] + found["payments"]} == {table.member.pk}
    assert {
        row["user"] for row in json.loads(fetched(table.host, table, "export.json").content)["shares"]
    } == {
        table.host.pk,
        table.member.pk,
        table.guest.pk,
    }
    assert fetched(table.outsider, table, "export.json").status_code == 404
    assert fetched(table.outsider, table, "export.csv").status_code == 404


def test_a_host_who_has_left_still_sees_who_owes(table: Table) -> None:
    post = bring_to_shares(table)
    clock.run_due(timezone.now() + timedelta(days=15))
    seats.leave(user=table.host, post=post)
    assert fresh(post).host == table.host
    assert fetched(table.host, table, "").status_code == 200
    claim = pay(post, table.member)
    payments.confirm(by=table.host, post=post, claim=claim.pk)
