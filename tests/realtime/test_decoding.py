"""No bytes crash the decoder; every refusal has a code."""

import json
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.realtime import protocol
from chat.realtime.decoding import Refused, decode
from chat.realtime.limits import BODY_BYTES, BODY_CODE_POINTS, FRAME_BYTES

CODES = {"BAD_JSON", "BAD_FRAME", "UNKNOWN_TYPE", "BODY_TOO_LONG", "BAD_TEXT", "EMPTY", "FRAME_TOO_LONG"}
TYPES = [s.__struct_config__.tag for s in get_args(protocol.ClientFrame)]

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
almost = st.fixed_dictionaries(
    {"type": st.sampled_from(TYPES)},
    optional={
        "room": st.text(max_size=40) | anything,
        "cid": st.text(max_size=70) | anything,
        "body": st.text(st.characters(), max_size=50) | anything,
        "seq": st.integers() | anything,
        "since": st.integers() | anything,
        "before": st.integers(),
        "limit": st.integers(),
        "epoch": st.text() | anything,
        "more": anything,
    },
)


def outcome(text: str) -> protocol.ClientFrame | str:
    try:
        return decode(text)
    except Refused as error:
        refused = error
    assert refused.code in CODES
    assert refused.detail
    return refused.code


@given(st.text(st.characters(), max_size=300))
def test_any_text_is_refused_by_name(text: str) -> None:
    assert isinstance(outcome(text), str)


@given(anything)
def test_any_json_is_a_frame_or_refused_by_name(value: Any) -> None:
    outcome(json.dumps(value))


@given(almost)
def test_what_is_almost_a_frame_is_one_or_refused_by_name(value: dict[str, Any]) -> None:
    frame = outcome(json.dumps(value))
    if not isinstance(frame, str):
        assert frame.__struct_config__.tag == value["type"]


@given(st.text(min_size=1, max_size=200).filter(str.strip))
def test_any_storable_body_comes_through_unchanged(body: str) -> None:
    storable = "\x00" not in body
    frame = outcome(json.dumps({"type": "send", "room": "r", "cid": "c", "body": body}))
    assert frame == (protocol.Send("r", "c", body) if storable else "BAD_TEXT")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "BAD_JSON"),
        ("[" * 60_000, "BAD_JSON"),
        ("[]", "BAD_JSON"),
        ('{"type":"dance"}', "UNKNOWN_TYPE"),
        ('{"type":7}', "UNKNOWN_TYPE"),
        ("{}", "UNKNOWN_TYPE"),
        ('{"type":"send","room":"r","cid":"c","body":"\\ud800"}', "BAD_JSON"),
        ('{"type":"send","room":"r","cid":"c","body":"\ud800"}', "BAD_JSON"),
        ('{"type":"send","room":"r","cid":"c","body":"a\\u0000"}', "BAD_TEXT"),
        ('{"type":"send","room":"r","cid":"c","body":" \\n "}', "EMPTY"),
        ('{"type":"send","room":"r","cid":"c","body":""}', "EMPTY"),
        ('{"type":"send","room":"r","cid":"","body":"x"}', "BAD_FRAME"),
        ('{"type":"send","room":"r","cid":"가","body":"x"}', "BAD_FRAME"),
        ('{"type":"read","room":"r","seq":-1}', "BAD_FRAME"),
        ('{"type":"history","room":"r","before":9,"limit":101}', "BAD_FRAME"),
        (
            '{"type":"send","room":"r","cid":"c","body":"%s"}' % ("x" * (BODY_CODE_POINTS + 1)),
            "BODY_TOO_LONG",
        ),
        ('{"type":"send","room":"r","cid":"c","body":"%s"}' % ("😀" * (BODY_BYTES // 4)), "BODY_TOO_LONG"),
        ('{"type":"pong","x":"%s"}' % ("x" * FRAME_BYTES), "FRAME_TOO_LONG"),
        ('{"type":"pong","x":"%s"}' % ("가" * (FRAME_BYTES // 3)), "FRAME_TOO_LONG"),
    ],
)
def test_each_limit_has_its_code(text: str, code: str) -> None:
    assert outcome(text) == code


def test_a_refusal_names_the_cid_and_room_it_is_about() -> None:
    with pytest.raises(Refused) as caught:
        decode('{"type":"send","room":"r1","cid":"c1","body":""}')
    assert (caught.value.cid, caught.value.room) == ("c1", "r1")


def test_unknown_fields_are_ignored() -> None:
    assert decode('{"type":"typing","room":"r","mood":"hungry"}') == protocol.Typing("r")


def test_the_longest_body_fits_into_a_frame() -> None:
    body = "가" * BODY_CODE_POINTS
    assert len(body.encode()) <= BODY_BYTES
    assert decode(msgspec.json.encode(protocol.Send("r", "c", body)).decode()) == protocol.Send(
        "r", "c", body
    )
