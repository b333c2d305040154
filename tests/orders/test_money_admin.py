"""Operators and money: read-only, searched by index, answered by the verbs with a reason."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEntry, User
from orders.models import Due, Payment, ShareVersion
from tests.orders.settling import bring_to_shares, due, pay
from tests.orders.table import Table, fresh
from tests.orders.test_admin import act
from tests.rooms.cast import signed_in

LISTS = ["orders_due", "orders_payment", "orders_shareversion"]
NAME = "김철수의 어머니"


@pytest.fixture(autouse=True)
def plain(settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = False


@pytest.fixture
def operator(db: None) -> Client:
    return signed_in(User.objects.create_superuser("operator", "chopsticks-and-rice"))


@pytest.mark.parametrize("name", LISTS)
def test_lists_open_search_and_never_scan(table: Table, operator: Client, name: str) -> None:
    pay(bring_to_shares(table), table.member, depositor=NAME)
    address = reverse(f"admin:{name}_changelist")
    for query in ({}, {"q": "짱구"}, {"q": table.post.public_id}, {"q": "\x00"}, {"q": "12"}):
        with CaptureQueriesContext(connection) as captured:
            answer = operator.get(address, query)
        assert answer.status_code == 200
        assert NAME not in answer.content.decode()
        statements = [each["sql"].upper() for each in captured]
        assert not any("LIKE" in sql for sql in statements), statements
        assert not any(sql.startswith("SELECT COUNT(*)") and "LIMIT" not in sql for sql in statements)
    assert operator.get(address, {"q": table.post.public_id}).context["cl"].result_list


@pytest.mark.parametrize("model", [Due, Payment, ShareVersion])
def test_rows_are_looked_at_and_never_changed_by_hand(
    table: Table, operator: Client, model: type[Any]
) -> None:
    pay(bring_to_shares(table), table.member, depositor=NAME)
    row = model.objects.first()
    name = f"orders_{model._meta.model_name}"
    page = operator.get(reverse(f"admin:{name}_change", args=[row.pk]))
    assert page.status_code == 200
    assert NAME not in page.content.decode()
    assert operator.post(reverse(f"admin:{name}_change", args=[row.pk]), {"won": 1}).status_code == 403
    assert operator.get(reverse(f"admin:{name}_add")).status_code == 403
    assert operator.post(reverse(f"admin:{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403


def test_an_operator_answers_for_a_host_who_does_not(table: Table, operator: Client) -> None:
    post = bring_to_shares(table)
    pay(post, table.member)
    act(operator, "orders_due", "confirm", due(post, table.member), reason="이체 내역을 봤어요")
    answer = Payment.objects.get(op="confirm")
    assert (answer.reason, answer.by.username) == ("이체 내역을 봤어요", "operator")
    act(operator, "orders_due", "waive", due(post, table.guest), reason="방장이 사라졌어요")
    assert fresh(post).state == "DONE"
    assert set(AuditEntry.objects.values_list("action", flat=True)) == {"confirm", "waive"}


def test_where_nothing_is_claimed_there_is_nothing_to_answer(table: Table, operator: Client) -> None:
    post = bring_to_shares(table)
    act(operator, "orders_due", "reject", due(post, table.member))
    assert not Payment.objects.exists()
    assert not AuditEntry.objects.exists()


def test_an_operator_proposes_that_all_goes_back(table: Table, operator: Client) -> None:
    post = bring_to_shares(table)
    act(operator, "orders_post", "propose_refund", post)
    assert fresh(post).refund_proposed_by == User.objects.get(username="operator")
