"""P7: the bytes on the wire, literally. A change here is a change of the protocol."""

import io

import msgspec
import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from chat.realtime import protocol as p
from chat.realtime.decoding import decode
from chat.realtime.entry import LiveEntry, entries_frame, parts

ITEM = p.Item(12, "text", 5, "c1", "2026-11-22T16:04:05.123Z", 9, msgspec.Raw('{"body":"안녕"}'.encode()))
EDIT = p.Item(
    13, "edit", 5, "c2", "2026-11-22T16:04:06.000Z", 9, msgspec.Raw(b"{}"),
    target=p.Target(12, 13, "text", msgspec.Raw(b'{"body":"hi"}')),
)  # fmt: skip
ITEM_BYTES = (
    '{"seq":12,"kind":"text","sender":5,"cid":"c1","at":"2026-11-22T16:04:05.123Z","n":9,'
    '"data":{"body":"안녕"}}'
)
EDIT_BYTES = (
    '{"seq":13,"kind":"edit","sender":5,"cid":"c2","at":"2026-11-22T16:04:06.000Z","n":9,"data":{},'
    '"target":{"seq":12,"rev":13,"kind":"text","data":{"body":"hi"}}}'
)

SERVER = [
    (p.Welcome("e1", 5, {"cid": 64}), '{"type":"welcome","epoch":"e1","user":5,"limits":{"cid":64}}'),
    (
        p.Joined("r", "e1", 13, 4, True, False, [ITEM], {"5": "짱구"}),
        '{"type":"joined","room":"r","epoch":"e1","head":13,"read":4,"recovered":true,"more":false,"items":['
        + ITEM_BYTES
        + '],"people":{"5":"짱구"}}',
    ),
    (
        p.Entries("r", [EDIT], {"5": "짱구"}),
        '{"type":"entries","room":"r","items":[' + EDIT_BYTES + '],"people":{"5":"짱구"}}',
    ),
    (p.Page("r", 12, False, [], {}), '{"type":"page","room":"r","before":12,"more":false,"items":[],"people":{}}'),
    (p.Ack("r", "c1", 12, "t"), '{"type":"ack","room":"r","cid":"c1","seq":12,"at":"t"}'),
    (p.IsTyping("r", 5), '{"type":"typing","room":"r","user":5}'),
    (p.Presence("r", [5], 1), '{"type":"presence","room":"r","users":[5],"count":1}'),
    (p.Position("r", 13), '{"type":"position","room":"r","head":13}'),
    (p.Removed("r", "removed"), '{"type":"removed","room":"r","reason":"removed"}'),
    (p.Resync("r"), '{"type":"resync","room":"r"}'),
    (p.Notified(), '{"type":"notified"}'),
    (p.Ping(), '{"type":"ping"}'),
    (p.Error("BUSY", "Later.", True, "c1", "r"),
     '{"type":"error","code":"BUSY","detail":"Later.","retry":true,"cid":"c1","room":"r"}'),
    (p.Error("BAD_JSON", "No."), '{"type":"error","code":"BAD_JSON","detail":"No."}'),
]  # fmt: skip

CLIENT = [
    ('{"type":"join","room":"r","since":12,"epoch":"e1"}', p.Join("r", 12, "e1")),
    ('{"type":"join","room":"r"}', p.Join("r")),
    ('{"type":"leave","room":"r"}', p.Leave("r")),
    ('{"type":"send","room":"r","cid":"c1","body":"안녕"}', p.Send("r", "c1", "안녕")),
    ('{"type":"edit","room":"r","cid":"c2","seq":12,"body":"hi"}', p.Edit("r", "c2", 12, "hi")),
    ('{"type":"delete","room":"r","cid":"c3","seq":12}', p.Delete("r", "c3", 12)),
    ('{"type":"typing","room":"r"}', p.Typing("r")),
    ('{"type":"read","room":"r","seq":12}', p.Read("r", 12)),
    ('{"type":"history","room":"r","before":12,"limit":20}', p.History("r", 12, 20)),
    ('{"type":"pong"}', p.Pong()),
]


@pytest.mark.parametrize(
    ("frame", "wire"), SERVER, ids=lambda v: type(v).__name__ if not isinstance(v, str) else ""
)
def test_server_frames_have_these_bytes(frame: p.ServerFrame, wire: str) -> None:
    assert msgspec.json.encode(frame).decode() == wire


@pytest.mark.parametrize(("wire", "frame"), CLIENT)
def test_client_frames_with_these_bytes_are_understood(wire: str, frame: p.ClientFrame) -> None:
    assert decode(wire) == frame


def test_the_frame_built_around_encoded_items_is_the_same_frame() -> None:
    live = [
        LiveEntry(12, ITEM_BYTES.encode(), {"5": "짱구"}),
        LiveEntry(13, EDIT_BYTES.encode(), {"5": "짱구"}),
    ]
    frame = p.Entries("r", [ITEM, EDIT], {"5": "짱구"})
    assert entries_frame("r", live).text == msgspec.json.encode(frame).decode()
    assert (
        entries_frame("r", live[:1]).text
        == msgspec.json.encode(p.Entries("r", [ITEM], {"5": "짱구"})).decode()
    )


def test_the_published_documents_are_up_to_date() -> None:
    call_command("asyncapi", "--check", stdout=io.StringIO())


@given(st.lists(st.integers(1, 50), max_size=40), st.integers(1, 120))
def test_entries_are_cut_into_frames_without_losing_their_order(sizes: list[int], limit: int) -> None:
    entries = [LiveEntry(seq, b"x" * size, {}) for seq, size in enumerate(sizes, 1)]
    runs = parts(entries, limit)
    assert [e for run in runs for e in run] == entries
    assert all(len(run) == 1 or sum(len(e.item) for e in run) <= limit for run in runs)
    assert all(runs[1:]) or runs == [[]]
