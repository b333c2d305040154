"""The quick way through for common frames takes nothing else, and takes it right."""

import os
import struct

from hypothesis import given
from hypothesis import strategies as st

from chat.realtime.frame import Frame
from chat.serving.framing import take_text_frame

LONGEST = 100_000


def client_frame(payload: bytes, *, first: int = 0x81, mask: bytes = b"abcd", masked: bool = True) -> bytes:
    """A frame as a client sends it (RFC 6455 section 5.2)."""
    size, flag = len(payload), 0x80 if masked else 0
    if size < 126:
        head = struct.pack("!BB", first, flag | size)
    elif size < 1 << 16:
        head = struct.pack("!BBH", first, flag | 126, size)
    else:
        head = struct.pack("!BBQ", first, flag | 127, size)
    if not masked:
        return head + payload
    return head + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(payload))


@given(st.text(max_size=2_000), st.binary(min_size=4, max_size=4), st.binary(max_size=50))
def test_a_whole_text_frame_is_taken_and_the_rest_left(text: str, mask: bytes, rest: bytes) -> None:
    assert take_text_frame(client_frame(text.encode(), mask=mask) + rest, LONGEST) == (text, rest)


@given(st.text(min_size=1, max_size=300), st.data())
def test_a_part_of_a_frame_is_left_alone(text: str, data: st.DataObject) -> None:
    frame = client_frame(text.encode())
    cut = data.draw(st.integers(0, len(frame) - 1))
    assert take_text_frame(frame[:cut], LONGEST) is None


@given(st.binary(max_size=400))
def test_any_bytes_are_taken_as_a_frame_or_left(data: bytes) -> None:
    taken = take_text_frame(data, LONGEST)
    if taken is not None:
        text, rest = taken
        used = len(data) - len(rest)
        assert client_frame(text.encode(), mask=data[used - len(text.encode()) - 4 :][:4]) == data[:used]


def test_everything_uncommon_is_left_to_the_full_parser() -> None:
    assert take_text_frame(client_frame(b"x", first=0x01), LONGEST) is None, "a first fragment"
    assert take_text_frame(client_frame(b"x", first=0x80), LONGEST) is None, "a continuation"
    assert take_text_frame(client_frame(b"x", first=0x82), LONGEST) is None, "binary"
    assert take_text_frame(client_frame(b"x", first=0x89), LONGEST) is None, "a ping"
    assert take_text_frame(client_frame(b"x", first=0xC1), LONGEST) is None, "a reserved bit"
    assert take_text_frame(client_frame(b"x", masked=False) + b"later", LONGEST) is None, "unmasked"
    assert take_text_frame(client_frame(b"\xff\xfe"), LONGEST) is None, "not UTF-8"
    assert take_text_frame(client_frame(b"x" * 65_536), LONGEST) is None, "a 64-bit length"
    assert take_text_frame(client_frame(b"x" * 200), 100) is None, "over the limit"
    long_form = struct.pack("!BBH", 0x81, 0x80 | 126, 5) + b"\0\0\0\0hello"
    assert take_text_frame(long_form, LONGEST) is None, "a length not in its shortest form"


@given(st.sampled_from([0, 1, 125, 126, 127, 65_535, 65_536, 70_000]))
def test_our_own_frames_are_those_of_the_rfc(size: int) -> None:
    payload = os.urandom(size).hex().encode()[:size]
    assert Frame(payload).wire == client_frame(payload, masked=False)
