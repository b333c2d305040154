"""A session that speaks `rualone.v1` (chat/realtime/protocol.py): JSON frames to calls of the core, and its answers."""

import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final

import msgspec
from django.db import Error as DatabaseError
from django.utils.functional import Promise

from chat import actions, room_kinds
from chat.consumers.session import SENDS_TOO_FAST, TOO_MANY_REQUESTS, Session
from chat.errors import NO_ROOM, UNAVAILABLE, ChatError, Refusal
from chat.live import Live
from chat.principals import Principal
from chat.realtime import close_codes, protocol
from chat.realtime.decoding import Refused, decode
from chat.realtime.entry import JSON, LiveEntry, entries_frame, parts, people_of
from chat.realtime.frame import Frame
from chat.realtime.limits import FRAME_OUT_BYTES, LIMITS
from chat.realtime.outbox import Outbox
from chat.realtime.rate import TokenBucket
from chat.realtime.room import Room, Subscription
from chat.store import Opened
from chat.timeline import NotReadable, Written

logger = logging.getLogger(__name__)

BAD_FRAMES_MAX: Final = 20  # refused frames in a row before the connection is closed with 4400
PING: Final = Frame(b'{"type":"ping"}')
NOTIFIED: Final = Frame(b'{"type":"notified"}')
NOT_JOINED: Final = Refusal("NOT_JOINED", "Join the room first.", retry=True)
_TYPING_PER_SECOND, _TYPING_BURST = 1, 3
_encode: Final = msgspec.json.Encoder().encode

_sentences: Final[dict[str, str]] = {}


def _sentence(code: str, detail: Promise) -> str:
    """By code, a few: looking a sentence up costs as much as all else of a refusal."""
    return _sentences.get(code) or _sentences.setdefault(code, str(detail))


Write = protocol.Send | protocol.Edit | protocol.Delete


class JsonSession(Session):
    """A room is its own subscription's key."""

    def __init__(
        self,
        live: Live,
        principal: Principal,
        outbox: Callable[[Callable[[], None]], Outbox],
        close: Callable[[int], None],
    ) -> None:
        super().__init__(live, principal, outbox, close)
        self._typing = TokenBucket(_TYPING_PER_SECOND, _TYPING_BURST)
        self._bad = 0

    def start(self) -> None:
        super().start()
        limits = {name: limit.value for name, limit in LIMITS.items()}
        self._answer(protocol.Welcome(self._live.epoch, self.user_id, limits))

    def ping(self) -> None:
        self.outbox.hint(PING)

    def ring(self) -> None:
        self.outbox.hint(NOTIFIED)

    # --- frames come in -------------------------------------------------------------------------------------------

    def receive(self, message: str | bytes) -> None:
        """Handle one frame; answers and refusals go to the outbox. There are no binary ones."""
        if isinstance(message, bytes):
            self._close(close_codes.BAD_FRAME)
            return
        if not self._admit():
            return
        try:
            frame = decode(message)
        except Refused as refused:
            self._refuse(Refusal(refused.code, refused.detail), cid=refused.cid, room=refused.room)
            self._bad += 1
            if self._bad > BAD_FRAMES_MAX:
                self._close(close_codes.BAD_FRAME)
            return
        self._bad = 0
        self._handle(frame)

    def _handle(self, frame: protocol.ClientFrame) -> None:
        match frame:
            case protocol.Send():
                self._send(frame)
            case protocol.Edit() | protocol.Delete():
                if subscription := self._room_to_write(frame):
                    self._ask(self._change(frame, subscription.room.id), cid=frame.cid, room=frame.room)
            case protocol.Join():
                work = self._rooms.subscribe(frame.room, frame.room, JSON, frame.since, frame.epoch)
                self._ask(work, room=frame.room)
            case protocol.History():
                self._ask(self._history(frame), room=frame.room)
            case protocol.Leave():
                self._rooms.leave(frame.room)
            case protocol.Read():
                if subscription := self._rooms.get(frame.room):
                    self._live.read(subscription.room.id, self.user_id, frame.seq)
            case protocol.Typing():
                subscription = self._rooms.get(frame.room)
                if subscription and subscription.attached and self._typing.take():
                    self._live.hub.company.typing(subscription)
            case protocol.Pong():
                pass

    def _ask(self, work: Coroutine[Any, Any, None], *, cid: str | None = None, room: str) -> None:
        if not self._request(work):
            self._refuse(TOO_MANY_REQUESTS, cid=cid, room=room)

    # --- writing --------------------------------------------------------------------------------------------------

    def _room_to_write(self, frame: Write) -> Subscription | None:
        """None after a refusal."""
        subscription = self._rooms.get(frame.room)
        if subscription is None:
            self._refuse(NOT_JOINED, cid=frame.cid, room=frame.room)
        elif not self._may_write():
            self._refuse(SENDS_TOO_FAST, cid=frame.cid, room=frame.room)
        else:
            return subscription
        return None

    def _send(self, frame: protocol.Send) -> None:
        if subscription := self._room_to_write(frame):

            def decided(result: Written | Refusal) -> None:
                self._decided(frame.room, frame.cid, result)

            self._submit(
                subscription.room.id, room_kinds.TEXT, room_kinds.Text(frame.body), frame.cid, decided
            )

    def _decided(self, room: str, cid: str, result: Written | Refusal) -> None:
        if isinstance(result, Refusal):
            self._refuse(result, cid=cid, room=room)
        else:
            ack = protocol.Ack(room, cid, result.seq, result.at or "")
            self._acknowledge(self._rooms.get(room), Frame(_encode(ack)))

    async def _change(self, frame: protocol.Edit | protocol.Delete, room_id: int) -> None:
        names = {"user_id": self.user_id, "room_id": room_id, "cid": frame.cid, "seq": frame.seq}
        try:
            if isinstance(frame, protocol.Edit):
                written = await self._live.store.read(actions.edit, **names, body=frame.body)
            else:
                written = await self._live.store.read(actions.delete, **names)
        except ChatError as error:
            self._refuse(error.refusal, cid=frame.cid, room=frame.room)
        except DatabaseError as error:
            logger.warning("a change was not written: %r", error)
            self._refuse(UNAVAILABLE, cid=frame.cid, room=frame.room)
        else:
            self._decided(frame.room, frame.cid, written)

    # --- answers --------------------------------------------------------------------------------------------------

    def _answer(self, frame: protocol.ServerFrame | dict[str, Any]) -> None:
        self.prepared(Frame(_encode(frame)))

    def _refuse(self, refusal: Refusal, *, cid: str | None = None, room: str | None = None) -> None:
        # A code has one sentence but for what was wrong with a frame, which is no Promise.
        detail = (
            refusal.detail if isinstance(refusal.detail, str) else _sentence(refusal.code, refusal.detail)
        )
        self._answer(
            protocol.Error(refusal.code, detail, refusal.retry, cid or msgspec.UNSET, room or msgspec.UNSET)
        )

    def opened(self, subscription: Subscription, opened: Opened, entries: list[LiveEntry]) -> None:
        """`joined`, and what does not fit into one frame behind it as `entries`."""
        first, *rest = parts(entries, FRAME_OUT_BYTES)
        self._answer(self._joined(subscription.room, opened, first, last=not rest))
        for run in rest:
            self.prepared(entries_frame(subscription.room.public_id, run))

    def _joined(
        self, room: Room, opened: Opened, entries: Sequence[LiveEntry], *, last: bool
    ) -> dict[str, Any]:
        """protocol.Joined around items that are encoded already."""
        head = entries[-1].seq if entries else 0
        return {
            "type": "joined",
            "room": room.public_id,
            "epoch": self._live.epoch,
            "head": max(opened.head, head) if last else head,
            "read": opened.read_seq,
            "recovered": opened.recovered,
            "more": opened.more,
            "items": [msgspec.Raw(e.item) for e in entries],
            "people": people_of(entries),
        }

    def refused(self, key: str, refusal: Refusal) -> None:
        self._refuse(refusal, room=key)

    def resync(self, key: str) -> None:
        self._answer(protocol.Resync(key))

    def removed(self, key: str, reason: str) -> None:
        self._answer(protocol.Removed(key, reason))

    async def _history(self, frame: protocol.History) -> None:
        """Answers `page` or an error."""
        subscription = self._rooms.get(frame.room)
        if subscription is None:
            self._refuse(NOT_JOINED, room=frame.room)
            return
        try:
            entries, more = await self._rooms.history(subscription, frame.before, frame.limit)
        except NotReadable:
            self._refuse(NO_ROOM, room=frame.room)
        except DatabaseError as error:
            logger.warning("history could not be read: %r", error)
            self._refuse(UNAVAILABLE, room=frame.room)
        else:
            items = [msgspec.Raw(e.item) for e in entries]
            page = {"type": "page", "room": frame.room, "before": frame.before, "more": more, "items": items}
            self._answer({**page, "people": people_of(entries)})
