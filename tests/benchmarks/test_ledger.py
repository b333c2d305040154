"""That the check of the load generator sees everything that can go wrong, also where it looks at bytes only once."""

import json
from collections.abc import Hashable

import pytest

from benchmarks.dialects import DIALECTS, Reload
from benchmarks.dialects.base import text_of
from benchmarks.dialects.rualone import Rualone
from benchmarks.ledger import Ledger
from benchmarks.websocket import Incoming, unmasked

FIRST, SECOND = (1, 1), (2, 1)


def entries(*seqs: int, by: tuple[tuple[int, int], ...] = (FIRST, SECOND)) -> bytes:
    items = [
        {"seq": seq, "kind": "text", "data": {"body": text_of(identity)}}
        for seq, identity in zip(seqs, by, strict=False)
    ]
    return json.dumps({"type": "entries", "room": "r", "items": items}, separators=(",", ":")).encode()


@pytest.fixture
def rualone() -> Rualone:
    return Rualone()


@pytest.fixture
def ledger(rualone: Rualone) -> Ledger:
    """Two messages were sent into a room of three."""
    ledger = Ledger(rualone, 3)
    ledger.sent = {FIRST: 0.0, SECOND: 0.0}
    return ledger


def answer(rualone: Rualone, identity: tuple[int, int], **more: object) -> bytes:
    cid = json.loads(rualone.message("r", identity))["cid"]
    kind = "error" if "code" in more else "ack"
    return json.dumps({"type": kind, "room": "r", "cid": cid, **more}, separators=(",", ":")).encode()


def remembered(ledger: Ledger, data: bytes) -> None:
    """The first member has got these bytes behind number 0."""
    stands: dict[Hashable, int] = {"r": 0}
    incoming, brought = Incoming(), []
    for _, payload in incoming.feed(data):
        frame = ledger.take(0, stands, payload, False)
        assert frame
        brought.append(frame)
    ledger.remember("r", 0, b"", data, incoming.rest, brought)


def test_the_same_bytes_at_the_same_place_are_known(ledger: Ledger) -> None:
    data = unmasked(entries(1, 2)) + b"\x81"
    remembered(ledger, data)
    stands: dict[Hashable, int] = {"r": 0}
    incoming = Incoming()
    assert ledger.known("r", stands, incoming, bytes(bytearray(data)), True)
    assert (stands, incoming.rest) == ({"r": 2}, b"\x81")
    assert (ledger.delivered, ledger.due, len(ledger.latencies)) == (4, 2, 2)


@pytest.mark.parametrize("place", range(0, 200, 7))
def test_one_byte_that_differs_is_looked_into(ledger: Ledger, place: int) -> None:
    data = unmasked(entries(1, 2))
    remembered(ledger, data)
    other = bytearray(data)
    other[place] ^= 1
    assert not ledger.known("r", {"r": 0}, Incoming(), bytes(other), False)


def test_the_same_bytes_elsewhere_are_looked_into(ledger: Ledger) -> None:
    data = unmasked(entries(1, 2))
    remembered(ledger, data)
    assert not ledger.known("r", {"r": 2}, Incoming(), data, False)
    behind = Incoming()
    behind.rest = b"\x81"
    assert not ledger.known("r", {"r": 0}, behind, data, False)


def test_what_came_twice_and_what_came_late_is_counted(ledger: Ledger) -> None:
    stands: dict[Hashable, int] = {"r": 0}
    ledger.take(0, stands, entries(2, by=(SECOND,)), False)
    ledger.take(0, stands, entries(1), False)
    ledger.take(0, stands, entries(1), False)
    assert (ledger.delivered, ledger.out_of_order, ledger.repeated) == (2, 1, 1)


def test_a_refused_message_is_not_due_and_its_sender_was_told(ledger: Ledger, rualone: Rualone) -> None:
    ledger.take(0, {"r": 0}, answer(rualone, FIRST, code="BUSY", detail="…", retry=True), False)
    assert (ledger.due, ledger.told, ledger.untrue()) == (3, {"BUSY, retry": 1}, (0, 0))
    ledger.take(1, {"r": 0}, entries(1), False)
    assert ledger.untrue() == (0, 1)


def test_an_acknowledged_message_must_come_under_its_number(ledger: Ledger, rualone: Rualone) -> None:
    ledger.take(0, {"r": 0}, answer(rualone, FIRST, seq=1, at="…"), False)
    assert ledger.untrue() == (1, 0)
    ledger.take(0, {"r": 0}, entries(1), False)
    assert ledger.untrue() == (0, 0)
    ledger.take(0, {"r": 0}, answer(rualone, SECOND, seq=3, at="…"), False)
    ledger.take(0, {"r": 1}, entries(2, by=(SECOND,)), False)
    assert ledger.untrue() == (1, 0)


def test_an_error_that_answers_no_message_of_ours_is_a_refusal(ledger: Ledger) -> None:
    ledger.take(0, {"r": 0}, b'{"type":"error","code":"BAD_FRAME","detail":""}', False)
    assert ledger.refusals == ['{"type":"error","code":"BAD_FRAME","detail":""}']


@pytest.mark.parametrize(
    "name",
    [name for name in DIALECTS if name not in ("rualone", "rualone-stomp", "stomp", "xmpp", "socketio")],
)
def test_where_the_order_is_each_senders_a_gap_is_lost(name: str) -> None:
    dialect = DIALECTS[name]
    ledger = Ledger(dialect, 1)
    ledger.sent = {(1, 1): 0.0, (1, 2): 0.0}
    ledger.take(0, {}, dialect.message("r", (1, 2)), False)
    assert (ledger.due, ledger.repeated) == (1, 0)


def test_what_a_member_reloads_is_neither_due_nor_lost(ledger: Ledger, rualone: Rualone) -> None:
    stands: dict[Hashable, int] = {"r": 0}
    assert ledger.take(0, stands, b'{"type":"resync","room":"r"}', False) == Reload("r")
    assert (stands, ledger.told) == ({}, {"RESYNC": 1})
    assert ledger.answers_returning(0, answer(rualone, FIRST, seq=1, at="…"))
    assert not ledger.answers_returning(0, entries(1))
    assert not ledger.answers_returning(1, answer(rualone, SECOND, seq=2, at="…"))
    ledger.enters(0, stands, "r", 1)
    assert (stands, ledger.due, ledger.untrue()) == ({"r": 1}, 5, (0, 0))
    ledger.take(0, stands, entries(2, by=(SECOND,)), False)
    assert (ledger.due, ledger.out_of_order, ledger.repeated) == (4, 0, 0)


def test_what_was_acknowledged_behind_a_reload_is_lost_if_nobody_gets_it(
    ledger: Ledger, rualone: Rualone
) -> None:
    stands: dict[Hashable, int] = {"r": 0}
    ledger.take(0, stands, b'{"type":"resync","room":"r"}', False)
    ledger.enters(0, stands, "r", 1)
    ledger.take(0, stands, answer(rualone, SECOND, seq=2, at="…"), False)
    assert ledger.untrue() == (1, 0)
