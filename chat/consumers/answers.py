"""Answers to one client: frames of the protocol, and refusals with their code."""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from chat.errors import Refusal
from chat.realtime import close_codes, protocol
from chat.realtime.frame import Frame
from chat.realtime.outbox import Outbox

_encode: Final = msgspec.json.Encoder().encode
# By code, a few: looking a sentence up costs as much as all else of a refusal.
_details: Final[dict[str, str]] = {}


class Answers:
    """Queues answers in the connection's outbox; a client that does not even take these is too slow."""

    def __init__(self, outbox: Outbox, close: Callable[[int], None]) -> None:
        self.outbox, self.close = outbox, close

    def frame(self, frame: protocol.ServerFrame | dict[str, Any]) -> None:
        self.prepared(self.encoded(frame))

    @staticmethod
    def encoded(frame: protocol.ServerFrame | dict[str, Any]) -> Frame:
        return Frame(_encode(frame))

    def prepared(self, frame: Frame) -> None:
        if not self.outbox.reply(frame):
            self.close(close_codes.SLOW)

    def refuse(
        self, code: str, detail: str, *, retry: bool = False, cid: str | None = None, room: str | None = None
    ) -> None:
        self.frame(protocol.Error(code, detail, retry, cid or msgspec.UNSET, room or msgspec.UNSET))

    def refusal(self, refusal: Refusal, *, cid: str | None = None, room: str | None = None) -> None:
        detail = _details.get(refusal.code) or _details.setdefault(refusal.code, str(refusal.detail))
        self.refuse(refusal.code, detail, retry=refusal.retry, cid=cid, room=room)
