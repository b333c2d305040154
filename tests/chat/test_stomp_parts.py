"""The parts of a STOMP session that need no socket: destinations, bodies, transactions, heart-beats."""

import asyncio
import contextlib
import json

import msgspec
import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from chat import room_kinds, stomp_bodies
from chat.consumers.stomp_beats import PATIENCE, HeartBeats, agreed
from chat.consumers.stomp_transactions import BYTES_MAX, FRAMES_MAX, OPEN_MAX, Transactions
from chat.errors import ChatError
from chat.realtime.entry import LiveEntry
from chat.realtime.stomp_codec import FrameError, StompFrame
from chat.stomp_destinations import At, place, post
from chat.timeline import Draft
from chat.topic_kinds import TOPIC_MESSAGE, TopicMessage, topic_message


def live(kind: str, data: object, sender: int | None = 5) -> LiveEntry:
    item = {"seq": 7, "kind": kind, "sender": sender, "cid": "c", "at": "", "n": 1, "data": data}
    return LiveEntry(7, msgspec.json.encode(item), {"5": "짱구", "6": "맹구"})


@pytest.mark.parametrize(
    ("kind", "data", "told"),
    [
        ("text", {"body": "안녕"}, ("TALK", "짱구", "안녕")),
        ("room.joined", {"user": 6}, ("ENTER", "맹구", "맹구님이 들어왔어요")),
        ("room.left", {"user": 6, "by": 6, "reason": "left"}, ("NOTICE", "", "맹구님이 나갔어요")),
    ],
)
def test_the_write_up_is_told_in_its_own_words_and_in_korean(
    kind: str, data: object, told: tuple[str, str, str]
) -> None:
    with translation.override("en"):
        body = stomp_bodies.writeup("r", live(kind, data))
    assert body is not None
    said = json.loads(body.payload)
    assert list(said) == ["type", "roomId", "sender", "message"]
    assert (said["type"], said["sender"], said["message"]) == told
    assert said["roomId"] == "r"


@pytest.mark.parametrize(
    ("kind", "data"), [("edit", {}), ("text", {"deleted": True}), ("from.the.future", {"x": 1})]
)
def test_the_write_up_is_not_told_what_it_cannot_show(kind: str, data: object) -> None:
    assert stomp_bodies.writeup("r", live(kind, data)) is None


def test_our_own_words_are_the_entry_and_who_is_in_it() -> None:
    body = stomp_bodies.entry_json("r", live("text", {"body": "안녕"}))
    said = json.loads(body.payload)
    assert (said["seq"], said["data"], said["people"]) == (7, {"body": "안녕"}, {"5": "짱구", "6": "맹구"})


@given(st.binary(max_size=200), st.lists(st.tuples(st.text(max_size=9), st.text(max_size=9)), max_size=3))
def test_a_topic_gives_back_the_bytes_it_was_given(payload: bytes, headers: list[tuple[str, str]]) -> None:
    headers = [(n.replace("\0", ""), v.replace("\0", "")) for n, v in headers]
    data = topic_message("a/b", headers, payload)
    stored = TOPIC_MESSAGE.encode(data)
    assert b"\\u0000" not in stored, "PostgreSQL cannot hold it"
    body = stomp_bodies.topic("r", live("topic.message", json.loads(stored)))
    assert body is not None
    assert (body.payload, list(body.headers), body.content_type) == (payload, headers, "a/b")
    assert msgspec.json.decode(stored, type=TopicMessage) == data


def test_destinations() -> None:
    assert place("/sub/chat/room/a-_9", topics=False) == (At.WRITEUP, "a-_9")
    assert place("/rooms/a", topics=False) == (At.ROOM, "a")
    assert place("/topic/a.b-c_9", topics=True) == (At.TOPIC, "a.b-c_9")
    assert place("/user/queue/errors", topics=False) == (At.ERRORS, "")
    for there in ("/topic/a", "/topic/가", "/topic/", "/rooms/a/b", "rooms/a", "/rooms/a\n", "", "/queue/a"):
        with pytest.raises(ChatError) as refused:
            place(there, topics=there == "/topic/가")
        assert refused.value.refusal.code == "BAD_DESTINATION"


@pytest.mark.parametrize(
    ("destination", "body", "headers", "code"),
    [
        ("/pub/chat/message", b"[]", {}, "BAD_BODY"),
        ("/pub/chat/message", b'{"type":"QUIT","roomId":"r"}', {}, "BAD_BODY"),
        ("/pub/chat/message", b'{"type":"TALK","roomId":"r/x","message":"a"}', {}, "BAD_DESTINATION"),
        ("/pub/chat/message", b'{"type":"TALK","roomId":"r","message":" "}', {}, "EMPTY"),
        ("/rooms/r", b'"text"', {"content-type": "application/json;charset=UTF-8"}, "BAD_BODY"),
        ("/rooms/r", b"a\0", {}, "BAD_TEXT"),
        ("/sub/chat/room/r", b"a", {}, "BAD_DESTINATION"),
        ("/topic/t", b"a", {f"h{n}": "" for n in range(17)}, "TOO_MANY_USER_HEADERS"),
        ("/topic/t", b"a", {"h": "x" * 5_000}, "TOO_MANY_USER_HEADERS"),
    ],
)
def test_a_send_that_means_nothing_has_a_code(
    destination: str, body: bytes, headers: dict[str, str], code: str
) -> None:
    with pytest.raises(ChatError) as refused:
        post(StompFrame("SEND", {"destination": destination, **headers}, body), topics=True)
    assert refused.value.refusal.code == code


@given(
    st.binary(max_size=100),
    st.sampled_from(["/pub/chat/message", "/rooms/r", "/topic/t"]),
    st.text(max_size=20),
)
def test_no_body_is_too_strange(body: bytes, destination: str, content_type: str) -> None:
    frame = StompFrame("SEND", {"destination": destination, "content-type": content_type}, body)
    with contextlib.suppress(ChatError):
        assert post(frame, topics=True).size == len(body)


def draft(size: int = 1) -> Draft:
    return Draft(1, 1, "c", room_kinds.TEXT.name, b"x" * size)


def code_of(call: object, *args: object) -> str:
    with pytest.raises(FrameError) as caught:
        call(*args)  # type: ignore[operator]  a method of Transactions
    return caught.value.code


def test_transactions_are_bounded_in_every_way() -> None:
    open_ = Transactions()
    open_.begin("a")
    assert code_of(open_.begin, "a") == "TRANSACTION_TAKEN"
    assert code_of(open_.begin, None) == code_of(open_.end, "") == "BAD_FRAME"
    assert code_of(open_.end, "b") == code_of(open_.add, "b", draft()) == "NO_TRANSACTION"
    for n in range(OPEN_MAX - 1):
        open_.begin(f"t{n}")
    assert code_of(open_.begin, "b") == "TOO_MANY_TRANSACTIONS"
    for _ in range(FRAMES_MAX):
        open_.add("a", draft())
    assert code_of(open_.add, "a", draft()) == "TRANSACTION_TOO_LARGE"
    open_.add("t0", draft(BYTES_MAX - FRAMES_MAX))
    assert code_of(open_.add, "t1", draft()) == "TRANSACTION_TOO_LARGE"
    assert len(open_.end("t0")) == 1
    open_.add("t1", draft(BYTES_MAX - FRAMES_MAX))
    assert len(open_.end("a")) == FRAMES_MAX


def test_heart_beats_are_the_longer_of_what_one_can_and_the_other_wants() -> None:
    assert agreed("0,0", 10_000) == (0.0, 0.0)
    assert agreed("4000,20000", 10_000) == (20.0, 10.0)
    assert agreed(" 15000 , 1 ", 10_000) == (10.0, 15.0)
    for header in ("", "1", "1,2,3", "-1,0", "a,b", "1.5,0", "1" * 10 + ",0", "١,٢"):
        with pytest.raises(FrameError):
            agreed(header, 10_000)


async def test_silence_is_told_once_and_only_when_it_lasted() -> None:
    told: list[str] = []
    silent = asyncio.Event()

    def gone() -> None:
        told.append("gone")
        silent.set()

    def beat() -> None:
        told.append("beat")
        if told.count("beat") == 3:
            three.set()

    three = asyncio.Event()
    beats = HeartBeats(beat, gone)
    loop = asyncio.get_running_loop()
    began = loop.time()
    beats.start(0.0, 0.02)
    for _ in range(5):
        await asyncio.sleep(0.01)
        beats.heard()
    heard = loop.time()
    await silent.wait()
    assert loop.time() - heard >= 0.02 * PATIENCE - 0.002
    assert loop.time() - began > 0.09
    assert told == ["gone"]
    beats.start(0.01, 0.0)
    await three.wait()
    beats.stop()
