"""Live delivery over two real workers: once and in order, edits and resumes included."""

import json

import pytest

from chat.realtime.limits import FRAMES_BURST, ROOMS_PER_SOCKET
from tests.live.servers import Cast, Workers, in_thread
from tests.live.truth import timeline_state
from tests.live.wsclient import WsClient

pytestmark = pytest.mark.faults


async def test_a_text_reaches_the_other_worker_once_and_a_retry_writes_nothing(
    workers: Workers, cast: Cast
) -> None:
    room = cast.room.public_id
    async with (
        WsClient(workers.first.port, cast.sessions["짱구"]) as host,
        WsClient(workers.second.port, cast.sessions["맹구"]) as member,
    ):
        await host.join(room)
        seen = await member.join(room)
        seq = await host.say(room, "c1", "안녕")
        host.acks.clear()
        again = await host.say(room, "c1", "안녕")
        last = await host.say(room, "c2", "끝")
        await member.until(lambda: seen.position == last)
        assert seq == again == last - 1
        assert not seen.breaches
        assert seen.state[seq] == (0, {"body": "안녕"})


async def test_edits_and_deletions_reach_everybody_as_the_present_state(workers: Workers, cast: Cast) -> None:
    room = cast.room.public_id
    async with (
        WsClient(workers.first.port, cast.sessions["짱구"]) as host,
        WsClient(workers.second.port, cast.sessions["맹구"]) as member,
    ):
        await host.join(room)
        seen = await member.join(room)
        first, second = await host.say(room, "c1", "하나"), await member.say(room, "c2", "둘")
        await host.send(type="edit", room=room, cid="e1", seq=first, body="하나!")
        await host.send(type="delete", room=room, cid="d1", seq=second)  # the host may
        await member.until(lambda: seen.position == second + 2)
        assert seen.state[first][1] == {"body": "하나!"}
        assert seen.state[second][1] == {"deleted": True}
        await member.send(type="edit", room=room, cid="e2", seq=first, body="내 것")
        await member.until(lambda: "NOT_YOURS" in member.errors())
    assert seen.state == await _truth(cast)


async def test_a_resume_brings_exactly_what_was_missed(workers: Workers, cast: Cast) -> None:
    room = cast.room.public_id
    async with WsClient(workers.first.port, cast.sessions["짱구"]) as host:
        await host.join(room)
        async with WsClient(workers.second.port, cast.sessions["맹구"]) as member:
            seen = await member.join(room)
            await member.until(lambda: seen.position == host.rooms[room].position)
            held, epoch = seen.position, member.of("joined")[0]["epoch"]
        said = [await host.say(room, f"m{n}", str(n)) for n in range(20)]
        async with WsClient(workers.second.port, cast.sessions["맹구"]) as member:
            member.rooms[room] = seen
            await member.join(room, since=held, epoch=epoch)
            await member.until(lambda: seen.position == said[-1])
            assert member.of("joined")[0]["recovered"] is True
            assert seen.order[-20:] == said
            assert not seen.breaches


async def test_numbers_of_the_future_or_of_another_epoch_are_answered_with_resync(
    workers: Workers, cast: Cast
) -> None:
    room = cast.room.public_id
    async with WsClient(workers.first.port, cast.sessions["짱구"]) as host:
        await host.send(type="join", room=room, since=10_000)
        await host.until(lambda: len(host.of("resync")) == 1)
        await host.send(type="join", room=room, since=1, epoch="of-another-time")
        await host.until(lambda: len(host.of("resync")) == 2)
        assert not host.rooms


async def test_two_workers_in_one_room_agree_on_one_order_under_load(workers: Workers, cast: Cast) -> None:
    room, count = cast.room.public_id, 300
    async with (
        WsClient(workers.first.port, cast.sessions["짱구"]) as host,
        WsClient(workers.second.port, cast.sessions["맹구"]) as member,
    ):
        folds = [await host.join(room), await member.join(room)]
        for n in range(count):
            await host.send(type="send", room=room, cid=f"h{n}", body=f"h{n}")
            await member.send(type="send", room=room, cid=f"m{n}", body=f"m{n}")
        await host.until(lambda: len(host.acks) == count)
        await member.until(lambda: len(member.acks) == count)
        head = max(*host.acks.values(), *member.acks.values())
        await host.until(lambda: folds[0].position == head)
        await member.until(lambda: folds[1].position == head)
        assert not folds[0].breaches
        assert not folds[1].breaches
        sent = [folds[0].state[host.acks[f"h{n}"]][1]["body"] for n in range(count)]
        assert sent == [f"h{n}" for n in range(count)]
        assert sorted(host.acks.values()) == list(host.acks.values()), "one sender's order is kept"
    assert folds[0].state == folds[1].state == await _truth(cast)


async def test_history_pages_cover_everything_before_the_opening_page(workers: Workers, cast: Cast) -> None:
    room = cast.room.public_id
    async with WsClient(workers.first.port, cast.sessions["짱구"]) as host:
        fold = await host.join(room)
        for n in range(130):
            await host.send(type="send", room=room, cid=f"h{n}", body=f"h{n}")
        await host.until(lambda: len(host.acks) == 130 and fold.position == max(host.acks.values()))
        before, seen = (fold.position or 0) + 1, []
        while True:
            await host.send(type="history", room=room, before=before, limit=40)
            await host.until(lambda at=before: any(p["before"] == at for p in host.of("page")))
            page = host.of("page")[-1]
            seen = [i["seq"] for i in page["items"]] + seen
            if not page["more"]:
                break
            before = page["items"][0]["seq"]
        assert seen == list(range(1, (fold.position or 0) + 1))


async def test_presence_and_typing_cross_workers(workers: Workers, cast: Cast) -> None:
    room = cast.room.public_id
    both = sorted([cast.host.pk, cast.member.pk])
    async with (
        WsClient(workers.first.port, cast.sessions["짱구"]) as host,
        WsClient(workers.second.port, cast.sessions["맹구"]) as member,
    ):
        await host.join(room)
        await member.join(room)
        await host.until(lambda: any(p["users"] == both for p in host.of("presence")))
        await member.send(type="typing", room=room)
        await host.until(lambda: any(t["user"] == cast.member.pk for t in host.of("typing")))
    assert not member.of("typing"), "nobody is told of their own typing"


async def test_every_refusal_has_a_code_and_leaves_the_connection_open(workers: Workers, cast: Cast) -> None:
    room = cast.room.public_id
    async with WsClient(workers.first.port, cast.sessions["짱구"]) as host:
        await host.join(room)
        for text in (
            "{",
            '{"type":"dance"}',
            json.dumps({"type": "send", "room": room, "cid": "c", "body": "x" * 4001}),
        ):
            await host.socket.send(text)
        await host.send(type="send", room="elsewhere", cid="c", body="hello")
        await host.send(type="send", room=room, cid="c", body="a\x00b")
        await host.send(type="delete", room=room, cid="d", seq=999_999)
        await host.until(lambda: len(host.errors()) == 6)
        assert host.errors() == [
            "BAD_JSON",
            "UNKNOWN_TYPE",
            "BODY_TOO_LONG",
            "NOT_JOINED",
            "BAD_TEXT",
            "NOT_FOUND",
        ]
        await host.say(room, "c", "still here")


async def test_a_binary_frame_closes_with_4400_and_a_flood_with_4429(workers: Workers, cast: Cast) -> None:
    async with WsClient(workers.first.port, cast.sessions["짱구"]) as host:
        await host.socket.send(b"\x00\x01")
        await host.until(lambda: host.closed is not None)
        assert host.closed == 4400
    async with WsClient(workers.first.port, cast.sessions["짱구"]) as host:
        for _ in range(FRAMES_BURST + 200):
            await host.socket.send('{"type":"pong"}')
        await host.until(lambda: host.closed is not None)
        assert host.closed == 4429


async def test_one_socket_carries_many_rooms_up_to_the_limit(workers: Workers, cast: Cast) -> None:
    async with WsClient(workers.first.port, cast.sessions["짱구"]) as host:
        await host.join(cast.room.public_id)
        await host.send(type="leave", room=cast.room.public_id)
        await host.send(type="send", room=cast.room.public_id, cid="c", body="x")
        await host.until(lambda: host.errors() == ["NOT_JOINED"])
        assert host.of("welcome")[0]["limits"]["rooms_per_socket"] == ROOMS_PER_SOCKET


async def _truth(cast: Cast) -> dict[int, tuple[int, dict[str, object]]]:
    return await in_thread(timeline_state, cast.room.pk)
