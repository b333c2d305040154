"""The pages around a report: giving one, hearing what became of it, and the ways there."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.tokens import person_token
from orders import bounds, reports
from orders.models import Report
from tests.orders.reporting import tell
from tests.orders.table import Table
from tests.rooms.cast import signed_in


@pytest.fixture(autouse=True)
def plain(settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = False


def page_of(kind: str, table: Table, more: object = "") -> str:
    return reverse("reports:new", args=[kind, table.post.public_id + (f".{more}" if more else "")])


def test_reporting_by_form_without_scripts(table: Table) -> None:
    client = signed_in(table.outsider)
    path = page_of("post", table)
    assert client.get(path).status_code == 200
    empty = client.post(path, {"text": "그대로 둘 말"})
    assert empty.status_code == 400
    assert "그대로 둘 말" in empty.content.decode(), "what was typed stays"
    assert client.post(path, {"reason": "fraud", "text": "돈을 안 줘요"}).status_code == 200
    told = Report.objects.get()
    assert (told.reporter, told.reason, told.text) == (table.outsider, "fraud", "돈을 안 줘요")


def test_the_reporter_hears_the_result_once_as_new_and_the_reported_nothing(
    table: Table, operator: User
) -> None:
    told = tell(table.outsider, table)
    client = signed_in(table.outsider)
    path = reverse("reports:mine")
    assert table.post.title in client.get(path).content.decode()
    assert reports.news(table.outsider) == 0
    reports.resolve(by=operator, report=told, upheld=True)
    assert reports.news(table.outsider) == 1
    assert 'class="tag"' in client.get("/me/").content.decode()
    assert "report-upheld" in client.get(path).content.decode()
    assert reports.news(table.outsider) == 0
    assert table.post.title not in signed_in(table.host).get(path).content.decode()


def test_refusals_are_sentences(table: Table) -> None:
    assert signed_in(table.host).get(page_of("post", table)).status_code == 400
    assert signed_in(table.outsider).get(page_of("message", table, 3)).status_code == 404
    assert signed_in(table.outsider).get(reverse("reports:new", args=["payment", "x"])).status_code == 404
    answer = Client().get(page_of("post", table))
    assert answer.status_code == 302
    assert answer.url.startswith(reverse("account_login"))
    for n in range(bounds.REPORTS_A_DAY):
        Report.objects.create(
            reporter=table.outsider, kind="person", room=table.post.room, about=table.member, reason="spam",
            status="dismissed", resolved_at=timezone.now(), text=str(n),
        )  # fmt: skip
    answer = signed_in(table.outsider).post(page_of("post", table), {"reason": "spam", "text": "남을 말"})
    assert (answer.status_code, "남을 말" in answer.content.decode()) == (429, True)


def test_one_finds_the_way_to_report_and_block_beside_what_it_is_about(table: Table) -> None:
    page = signed_in(table.outsider).get(table.post.get_absolute_url()).content.decode()
    assert page_of("post", table) in page
    assert reverse("accounts:block", args=[person_token(table.outsider, table.host.pk)]) in page
    assert (
        page_of("post", table)
        not in signed_in(table.host).get(table.post.get_absolute_url()).content.decode()
    )
    people_page = reverse("orders:members", args=[table.post.public_id])
    page = signed_in(table.member).get(people_page).content.decode()
    assert page_of("person", table, table.guest.pk) in page
    assert page_of("person", table, table.member.pk) not in page
    assert reverse("accounts:block", args=[person_token(table.member, table.guest.pk)]) in page
