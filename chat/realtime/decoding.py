"""From a client's bytes to a frame, or to a refusal with a code. Never raises anything else, whatever the bytes."""

from typing import Final

import msgspec

from chat.realtime.limits import BODY_BYTES, BODY_CODE_POINTS, FRAME_BYTES
from chat.realtime.protocol import ClientFrame, Edit, Send

_decoder: Final[msgspec.json.Decoder[ClientFrame]] = msgspec.json.Decoder(ClientFrame)
_loose: Final = msgspec.json.Decoder(dict[str, object])


class Refused(Exception):
    """A frame that is not accepted: code, sentence, and the cid and room it named, if they could be read."""

    def __init__(self, code: str, detail: str, *, cid: str | None = None, room: str | None = None) -> None:
        super().__init__(code, detail)
        self.code, self.detail, self.cid, self.room = code, detail, cid, room


def decode(text: str) -> ClientFrame:
    """The frame in `text`; Refused otherwise."""
    if len(text) > FRAME_BYTES:
        raise Refused("FRAME_TOO_LONG", f"A frame has at most {FRAME_BYTES} bytes.")
    try:
        raw = text.encode()
    except UnicodeEncodeError:
        raise Refused("BAD_JSON", "This is not valid Unicode.") from None
    if len(raw) > FRAME_BYTES:
        raise Refused("FRAME_TOO_LONG", f"A frame has at most {FRAME_BYTES} bytes.")
    try:
        frame = _decoder.decode(raw)
    except msgspec.ValidationError as error:
        raise _refusal(raw, str(error)) from None
    except (msgspec.DecodeError, RecursionError):
        raise Refused("BAD_JSON", "A frame is one JSON object.") from None
    if isinstance(frame, Send | Edit):
        check_body(frame.body, cid=frame.cid, room=frame.room)
    return frame


def check_body(body: str, *, cid: str | None = None, room: str | None = None) -> None:
    """Refused unless the text can be stored and shown."""
    if "\x00" in body:
        raise Refused("BAD_TEXT", "A text cannot contain NUL.", cid=cid, room=room)
    try:
        size = len(body.encode())
    except UnicodeEncodeError:
        raise Refused(
            "BAD_TEXT", "A text cannot contain half a surrogate pair.", cid=cid, room=room
        ) from None
    if not body.strip():
        raise Refused("EMPTY", "There is nothing to send.", cid=cid, room=room)
    if len(body) > BODY_CODE_POINTS or size > BODY_BYTES:
        raise Refused(
            "BODY_TOO_LONG", f"A text has at most {BODY_CODE_POINTS} characters.", cid=cid, room=room
        )


def _refusal(raw: bytes, why: str) -> Refused:
    try:
        loose = _loose.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return Refused("BAD_JSON", "A frame is one JSON object.")
    cid, room = (
        v if isinstance(v, str) and len(v) <= 64 else None for v in (loose.get("cid"), loose.get("room"))
    )
    if why.endswith("`$.type`") or "required field `type`" in why:
        return Refused("UNKNOWN_TYPE", "No frame has this type.", cid=cid, room=room)
    if "$.body" in why and "length <=" in why:
        return Refused(
            "BODY_TOO_LONG", f"A text has at most {BODY_CODE_POINTS} characters.", cid=cid, room=room
        )
    if "$.body" in why and "length >=" in why:
        return Refused("EMPTY", "There is nothing to send.", cid=cid, room=room)
    return Refused("BAD_FRAME", why, cid=cid, room=room)
