"""What a MESSAGE's body is at each kind of destination (docs/protocol.md, "STOMP")."""

import base64
from typing import Any, Final

import msgspec
from django.conf import settings
from django.utils import translation

from chat import kinds, lines, room_kinds
from chat.realtime.entry import LiveEntry
from chat.realtime.stomp_wire import Body
from chat.topic_kinds import TOPIC_MESSAGE

JSON: Final = "application/json"
encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder().decode


def entry_json(room: str, entry: LiveEntry) -> Body:
    """`/rooms/{id}`: the entry as in `rualone.v1`, and the nicknames it mentions as `people`."""
    return Body(JSON, b'%b,"people":%b}' % (entry.item[:-1], encode(entry.people)))


def writeup(room: str, entry: LiveEntry) -> Body | None:
    """`/sub/chat/room/{id}`: the write-up's message. Changes to earlier entries are not told: it cannot apply them."""
    item = _decode(entry.item)
    kind, data = item["kind"], item["data"]
    known = kinds.get(kind)
    if known is None or not known.shown or "deleted" in data:
        return None
    if kind == room_kinds.TEXT.name:
        return _message("TALK", room, entry.people.get(str(item["sender"]), ""), data["body"])
    with translation.override(settings.LANGUAGE_CODE):
        sentence = lines.sentence(kind, data, entry.people, item["sender"])
    if kind == room_kinds.ROOM_JOINED.name:
        return _message("ENTER", room, entry.people.get(str(data["user"]), ""), sentence)
    return _message("NOTICE", room, "", sentence)


def _message(kind: str, room: str, sender: str, message: str) -> Body:
    return Body(JSON, encode({"type": kind, "roomId": room, "sender": sender, "message": message}))


def topic(room: str, entry: LiveEntry) -> Body | None:
    """`/topic/{name}`: the bytes that were sent; a text written on the room's page is one of them."""
    item = _decode(entry.item)
    data: dict[str, Any] = item["data"]
    if "deleted" in data:
        return None
    if item["kind"] == room_kinds.TEXT.name:
        return Body("text/plain", data["body"].encode())
    if item["kind"] != TOPIC_MESSAGE.name:
        return None
    headers = [(name, value) for name, value in data["headers"]]
    if data.get("b64") is not None:
        payload = base64.b64decode(data["b64"])
        return Body(data["content_type"], payload, headers, binary=not _is_utf8(payload))
    return Body(data["content_type"], data["text"].encode(), headers)


def _is_utf8(payload: bytes) -> bool:
    try:
        payload.decode()
    except UnicodeDecodeError:
        return False
    return True
