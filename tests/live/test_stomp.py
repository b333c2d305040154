"""STOMP over two real workers: what a client is told, and in which order."""

import asyncio
import contextlib
import json
import random

import psycopg
import pytest
import websockets

from accounts import access_tokens
from chat.models import Entry
from rooms import actions as room_actions
from tests.live.servers import EPOCH, Cast, Workers, in_thread
from tests.live.stompclient import SockJsClient, StompClient, frame
from tests.serving.database import same_database, until_somebody_waits

pytestmark = pytest.mark.faults


def talk(room: str, message: str, kind: str = "TALK") -> bytes:
    return json.dumps({"type": kind, "roomId": room, "sender": "아무개", "message": message}).encode()


async def test_the_write_ups_client_talks_across_two_workers(stomp_workers: Workers, cast: Cast) -> None:
    room, (first, second) = cast.room.public_id, stomp_workers.ports
    async with (
        StompClient(first, cookie=cast.sessions["짱구"], subprotocols=()) as host,
        StompClient(second, cookie=cast.sessions["맹구"], path="/ws-stomp/websocket") as member,
    ):
        assert (host.socket.subprotocol, member.socket.subprotocol) == (None, "v12.stomp")
        for client in (host, member):
            await client.subscribe(f"/sub/chat/room/{room}")
        seq = await host.say("/pub/chat/message", talk(room, "안녕"), "r1")
        for client in (host, member):
            await client.until(lambda c=client: c.seqs() == [seq])
        said = member.messages()[0]
        assert json.loads(said.body) == {"type": "TALK", "roomId": room, "sender": "짱구", "message": "안녕"}
        assert list(said.headers) == [
            "subscription",
            "destination",
            "message-id",
            "seq",
            "content-type",
            "content-length",
        ]
        assert said.headers["destination"] == f"/sub/chat/room/{room}"
        assert said.headers["message-id"] == f"{room}/{seq}"
        assert not said.binary


async def test_sockjs_carries_the_same_frames(stomp_workers: Workers, cast: Cast) -> None:
    room, (first, second) = cast.room.public_id, stomp_workers.ports
    async with (
        SockJsClient(first, cookie=cast.sessions["짱구"]) as host,
        StompClient(second, cookie=cast.sessions["맹구"]) as member,
    ):
        for client in (host, member):
            await client.subscribe(f"/sub/chat/room/{room}")
        seq = await host.say("/pub/chat/message", talk(room, '따옴표 "와" \\ 그리고\n줄'), "r1")
        for client in (host, member):
            await client.until(lambda c=client: c.seqs() == [seq])
        assert host.messages()[0] == member.messages()[0]
        assert host.controls[0] == "o"
        await host.raw('["BEGIN\\n"')
        await host.ends("BAD_FRAME", 4400)
        assert host.controls[-1] == 'c[4400,"BAD_FRAME"]'


async def test_a_room_in_our_own_words(stomp_workers: Workers, cast: Cast) -> None:
    room, port = cast.room.public_id, stomp_workers.first.port
    async with StompClient(port, cookie=cast.sessions["짱구"]) as host:
        await host.subscribe(f"/rooms/{room}", "mine", ack="client-individual")
        seq = await host.say(f"/rooms/{room}", "그대로".encode(), "r1", content_type="text/plain")
        again = await host.say(f"/rooms/{room}", b'{"body":"json"}', "r2", content_type="application/json")
        await host.until(lambda: host.seqs("mine") == [seq, again])
        first, second = (json.loads(m.body) for m in host.messages("mine"))
        assert (first["data"]["body"], second["data"]["body"]) == ("그대로", "json")
        assert first["people"] == {str(cast.host.pk): "짱구"}
        acked = host.messages("mine")[0].headers["ack"]
        await host.send("ACK", id=acked, receipt="a")
        await host.send("NACK", id=acked, receipt="n")
        await host.receipt("n")
        await host.send("UNSUBSCRIBE", id="mine", receipt="u")
        await host.receipt("u")
        await host.say(f"/rooms/{room}", b"unheard", "r3")
        assert host.seqs("mine") == [seq, again]
        assert not host.of("ERROR")


async def test_frames_are_handled_in_order_however_messages_cut_them(
    stomp_workers: Workers, cast: Cast
) -> None:
    room, port = cast.room.public_id, stomp_workers.second.port
    async with StompClient(port, cookie=cast.sessions["짱구"], connect=False) as host:
        data = b"\n\r\n".join(
            [
                frame("STOMP", accept_version="1.0,1.1,1.2"),
                frame("SUBSCRIBE", id="sub-0", destination=f"/sub/chat/room/{room}"),
                frame("SEND", talk(room, "하나"), destination="/pub/chat/message"),
                frame("SEND", talk(room, "둘"), destination="/pub/chat/message", receipt="two"),
            ]
        )
        await host.raw(data.decode())
        await host.receipt("two")
        await host.until(lambda: len(host.messages()) == 2)
        assert host.frames[0].command == "CONNECTED"
        assert host.frames[0].headers["version"] == "1.2"
        assert host.frames[0].headers["epoch"] == EPOCH
        for byte in frame("SEND", talk(room, "셋"), destination="/pub/chat/message", receipt="three"):
            await host.raw(bytes([byte]))
        await host.receipt("three")
        await host.until(lambda: len(host.messages()) == 3)
        assert [json.loads(m.body)["message"] for m in host.messages()] == ["하나", "둘", "셋"]
        await host.send("DISCONNECT", receipt="bye")
        await host.until(lambda: host.closed is not None)
        assert host.frames[-1].headers["receipt-id"] == "bye"
        assert host.closed == 1000


async def test_a_receipt_comes_after_the_commit(stomp_workers: Workers, cast: Cast) -> None:
    room = cast.room.public_id
    async with StompClient(stomp_workers.first.port, cookie=cast.sessions["짱구"]) as host:
        await host.subscribe(f"/rooms/{room}")
        with psycopg.connect(**same_database()) as blocker:
            blocker.execute("LOCK TABLE chat_entry IN EXCLUSIVE MODE")  # others may read and not write
            await host.send("SEND", b"wait", destination=f"/rooms/{room}", receipt="r")
            await in_thread(until_somebody_waits)
            await host.send("DISCONNECT", receipt="bye")
            await asyncio.sleep(0.3)  # time for receipts that do not wait
            assert [f.headers["receipt-id"] for f in host.of("RECEIPT")] == ["r-sub-0"]
            blocker.rollback()
        seq = int((await host.receipt("r")).headers["seq"])
        await host.receipt("bye")
        assert await in_thread(Entry.objects.filter(room_id=cast.room.pk, seq=seq).exists)


async def test_the_same_key_is_written_once(stomp_workers: Workers, cast: Cast) -> None:
    room, (first, second) = f"/rooms/{cast.room.public_id}", stomp_workers.ports
    async with (
        StompClient(first, cookie=cast.sessions["짱구"]) as here,
        StompClient(second, cookie=cast.sessions["짱구"]) as there,
    ):
        seqs = {await c.say(room, b"once", "r", idempotency_key="key-1") for c in (here, there)}
        assert len(seqs) == 1


async def test_a_transaction_is_written_whole_or_not_at_all(stomp_workers: Workers, cast: Cast) -> None:
    room, port = f"/rooms/{cast.room.public_id}", stomp_workers.first.port
    async with StompClient(port, cookie=cast.sessions["짱구"]) as host:
        await host.subscribe(room)
        for transaction in ("kept", "dropped"):
            await host.send("BEGIN", transaction=transaction)
            for n in range(3):
                body = f"{transaction}{n}".encode()
                await host.send(
                    "SEND", body, destination=room, transaction=transaction, receipt=f"{transaction}{n}"
                )
            await host.receipt(f"{transaction}2")
        assert not host.messages(), "nothing before COMMIT"
        await host.send("ABORT", transaction="dropped", receipt="abort")
        await host.send("COMMIT", transaction="kept", receipt="commit")
        await host.receipt("commit")
        await host.until(lambda: len(host.messages()) == 3)
        assert [json.loads(m.body)["data"]["body"] for m in host.messages()] == ["kept0", "kept1", "kept2"]

        other = await in_thread(room_actions.create_room, user=cast.outsider, title="남의 방")
        await host.send("BEGIN", transaction="t")
        await host.send("SEND", b"mine", destination=room, transaction="t")
        await host.send("SEND", b"not mine", destination=f"/rooms/{other.public_id}", transaction="t")
        await host.send("COMMIT", transaction="t", receipt="refused")
        error = await host.ends("NO_ROOM", 4403)
        assert error.headers["receipt-id"] == "refused"
    assert not await in_thread(Entry.objects.filter(data__body="mine").exists)


async def test_versions_escape_as_they_say(stomp_workers: Workers, cast: Cast) -> None:
    room, port = cast.room.public_id, stomp_workers.first.port
    for version, protocol in (("1.0", "v10.stomp"), ("1.1", "v11.stomp"), ("1.2", "v12.stomp")):
        async with StompClient(
            port, cookie=cast.sessions["짱구"], subprotocols=(protocol,), accept_version=version
        ) as host:
            assert host.frames[0].headers["version"] == version
            assert host.socket.subprotocol == protocol
            await host.subscribe(f"/rooms/{room}", r"a\cb" if version != "1.0" else "a:b")
            await host.say(f"/rooms/{room}", b"x", "r")
            await host.until(lambda c=host: bool(c.of("MESSAGE")))
            assert host.of("MESSAGE")[0].headers["subscription"] == (r"a\cb" if version != "1.0" else "a:b")
            if version == "1.2":
                await host.send("SEND", b"x", destination=r"/rooms/\t")
                await host.ends("BAD_FRAME", 4400)
    async with StompClient(
        port, cookie=cast.sessions["짱구"], connect=False, subprotocols=("v9", "v11.stomp", "v12.stomp")
    ) as host:
        assert host.socket.subprotocol == "v12.stomp"
        await host.send("CONNECT", accept_version="2.0")
        error = await host.ends("NO_COMMON_VERSION", 4400)
        assert error.headers["version"] == "1.0,1.1,1.2"


async def test_who_may_connect(stomp_workers: Workers, cast: Cast) -> None:
    port, session = stomp_workers.first.port, cast.sessions["짱구"]
    expires = None
    _token, secret = await in_thread(
        access_tokens.create_token, user=cast.host, name="내 프로그램", expires_in=expires
    )
    async with StompClient(port, token=secret, origin=None) as client:
        assert client.frames[0].headers["user"] == str(cast.host.pk)
    async with StompClient(port, origin=None, login="짱구", passcode=secret) as client:
        assert client.frames[0].headers["user"] == str(cast.host.pk)
    turned_away = [
        StompClient(port, connect=False),
        StompClient(
            port, connect=False, cookie=session, origin=None
        ),  # no browser: its cookie is not looked at
    ]
    for client in turned_away:
        async with client:
            await client.send("CONNECT", accept_version="1.2")
            await client.ends("SIGN_IN", 4401)
    async with StompClient(port, connect=False, cookie=session) as client:
        await client.send("CONNECT", accept_version="1.2", passcode="rua_" + "x" * 43)
        await client.ends("SIGN_IN", 4401)
    with pytest.raises(websockets.InvalidStatus) as refused:
        await StompClient(port, token=secret, origin="http://elsewhere.example").__aenter__()
    assert refused.value.response.status_code == 403


async def test_an_open_room_is_entered_by_subscribing_to_it(stomp_workers: Workers, cast: Cast) -> None:
    room = cast.room.public_id
    async with StompClient(stomp_workers.first.port, cookie=cast.sessions["훈이"]) as newcomer:
        await newcomer.subscribe(f"/sub/chat/room/{room}")
        await newcomer.until(lambda: bool(newcomer.messages()))
        entered = json.loads(newcomer.messages()[0].body)
        assert (entered["type"], entered["sender"]) == ("ENTER", "훈이")
        assert entered["message"] == "훈이님이 들어왔어요"
        body = json.dumps({"type": "ENTER", "roomId": room, "sender": "훈이"}).encode()
        await newcomer.send("SEND", body, destination="/pub/chat/message", receipt="enter")
        await newcomer.receipt("enter")
        assert len(newcomer.messages()) == 1


async def test_no_soup_of_frames_breaks_a_worker(stomp_workers: Workers, cast: Cast) -> None:
    dice = random.Random(20_261_122)
    room = cast.room.public_id
    values = [
        f"/rooms/{room}",
        "/topic/soup",
        "/pub/chat/message",
        f"/sub/chat/room/{room}",
        "/user/queue/errors",
        "client",
        "t",
        "0",
        "",
    ]
    names = ["destination", "id", "ack", "since", "transaction", "receipt", "message-id", "content-type"]
    needed = {
        "SEND": ["destination"],
        "SUBSCRIBE": ["destination", "id"],
        "UNSUBSCRIBE": ["id"],
        "ACK": ["id"],
        "NACK": ["id"],
        "BEGIN": ["transaction"],
        "COMMIT": ["transaction"],
        "ABORT": ["transaction"],
    }
    for _ in range(40):
        async with StompClient(stomp_workers.first.port, cookie=cast.sessions["짱구"]) as client:
            if dice.random() < 0.7:
                await client.subscribe("/user/queue/errors", "errors")
            for _ in range(dice.randrange(1, 30)):
                command = dice.choice(list(needed))
                chosen = needed[command] + dice.sample(names, dice.choice([0, 0, 0, 1, 3]))
                headers = {name: dice.choice(values) for name in chosen}
                body = dice.randbytes(dice.randrange(20)).replace(b"\0", b"")
                with contextlib.suppress(websockets.ConnectionClosed):
                    await client.raw(frame(command, body if command == "SEND" else b"", **headers))
            with contextlib.suppress(websockets.ConnectionClosed):
                await client.send("DISCONNECT", receipt="end")
            await client.until(lambda c=client: c.closed is not None)
            last = [f.command for f in client.frames if f.command in {"ERROR", "RECEIPT"}][-1]
            assert (client.closed, last) in {(1000, "RECEIPT")} | {
                (code, "ERROR") for code in (4400, 4403, 4429)
            }
    log = (stomp_workers.logs / "worker1.log").read_text()
    assert "Traceback" not in log
    assert "failed" not in log
