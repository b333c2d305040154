"""The timeline to take along: what its reader may read, and nothing secret."""

import csv
import io
import json
from typing import Any

import pytest

from chat import actions
from orders import export, seats
from orders.models import Post
from tests.orders.room_browser import browser, path
from tests.orders.table import Table, bring_to, dish, head


@pytest.fixture(autouse=True)
def plain(settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = False


def say(table: Table, body: str, cid: str = "c") -> int:
    return actions.post(user=table.member, room=table.post.room, cid=cid, body=body).seq


def fetched(user: Any, post: Post, name: str) -> tuple[Any, bytes]:
    response = browser(user).get(path(post, name), HTTP_ACCEPT_LANGUAGE="ko")
    return response, b"".join(response)


@pytest.mark.django_db(transaction=True)
def test_a_spreadsheet_gets_its_mark_its_rows_and_no_formulas(table: Table) -> None:
    for number, body in enumerate(
        ["=1+1", "+82 10", "-3", "@all", "\t=1", " =HYPERLINK()", '안녕, "친구"\n둘째 줄']
    ):
        say(table, body, f"c{number}")
    response, content = fetched(table.guest, table.post, "export.csv")
    assert response["Content-Disposition"] == f'attachment; filename="{table.post.public_id}.csv"'
    assert content.startswith("\ufeff".encode())
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert rows[0] == list(export.COLUMNS)
    assert [row[4] for row in rows[-7:]] == [
        "'=1+1",
        "'+82 10",
        "'-3",
        "'@all",
        "'\t=1",
        "' =HYPERLINK()",
        '안녕, "친구"\n둘째 줄',
    ]
    assert [row[0] for row in rows[1:]] == [str(n + 1) for n in range(head(table.post))]
    assert rows[-1][3] == "철수"


@pytest.mark.django_db(transaction=True)
def test_json_holds_the_post_the_cart_and_every_entry(table: Table) -> None:
    bring_to(table, "LOCKED")
    seq = say(table, "확인했어요")
    _, content = fetched(table.member, table.post, "export.json")
    found = json.loads(content)
    assert (found["post"]["state"], found["post"]["shop"], found["truncated"]) == (
        "LOCKED",
        "교촌치킨 정문점",
        False,
    )
    assert [item["name"] for item in found["cart"]] == ["허니콤보"] * 3
    assert [entry["seq"] for entry in found["entries"]] == list(range(1, seq + 1))
    assert found["entries"][-1]["data"] == {"body": "확인했어요"}
    assert found["people"][str(table.member.pk)] == "철수"
    assert "확정" in next(e["text"] for e in found["entries"] if e["data"].get("to") == "LOCKED")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", ["export.csv", "export.json"])
def test_no_secret_is_in_it(table: Table, name: str) -> None:
    seq = say(table, "지울 말이에요")
    actions.delete(user_id=table.member.pk, room_id=table.post.pk, cid="d", seq=seq)
    _, content = fetched(table.host, table.post, name)
    text = content.decode()
    assert "비밀번호 1234" not in text
    assert "지울 말이에요" not in text


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", ["export.csv", "export.json"])
def test_it_is_read_page_by_page_within_bounds(
    table: Table, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(12):
        say(table, f"말 {number}", f"c{number}")
    whole = fetched(table.host, table.post, name)[1]
    monkeypatch.setattr(export, "PAGE", 3)
    assert fetched(table.host, table.post, name)[1] == whole
    monkeypatch.setattr(export, "ENTRIES_MAX", 5)
    _, content = fetched(table.host, table.post, name)
    if name == "export.json":
        found = json.loads(content)
        assert ([e["seq"] for e in found["entries"]], found["truncated"]) == ([1, 2, 3, 4, 5], True)
    else:
        assert len(content.decode().splitlines()) == 6


def test_who_has_gone_reads_up_to_there(table: Table) -> None:
    dish(table.host, table.post)
    seats.leave(user=table.member, post=table.post)
    last = head(table.post)
    dish(table.host, table.post, "콜라")
    found = json.loads("".join(export.as_json(table.post, table.member)))
    assert found["entries"][-1]["seq"] == last
    assert not json.loads("".join(export.as_json(table.post, table.outsider)))["entries"]


def test_the_order_as_text_has_no_names(table: Table) -> None:
    dish(table.member, table.post, options="순살", qty=2)
    dish(table.guest, table.post, options="순살")
    response = browser(table.host).get(path(table.post, "order/order.txt"), HTTP_ACCEPT_LANGUAGE="ko")
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response.content.decode() == "교촌치킨 정문점\n- 허니콤보 × 3 (순살) 27,000원\n합계 27,000원\n"
