"""STOMP when things go wrong: resuming, being cut off, reading slowly, sending too much."""

import asyncio
import contextlib
import json

import pytest
import websockets
from django.contrib.sessions.models import Session

from accounts import access_tokens
from chat import timeline
from chat.realtime.limits import FRAMES_BURST
from chat.stomp_rooms import TOPICS_MAX, topic
from rooms import actions as room_actions
from rooms.models import Room
from tests.live.servers import EPOCH, Cast, Workers, in_thread
from tests.live.stompclient import SockJsClient, StompClient, frame

pytestmark = pytest.mark.faults

WITH_BUS, SLACK = 1.0, 1.0  # seconds: P8, and for a machine whose cores stall


async def test_a_resume_brings_exactly_what_was_missed(stomp_workers: Workers, cast: Cast) -> None:
    room, (first, second) = f"/rooms/{cast.room.public_id}", stomp_workers.ports
    async with StompClient(first, cookie=cast.sessions["짱구"]) as host:
        held = await host.say(room, b"before", "r")
        missed = [await host.say(room, f"m{n}".encode(), f"m{n}") for n in range(20)]
        async with StompClient(second, cookie=cast.sessions["맹구"]) as member:
            await member.subscribe(room, since=held, epoch=EPOCH)
            await member.until(lambda: len(member.messages()) >= 20)
            live = await host.say(room, b"live", "live")
            await member.until(lambda: member.seqs()[-1] == live)
            assert member.seqs() == [*missed, live]


async def test_what_cannot_be_resumed_is_said_and_goes_on_from_the_head(
    stomp_workers: Workers, cast: Cast
) -> None:
    room = f"/rooms/{cast.room.public_id}"
    async with StompClient(stomp_workers.first.port, cookie=cast.sessions["짱구"]) as host:
        head = await host.say(room, b"before", "r")
        for id_, asked in (("epoch", {"since": head, "epoch": "other"}), ("above", {"since": head + 5})):
            await host.subscribe(room, id_, **asked)
            await host.until(lambda i=id_: bool(host.messages(i)))
            marker = host.messages(id_)[0]
            assert (marker.headers["resync"], marker.headers["seq"], marker.body) == ("true", str(head), b"")
            assert marker.headers["epoch"] == EPOCH
        after = await host.say(room, b"after", "s")
        await host.until(lambda: host.seqs("epoch") == host.seqs("above") == [head, after])


async def test_a_kick_cuts_within_a_second_on_both_workers(stomp_workers: Workers, cast: Cast) -> None:
    room, (first, second) = f"/rooms/{cast.room.public_id}", stomp_workers.ports
    async with (
        StompClient(first, cookie=cast.sessions["맹구"]) as here,
        StompClient(second, cookie=cast.sessions["맹구"]) as there,
        StompClient(second, cookie=cast.sessions["짱구"]) as host,
    ):
        await there.subscribe("/user/queue/errors", "errors")
        for client in (here, there, host):
            await client.subscribe(room)
        await in_thread(room_actions.remove_member, by=cast.host, room=cast.room, user=cast.member)
        left = (await in_thread(timeline.heads, [cast.room.pk]))[cast.room.pk]
        await here.ends("REMOVED", 4403, wait=WITH_BUS + SLACK)
        await there.until(lambda: bool(there.messages("errors")), wait=WITH_BUS + SLACK)
        told = there.messages("errors")[0]
        assert (told.headers["code"], told.headers["refused-subscription"]) == ("REMOVED", "sub-0")
        after = await host.say(room, b"secret", "r")
        await host.until(lambda: host.seqs()[-1] == after)
        await there.send("SUBSCRIBE", id="again", destination=room, receipt="again")
        await there.until(lambda: len(there.messages("errors")) == 2)
        assert there.messages("errors")[1].headers["code"] == "NO_ROOM"
        assert there.messages("errors")[1].headers["receipt-id"] == "again"
        assert here.seqs()[-1] == there.seqs()[-1] == left, "the leave entry is the last thing delivered"


async def test_a_revoked_token_and_an_ended_session_close_the_socket(
    stomp_workers: Workers, cast: Cast
) -> None:
    token, secret = await in_thread(
        access_tokens.create_token, user=cast.member, name="시계", expires_in=None
    )
    session = cast.sessions["맹구"]
    async with (
        StompClient(stomp_workers.first.port, token=secret, origin=None) as by_token,
        StompClient(stomp_workers.second.port, cookie=session) as by_cookie,
    ):
        for client in (by_token, by_cookie):
            await client.subscribe(f"/rooms/{cast.room.public_id}")
        await in_thread(access_tokens.revoke_token, token=token)
        await in_thread(Session.objects.filter(session_key=session).delete)
        for client in (by_token, by_cookie):
            await client.ends("SIGN_IN", 4401, wait=12)


async def _say_much(host: StompClient, room: str, count: int) -> list[int]:
    """Entries of 12 kB; their numbers."""
    body, said = ("가" * 4_000).encode(), []
    for n in range(0, count, 50):
        for m in range(n, n + 50):
            await host.send("SEND", body, destination=room, receipt=f"b{m}")
        said += [int((await host.receipt(f"b{m}")).headers["seq"]) for m in range(n, n + 50)]
    return said


async def test_a_reader_that_pauses_gets_everything_once_and_in_order(
    stomp_workers: Workers, cast: Cast
) -> None:
    room, port = f"/rooms/{cast.room.public_id}", stomp_workers.first.port
    async with (
        StompClient(port, cookie=cast.sessions["짱구"]) as host,
        StompClient(port, cookie=cast.sessions["맹구"], narrow=True) as member,
        SockJsClient(port, cookie=cast.sessions["맹구"], narrow=True) as other,
    ):
        for client in (member, other):
            await client.subscribe(room)
            client.reading.clear()
        said = await _say_much(
            host, room, 100
        )  # 1.2 MB: far more than their sockets take, less than a resync
        for client in (member, other):
            assert len(client.messages()) < 20
            client.reading.set()
            await client.until(lambda c=client: len(c.messages()) >= len(said))
            assert client.seqs() == said


async def test_a_reader_that_misses_too_much_is_told(stomp_workers: Workers, cast: Cast) -> None:
    room, port = f"/rooms/{cast.room.public_id}", stomp_workers.first.port
    async with (
        StompClient(port, cookie=cast.sessions["짱구"]) as host,
        StompClient(port, cookie=cast.sessions["맹구"], narrow=True) as knows,
        StompClient(port, cookie=cast.sessions["맹구"], narrow=True) as plain,
    ):
        await knows.subscribe(room, since=1)
        await plain.subscribe(room)
        for client in (knows, plain):
            client.reading.clear()
        said = await _say_much(host, room, 150)  # 1.8 MB
        for client in (knows, plain):
            client.reading.set()
        await plain.ends("RESYNC", 4408)
        await knows.until(lambda: knows.messages()[-1].headers.get("resync") == "true")
        assert knows.seqs()[-1] == said[-1]
        after = await host.say(room, b"after", "after")
        await knows.until(lambda: knows.seqs()[-1] == after)


async def test_who_unsubscribes_while_lagging_hears_nothing_more(stomp_workers: Workers, cast: Cast) -> None:
    room, port = f"/rooms/{cast.room.public_id}", stomp_workers.first.port
    async with (
        StompClient(port, cookie=cast.sessions["짱구"]) as host,
        StompClient(port, cookie=cast.sessions["맹구"], narrow=True) as member,
    ):
        await member.subscribe(room)
        member.reading.clear()
        said = await _say_much(host, room, 100)
        await member.send("UNSUBSCRIBE", id="sub-0", receipt="u")
        member.reading.set()
        await member.receipt("u")
        heard = len(member.messages())
        assert heard < len(said)
        await host.say(room, b"after", "after")
        await member.subscribe(room, "sub-1")
        assert len(member.messages()) == heard


async def test_a_flood_is_refused_by_name(stomp_workers: Workers, cast: Cast) -> None:
    async with StompClient(stomp_workers.first.port, cookie=cast.sessions["짱구"]) as host:
        beats = frame("BEGIN", transaction="t") + frame("ABORT", transaction="t")
        await host.raw((beats * FRAMES_BURST).decode())
        await host.ends("TOO_FAST", 4429)
    async with SockJsClient(stomp_workers.first.port, cookie=cast.sessions["짱구"]) as host:
        await host.raw(json.dumps(["\n"] * (FRAMES_BURST + 1)))
        await host.ends("TOO_FAST", 4429)


@pytest.mark.parametrize("chunk", [2_000_000, 16_384])
async def test_a_megabyte_is_refused_by_name(stomp_workers: Workers, cast: Cast, chunk: int) -> None:
    room = f"/rooms/{cast.room.public_id}"
    async with StompClient(stomp_workers.first.port, cookie=cast.sessions["짱구"]) as host:
        body = b"x" * 1024 * 1024
        data = frame("SEND", body, destination=room, content_length=len(body)).decode()
        with contextlib.suppress(websockets.ConnectionClosed):  # it is told long before all of it is sent
            for start in range(0, len(data), chunk):
                await host.raw(data[start : start + chunk])
        await host.ends("FRAME_TOO_LONG", 4400)


async def test_heart_beats_go_both_ways_and_a_silent_client_is_closed(
    stomp_workers: Workers, cast: Cast
) -> None:
    port = stomp_workers.first.port
    async with (
        StompClient(port, cookie=cast.sessions["짱구"], heart_beat="100,100") as beating,
        SockJsClient(port, cookie=cast.sessions["짱구"], heart_beat="0,100") as hearing,
        StompClient(port, cookie=cast.sessions["짱구"], heart_beat="100,0") as silent,
    ):
        assert beating.frames[0].headers["heart-beat"] == "200,200"
        await silent.until(lambda: True)
        for _ in range(8):
            await beating.raw("\n")
            await asyncio.sleep(0.1)
        await silent.ends("HEARTBEAT_TIMEOUT", 4408)
        assert silent.beats == 0
        await hearing.until(lambda: hearing.beats >= 3)
        await beating.until(lambda: beating.beats >= 3)
        assert hearing.closed is beating.closed is None


async def test_refusals_end_the_connection_unless_one_listens_for_them(
    stomp_workers: Workers, cast: Cast
) -> None:
    port, mine = stomp_workers.first.port, f"/rooms/{cast.room.public_id}"
    other = await in_thread(room_actions.create_room, user=cast.host, title="비밀")
    refused = [
        (f"/rooms/{other.public_id}", b"x", "NO_ROOM", 4403),
        ("/rooms/nowhere", b"x", "NO_ROOM", 4403),
        ("/queue/a", b"x", "BAD_DESTINATION", 4403),
        (mine, b"  ", "EMPTY", 4400),
        (mine, b"x" * 5_000, "BODY_TOO_LONG", 4400),
        (mine, b"\xff", "BAD_BODY", 4400),
        ("/pub/chat/message", b"{}", "BAD_BODY", 4400),
    ]
    async with StompClient(port, cookie=cast.sessions["맹구"]) as listener:
        await listener.subscribe("/user/queue/errors", "errors")
        for destination, body, code, close in refused:
            data = frame("SEND", body, destination=destination, receipt="r")
            await listener.raw(data)
            count = len(listener.messages("errors"))
            await listener.until(lambda n=count: len(listener.messages("errors")) > n)
            told = listener.messages("errors")[-1]
            assert (told.headers["code"], told.headers["receipt-id"]) == (code, "r")
            assert json.loads(told.body)["code"] == code
            async with StompClient(port, cookie=cast.sessions["맹구"]) as alone:
                await alone.raw(data)
                assert (await alone.ends(code, close)).headers["receipt-id"] == "r"
        await listener.say(mine, b"still here", "ok")


async def test_topics_carry_bytes_and_are_made_on_first_use(stomp_workers: Workers, cast: Cast) -> None:
    (first, second), topic_name = stomp_workers.ports, "/topic/orders.seoul"
    async with (
        StompClient(first, cookie=cast.sessions["훈이"]) as one,
        StompClient(second, cookie=cast.sessions["짱구"]) as two,
        SockJsClient(second, cookie=cast.sessions["맹구"]) as texts,
    ):
        for client in (one, two, texts):
            await client.subscribe(topic_name)
        bodies = [b"plain", bytes(range(256)), b"a\0b", b""]
        for n, body in enumerate(bodies):
            data = frame(
                "SEND",
                body,
                destination=topic_name,
                content_length=len(body),
                content_type="x/y",
                receipt=f"r{n}",
                colour=r"a\cb",
            )
            await one.raw(data)
            await one.receipt(f"r{n}")
        for client in (one, two):
            await client.until(lambda c=client: len(c.messages()) == 4)
            assert [m.body for m in client.messages()] == bodies
            assert [m.binary for m in client.messages()] == [False, True, False, False]
            assert {(m.headers["colour"], m.headers["content-type"]) for m in client.messages()} == {
                (r"a\cb", "x/y")
            }
        await texts.until(lambda: len(texts.messages()) == 4)
        assert texts.messages()[1].headers["content-transfer-encoding"] == "base64"
    assert await in_thread(Room.objects.filter(topic__name="orders.seoul").count) == 1
    async with (
        StompClient(first, cookie=cast.sessions["맹구"]) as one,
        StompClient(second, cookie=cast.sessions["짱구"]) as two,
    ):
        for n in range(5):  # both make it at once
            await asyncio.gather(*(c.subscribe(f"/topic/race{n}", f"race{n}") for c in (one, two)))
            seq = await one.say(f"/topic/race{n}", b"x", f"race{n}")
            await two.until(lambda i=n, s=seq: two.seqs(f"race{i}")[-1:] == [s])
    async with StompClient(first, cookie=cast.sessions["훈이"]) as one:
        await in_thread(_make_topics, cast.outsider.pk, TOPICS_MAX - 1)
        await one.send("SEND", b"x", destination="/topic/one.more")
        await one.ends("TOO_MANY_TOPICS", 4403)


def _make_topics(user_id: int, count: int) -> None:
    for n in range(count):
        topic(user_id, f"t{n}")
