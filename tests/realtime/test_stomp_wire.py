"""MESSAGE frames as bytes, made once for all who may share them."""

import gc
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.realtime import sockjs, stomp_wire
from chat.realtime.entry import JSON, LiveEntry, Prepared
from chat.realtime.frame import Frame
from chat.realtime.stomp_codec import Decoder, Version
from chat.realtime.stomp_wire import PLAIN, SOCKJS, Body, Packing, Speech

V1_2 = Speech(Version.V1_2, PLAIN)
made: list[int] = []


def bodies(room: str, entry: LiveEntry) -> Body | None:
    """Odd numbers only; 3 is no text."""
    made.append(entry.seq)
    if entry.seq % 2 == 0:
        return None
    return Body("a/b", b"\xff\0" if entry.seq == 3 else b"hi:%d" % entry.seq, [("x", "y:z")], entry.seq == 3)


def entries(*seqs: int) -> list[LiveEntry]:
    return [LiveEntry(seq, b"{}", {}) for seq in seqs]


def wire(subscription: str = "sub-0", speech: Speech = V1_2, *, acked: bool = False) -> stomp_wire.StompWire:
    return stomp_wire.stomp_wire("/d/r", bodies, speech, subscription, acked=acked)


@pytest.mark.parametrize(
    ("made_by", "payload"),
    [
        (
            wire("a:b", acked=True),
            b"MESSAGE\nsubscription:a\\cb\ndestination:/d/r\nmessage-id:r/1\nseq:1\ncontent-type:a/b\nack:r/1\n"
            b"x:y\\cz\ncontent-length:4\n\nhi:1\0",
        ),
        (
            wire("a:b", Speech(Version.V1_0, PLAIN)),
            b"MESSAGE\nsubscription:a:b\ndestination:/d/r\nmessage-id:r/1\nseq:1\ncontent-type:a/b\n"
            b"x:y:z\ncontent-length:4\n\nhi:1\0",
        ),
        (
            wire("a", Speech(Version.V1_2, SOCKJS)),
            b'a["MESSAGE\\nsubscription:a\\ndestination:/d/r\\nmessage-id:r/1\\nseq:1\\ncontent-type:a/b\\n'
            b'x:y\\\\cz\\ncontent-length:4\\n\\nhi:1\\u0000"]',
        ),
    ],
)
def test_a_message_has_these_bytes(made_by: stomp_wire.StompWire, payload: bytes) -> None:
    frame = made_by.frame("r", entries(1), {})
    assert frame is not None
    assert (frame.payload, frame.binary) == (payload, False)


def test_alike_subscribers_share_a_frame_and_the_others_all_but_their_id() -> None:
    made.clear()
    prepared = Prepared("r", entries(1, 2, 3))
    first, same, other = wire("sub-0"), wire("sub-0"), wire("sub-1")
    assert first is same
    assert prepared[first] is prepared[same]
    frames = [prepared[first], prepared[other]]
    assert made == [1, 2, 3], "each body is made once"
    assert [len(f.messages) for f in frames if f] == [2, 2]
    texts = [f.messages[0] for f in frames if f]
    assert str(texts[0]).replace("sub-0", "sub-1") == texts[1]


def test_a_run_is_one_write_of_whole_messages() -> None:
    frame = wire().frame("r", entries(1, 3, 5), {})
    assert frame is not None
    assert [type(m) for m in frame.messages] == [str, bytes, str]
    singles = [wire().frame("r", entries(n), {}) for n in (1, 3, 5)]
    assert frame.wire == b"".join(s.wire for s in singles if s)
    assert frame.wire[0] == 0x81
    assert b"\x82" in frame.wire
    assert wire().frame("r", entries(2, 4), {}) is None


def test_what_is_no_text_goes_through_sockjs_in_base64() -> None:
    frame = wire(speech=Speech(Version.V1_2, SOCKJS)).frame("r", entries(3), {})
    assert frame is not None
    text = json.loads(frame.text[1:])[0]
    assert "content-transfer-encoding:base64\n" in text
    assert text.endswith("\n\n/wA=\0")


def test_nothing_is_kept_of_wires_that_nobody_has() -> None:
    kept = wire("somebody's")
    gc.collect()
    before = len(stomp_wire._wires)
    for n in range(100):
        wire(f"gone-{n}")
    gc.collect()
    assert len(stomp_wire._wires) == before
    assert wire("somebody's") is kept


def test_json_readers_get_their_frame_beside_them() -> None:
    prepared = Prepared("r", entries(1))
    assert json.loads(prepared[JSON].text)["type"] == "entries"  # type: ignore[union-attr]  JSON shows every entry
    assert not wire().hints


@given(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40),
    st.binary(max_size=80),
    st.sampled_from([Version.V1_1, Version.V1_2]),
    st.sampled_from([PLAIN, SOCKJS]),
)
def test_every_message_can_be_read_again(
    id_: str, payload: bytes, version: Version, packing: Packing
) -> None:
    try:
        payload.decode()
        binary = False
    except UnicodeDecodeError:
        binary = True

    def body(room: str, entry: LiveEntry) -> Body:
        return Body("a/b", payload, binary=binary)

    if version is Version.V1_1 and "\r" in id_:
        id_ = id_.replace("\r", "")
    made_by = stomp_wire.stomp_wire("/d", body, Speech(version, packing), id_, acked=False)
    frame: Frame | None = made_by.frame("r", entries(1), {})
    assert frame is not None
    data = json.loads(frame.text[1:])[0].encode() if packing is SOCKJS else frame.payload
    decoder = Decoder()
    decoder.negotiated(version)
    (got,) = list(decoder.feed(data))
    assert got.headers["subscription"] == id_
    if not (packing is SOCKJS and binary):
        assert got.body == payload
    frame.wire  # noqa: B018  it can be made of any of them


@given(st.text(max_size=200) | st.binary(max_size=50).map(repr))
def test_any_text_is_sockjs_messages_or_refused(text: str) -> None:
    try:
        found = sockjs.read(text)
    except sockjs.NotSockJs:
        return
    assert all(isinstance(each, str) for each in found)


@given(st.lists(st.text(st.characters(codec="utf-8"))))
def test_what_a_sockjs_client_sends_is_read(messages: list[str]) -> None:
    assert sockjs.read(json.dumps(messages)) == messages
    assert sockjs.read("") == []
    assert sockjs.read('"alone"') == ["alone"]
    assert sockjs.closing(4401, 'a "b"') == b'c[4401,"a \\"b\\""]'
