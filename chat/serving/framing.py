"""The commonest client frame, cut out without a parser: whole, final, masked text (RFC 6455 section 5.2)."""

_TEXT_FINAL, _MASKED = 0x81, 0x80


def take_text_frame(data: bytes, longest: int) -> tuple[str, bytes] | None:
    """The first frame's text and the bytes behind it; None for anything else (another kind, a part, over `longest`
    bytes, bad UTF-8, a length not in its shortest form), which is left to a full parser."""
    if len(data) < 6 or data[0] != _TEXT_FINAL or not data[1] & _MASKED:
        return None
    size, start = data[1] & 0x7F, 2
    if size == 126:
        size, start = int.from_bytes(data[2:4], "big"), 4
        if size < 126:
            return None
    elif size == 127:
        return None
    end = start + 4 + size
    if len(data) < end or 0 < longest < size:
        return None
    try:
        text = _unmasked(data[start : start + 4], data[start + 4 : end]).decode()
    except UnicodeDecodeError:
        return None
    return text, data[end:]


def _unmasked(mask: bytes, payload: bytes) -> bytes:
    """Section 5.3, over the whole payload as one number."""
    size = len(payload)
    stream = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(stream, "big")).to_bytes(size, "big")
