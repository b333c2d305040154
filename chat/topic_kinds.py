"""The kind of entry that a SEND to a `/topic/{name}` becomes."""

import base64
from collections.abc import Sequence

import msgspec
from django.utils.translation import gettext_lazy as _

from chat.kinds import Kind, register


class TopicMessage(msgspec.Struct, omit_defaults=True):
    """The bytes as `text` where PostgreSQL's JSON can hold them (UTF-8 without NUL), else in `b64`."""

    content_type: str
    headers: list[tuple[str, str]]
    text: str | None = None
    b64: str | None = None


TOPIC_MESSAGE = register(
    Kind("topic.message", TopicMessage, counts=True, lines={"": _("{sender} published a message")})
)


def topic_message(content_type: str, headers: Sequence[tuple[str, str]], payload: bytes) -> TopicMessage:
    """`content_type` and `headers` must be free of NUL."""
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        text = None
    if text is None or "\0" in text:
        return TopicMessage(content_type, list(headers), b64=base64.b64encode(payload).decode())
    return TopicMessage(content_type, list(headers), text=text)
