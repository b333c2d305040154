"""STOMP's bytes: each version's rules, every limit by name, and the same frames however a stream is split."""

from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.realtime import stomp_codec
from chat.realtime.stomp_codec import (
    BODY_MAX,
    HEADERS_MAX,
    LINE_MAX,
    Decoder,
    FrameError,
    StompFrame,
    Version,
    encode,
    escape,
    unescape,
)

VERSIONS = list(Version)


def decode(data: bytes, version: Version = Version.V1_2) -> list[StompFrame]:
    decoder = Decoder()
    decoder.negotiated(version)
    return list(decoder.feed(data))


def code_of(data: bytes, version: Version = Version.V1_2) -> str:
    with pytest.raises(FrameError) as caught:
        decode(data, version)
    return caught.value.code


@pytest.mark.parametrize(
    ("version", "wire", "plain"),
    [
        (Version.V1_2, "a\\r\\n\\c\\\\b", "a\r\n:\\b"),
        (Version.V1_1, "a\\n\\c\\\\b", "a\n:\\b"),
        (Version.V1_0, "a\\n\\t\\", "a\\n\\t\\"),
    ],
)
def test_escapes_mean_what_their_version_says(version: Version, wire: str, plain: str) -> None:
    assert unescape(wire, version) == plain


@pytest.mark.parametrize(
    ("version", "wire"), [(Version.V1_2, "\\t"), (Version.V1_1, "\\r"), (Version.V1_2, "a\\")]
)
def test_an_undefined_escape_is_fatal(version: Version, wire: str) -> None:
    assert code_of(b"SEND\ndestination:%b\n\n\0" % wire.encode(), version) == "BAD_FRAME"


def test_nothing_is_escaped_in_connect_and_connected() -> None:
    frame = decode(b"CONNECT\nlogin:a\\tb\npasscode:x:y\n\n\0")[0]
    assert frame.headers == {"login": "a\\tb", "passcode": "x:y"}
    assert encode("CONNECTED", [("session", "a:b\\c")]) == b"CONNECTED\nsession:a:b\\c\n\n\0"


def test_a_line_break_cannot_make_a_header_in_any_version() -> None:
    for version in VERSIONS:
        assert encode("MESSAGE", [("a", "x\nb:y")], version=version).count(b"\n") == 3
    assert encode("CONNECTED", [("a", "x\nb:y")]).count(b"\n") == 3


def test_the_first_of_repeated_headers_counts() -> None:
    assert decode(b"SEND\nfoo:World\nfoo:Hello\n\n\0")[0].headers == {"foo": "World"}


def test_a_body_with_nul_needs_its_length() -> None:
    assert decode(b"SEND\ncontent-length:3\n\na\0b\0")[0].body == b"a\0b"
    assert decode(b"SEND\n\nab\0")[0].body == b"ab"
    assert code_of(b"SEND\ncontent-length:2\n\nabc\0") == "BAD_FRAME"
    assert code_of(b"SEND\ncontent-length:x\n\nabc\0") == "BAD_FRAME"
    assert code_of(b"SEND\ncontent-length:-1\n\n\0") == "BAD_FRAME"


def test_line_ends_between_frames_are_heart_beats() -> None:
    frames = decode(b"\n\r\n\nSEND\ndestination:a\n\n\0\n\n\r\nBEGIN\r\ntransaction:t\r\n\r\n\0\n")
    assert [(f.command, dict(f.headers)) for f in frames] == [
        ("SEND", {"destination": "a"}),
        ("BEGIN", {"transaction": "t"}),
    ]


def test_a_carriage_return_belongs_to_the_value_before_1_2() -> None:
    assert decode(b"SEND\na:b\r\n\n\0", Version.V1_1)[0].headers == {"a": "b\r"}
    assert decode(b"SEND\na:b\r\n\n\0", Version.V1_2)[0].headers == {"a": "b"}


def test_1_0_strips_the_space_behind_a_colon_and_later_versions_do_not() -> None:
    assert decode(b"SEND\ndestination: /a\n\n\0", Version.V1_0)[0].headers == {"destination": "/a"}
    assert decode(b"SEND\ndestination: /a\n\n\0", Version.V1_1)[0].headers == {"destination": " /a"}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"SEND\n" + b"a:b\n" * (HEADERS_MAX + 1), "HEADERS_TOO_MANY"),
        (b"SEND\na:" + b"x" * LINE_MAX, "HEADER_TOO_LONG"),
        (b"x" * (LINE_MAX + 1), "HEADER_TOO_LONG"),
        (b"SEND\ncontent-length:%d\n\n" % (BODY_MAX + 1), "FRAME_TOO_LONG"),
        (b"SEND\ncontent-length:" + b"9" * 4_000 + b"\n\n", "FRAME_TOO_LONG"),
        (b"SEND\n\n" + b"x" * (BODY_MAX + 1), "FRAME_TOO_LONG"),
        (b"SEND\nno colon\n\n\0", "BAD_FRAME"),
        (b"SEND\n:nameless\n\n\0", "BAD_FRAME"),
        (b"SEND\na:\xff\n\n\0", "BAD_FRAME"),
        (b"SEND\0\n\n\0", "BAD_FRAME"),
        (b"SUBSCRIBE\nid:1\n\nbody\0", "BAD_FRAME"),
    ],
)
def test_what_is_beyond_a_limit_or_no_frame_has_a_name(data: bytes, code: str) -> None:
    assert code_of(data) == code


def test_limits_themselves_are_allowed() -> None:
    headers = b"".join(b"h%d:x\n" % n for n in range(HEADERS_MAX))
    assert len(decode(b"SEND\n" + headers + b"\n\0")[0].headers) == HEADERS_MAX
    assert len(decode(b"SEND\n\n" + b"x" * BODY_MAX + b"\0")[0].body) == BODY_MAX
    assert decode(b"SEND\na:" + b"x" * (LINE_MAX - 2) + b"\n\n\0")


# --- whatever comes -------------------------------------------------------------------------------------------------

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)
names = texts.filter(bool).filter(lambda n: n != "content-length")
frames = st.tuples(
    st.sampled_from(["SEND", "MESSAGE", "ERROR"]),
    st.dictionaries(names, texts, max_size=6),
    st.binary(max_size=80),
)


def split(data: bytes, cuts: Iterable[int]) -> list[bytes]:
    places = sorted({min(cut, len(data)) for cut in cuts} | {0, len(data)})
    return [data[a:b] for a, b in pairwise(places)]


@given(
    st.lists(frames, max_size=4), st.sampled_from([Version.V1_1, Version.V1_2]), st.lists(st.integers(0, 600))
)
def test_what_is_encoded_is_decoded_however_it_is_split(
    sent: list[tuple[str, dict[str, str], bytes]], version: Version, cuts: list[int]
) -> None:
    if version is Version.V1_2:
        data = b"\n\r\n".join(encode(c, h.items(), b, version) for c, h, b in sent)
    else:
        data = b"\n".join(encode(c, h.items(), b, version) for c, h, b in sent)
    decoder = Decoder()
    decoder.negotiated(version)
    got = [frame for part in split(data, cuts) for frame in decoder.feed(part)]
    assert [
        (f.command, {n: v for n, v in f.headers.items() if n != "content-length"}, f.body) for f in got
    ] == sent
    assert decoder.kept == 0


@given(st.text(st.characters(codec="utf-8")), st.sampled_from(VERSIONS))
def test_a_text_is_one_header_value_and_comes_back(text: str, version: Version) -> None:
    assert "\n" not in escape(text, version)
    if version is not Version.V1_0:
        assert unescape(escape(text, version), version) == text


def outcome(parts: list[bytes], version: Version) -> tuple[list[StompFrame], str, int]:
    decoder, got, code, most = Decoder(), [], "", 0
    decoder.negotiated(version)
    try:
        for part in parts:
            for frame in decoder.feed(part):
                got.append(frame)
            most = max(most, decoder.kept)
    except FrameError as error:
        code = error.code
    return got, code, most


pieces = st.sampled_from(
    [
        b"SEND",
        b"CONNECT",
        b"\n",
        b"\r\n",
        b"\0",
        b":",
        b"\\n",
        b"\\t",
        b"a",
        b"content-length:3",
        b"\xff",
        b"x" * 50,
    ]
)


@given(
    st.lists(pieces | st.binary(max_size=5), max_size=40),
    st.lists(st.integers(0, 400)),
    st.sampled_from(VERSIONS),
)
def test_any_bytes_give_the_same_frames_or_the_same_refusal_however_they_are_split(
    soup: list[bytes], cuts: list[int], version: Version
) -> None:
    data = b"".join(soup)
    whole, parted = outcome([data], version), outcome(split(data, cuts), version)
    assert whole[:2] == parted[:2]


@given(st.lists(pieces | st.binary(max_size=60), max_size=60))
def test_no_stream_makes_it_keep_more_than_one_frame(soup: list[bytes]) -> None:
    limits = {"LINE_MAX": 40, "BODY_MAX": 100, "HEADERS_MAX": 3}
    before = {name: getattr(stomp_codec, name) for name in limits}
    for name, value in limits.items():
        setattr(stomp_codec, name, value)
    try:
        _, _, most = outcome(soup, Version.V1_2)
    finally:
        for name, value in before.items():
            setattr(stomp_codec, name, value)
    assert most <= 100 + 1
