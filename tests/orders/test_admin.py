"""What operators see and do: history is read-only, changes go through the verbs with a reason that is kept."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEntry, User
from orders import reports, seats
from orders.models import Post, Report, Seat, State
from tests.orders.reporting import say, tell
from tests.orders.table import Table, bring_to, dish, entries, fresh, make_post, people
from tests.rooms.cast import signed_in

LISTS = ["orders_post", "orders_seat", "orders_wait", "orders_item", "orders_report"]


@pytest.fixture(autouse=True)
def plain(settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = False


@pytest.fixture
def operator(db: None) -> Client:
    return signed_in(User.objects.create_superuser("operator", "chopsticks-and-rice"))


def act(client: Client, name: str, action: str, *rows: Any, reason: str = "so it is") -> Any:
    asked = {"action": action, "_selected_action": [row.pk for row in rows]}
    page = client.post(reverse(f"admin:{name}_changelist"), asked)
    assert 'name="reason"' in page.content.decode()
    return client.post(reverse(f"admin:{name}_changelist"), {**asked, "reason": reason}, follow=True)


def some_of_everything(table: Table) -> dict[str, Any]:
    item = dish(table.host, table.post)
    seats.join(user=table.outsider, post=table.post)
    wait = seats.wait(user=User.objects.create_user("기다리는 이"), post=table.post)
    told = tell(table.member, table)
    return {
        "orders_post": table.post,
        "orders_seat": Seat.objects.get(user=table.member),
        "orders_wait": wait,
        "orders_item": item,
        "orders_report": told,
    }


@pytest.mark.parametrize("name", LISTS)
def test_lists_open_search_and_never_scan(table: Table, operator: Client, name: str) -> None:
    some_of_everything(table)
    address = reverse(f"admin:{name}_changelist")
    for query in ({}, {"q": "짱구"}, {"q": table.post.public_id}, {"q": "\x00"}, {"q": "12"}):
        with CaptureQueriesContext(connection) as captured:
            assert operator.get(address, query).status_code == 200
        statements = [each["sql"].upper() for each in captured]
        assert not any("LIKE" in sql for sql in statements), statements
        assert not any(sql.startswith("SELECT COUNT(*)") and "LIMIT" not in sql for sql in statements)
    found = operator.get(address, {"q": table.post.public_id}).context["cl"].result_list
    assert len(found) >= 1


@pytest.mark.parametrize("name", LISTS)
def test_a_longer_list_asks_no_more(table: Table, operator: Client, name: str) -> None:
    some_of_everything(table)
    address = reverse(f"admin:{name}_changelist")
    operator.get(address)

    def asked() -> int:
        with CaptureQueriesContext(connection) as captured:
            operator.get(address)
        return len(captured)

    before = asked()
    for host in people(3)[1:]:
        other = make_post(host)
        dish(host, other)
        reports.report(user=table.member, kind="post", name=other.public_id, reason="spam")
    assert asked() <= before


@pytest.mark.parametrize("name", LISTS)
def test_history_is_looked_at_and_never_typed_over(table: Table, operator: Client, name: str) -> None:
    row = some_of_everything(table)[name]
    page = operator.get(reverse(f"admin:{name}_change", args=[row.pk]))
    assert page.status_code == 200
    assert "_save" not in page.content.decode()
    assert table.post.place_note not in page.content.decode()
    assert operator.post(reverse(f"admin:{name}_change", args=[row.pk]), {"shop": "x"}).status_code == 403
    assert operator.post(reverse(f"admin:{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
    assert operator.get(reverse(f"admin:{name}_add")).status_code == 403


def test_a_post_is_canceled_by_the_verb_with_a_reason_that_is_kept(table: Table, operator: Client) -> None:
    act(operator, "orders_post", "cancel", table.post, reason="거짓 모집")
    post = fresh(table.post)
    assert (post.state, post.cancel_reason, post.cancel_note) == (State.CANCELED, "operator", "거짓 모집")
    assert entries(post, "order.state")[-1]["by"] == "operator"
    told = AuditEntry.objects.get()
    assert (told.action, told.model, told.object_id, told.reason) == (
        "cancel", "orders.post", post.pk, "거짓 모집",
    )  # fmt: skip


def test_what_the_verb_refuses_is_said_and_not_recorded(table: Table, operator: Client) -> None:
    bring_to(table, "ORDERED")
    page = act(operator, "orders_post", "cancel", table.post).content.decode()
    assert fresh(table.post).state == State.ORDERED
    assert "messagelist" in page
    assert not AuditEntry.objects.exists()


def test_posts_are_closed_hidden_and_shown_and_people_removed(table: Table, operator: Client) -> None:
    act(operator, "orders_post", "hide", table.post)
    assert fresh(table.post).hidden_at
    act(operator, "orders_post", "show", table.post)
    assert not fresh(table.post).hidden_at
    act(operator, "orders_post", "close", table.post)
    assert fresh(table.post).state == State.CLOSED
    act(operator, "orders_seat", "remove", Seat.objects.get(user=table.guest))
    assert Seat.objects.get(user=table.guest).left_at
    actions = list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))
    assert actions == ["hide", "show", "close", "remove"]


def test_from_a_post_s_own_page_one_comes_back_to_it(table: Table, operator: Client) -> None:
    change = reverse("admin:orders_post_change", args=[table.post.pk])
    page = operator.get(change).content.decode()
    for action in ("close", "cancel", "hide"):
        assert f'value="{action}"' in page
    assert f"/admin/chat/entry/?q={table.post.pk}" in page, "the talk, behind its reason"
    asked = {"action": "hide", "_selected_action": [table.post.pk], "from_row": "1"}
    assert 'name="from_row"' in operator.post(reverse("admin:orders_post_changelist"), asked).content.decode()
    answer = operator.post(reverse("admin:orders_post_changelist"), {**asked, "reason": "x"})
    assert answer.url == change


def test_the_queue_shows_open_reports_the_oldest_first(table: Table, operator: Client) -> None:
    first = tell(table.member, table)
    second = tell(table.outsider, table)
    (seq,) = say(table, table.guest, "<script>alert(1)</script>")
    third = tell(table.member, table, "message", seq)
    address = reverse("admin:orders_report_changelist")
    assert list(operator.get(address).context["cl"].result_list) == [first, second, third]
    act(operator, "orders_report", "dismiss", first)
    assert list(operator.get(address).context["cl"].result_list) == [third], (
        "those about the same went with it"
    )
    done = operator.get(address, {"status": "dismissed"}).context["cl"].result_list
    assert list(done) == [second, first]
    assert len(operator.get(address, {"status": "all"}).context["cl"].result_list) == 3
    page = operator.get(reverse("admin:orders_report_change", args=[third.pk])).content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert(1)" not in page
    act(operator, "orders_report", "uphold", third)
    assert Report.objects.get(pk=third.pk).status == "upheld"


def test_two_reports_of_the_same_in_one_action_are_one_answer(table: Table, operator: Client) -> None:
    rows = [tell(table.member, table), tell(table.outsider, table)]
    act(operator, "orders_report", "uphold", *rows)
    assert set(Report.objects.values_list("status", flat=True)) == {"upheld"}


def test_a_snapshot_with_system_entries_reads_as_sentences(table: Table, operator: Client) -> None:
    dish(table.member, table.post, name="허니콤보")
    (seq,) = say(table, table.guest, "나쁜 말")
    told = tell(table.member, table, "message", seq)
    page = operator.get(reverse("admin:orders_report_change", args=[told.pk])).content.decode()
    assert "허니콤보" in page
    assert "order.cart" not in page


def test_staff_without_the_right_see_and_change_nothing(table: Table) -> None:
    rows = some_of_everything(table)
    User.objects.filter(pk=table.outsider.pk).update(is_staff=True)
    client = signed_in(table.outsider)
    for name in LISTS:
        assert client.get(reverse(f"admin:{name}_changelist")).status_code == 403
        asked = {"action": "cancel", "_selected_action": [rows[name].pk], "reason": "x"}
        assert client.post(reverse(f"admin:{name}_changelist"), asked).status_code == 403
    assert Post.objects.get().state == State.RECRUITING
