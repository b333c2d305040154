"""One connection's session, whatever its transport: who it is and what it asks.

Nothing in here waits for the database on the receive path: sends go to the group commit, the rest to bounded tasks.
"""

import logging
from collections.abc import Callable, Coroutine
from typing import Any, Final

from django.db import Error as DatabaseError

from chat import actions, room_kinds, timeline
from chat.consumers.answers import Answers
from chat.consumers.subscriptions import Subscriptions
from chat.errors import BUSY, NOT_MEMBER, READ_ONLY, UNAVAILABLE, ChatError
from chat.live import Live
from chat.principals import Principal
from chat.realtime import close_codes, protocol
from chat.realtime.decoding import Refused, decode
from chat.realtime.frame import Frame
from chat.realtime.limits import FRAMES_BURST, FRAMES_PER_SECOND, LIMITS, REQUESTS_IN_FLIGHT
from chat.realtime.outbox import Outbox
from chat.realtime.rate import TokenBucket
from chat.realtime.tasks import Tasks
from chat.realtime.writer import Failure
from chat.timeline import Draft, Written

logger = logging.getLogger(__name__)

BAD_FRAMES_MAX: Final = 20  # refused frames in a row before the connection is closed with 4400
PING: Final = Frame(b'{"type":"ping"}')
NOTIFIED: Final = Frame(b'{"type":"notified"}')
_TYPING_PER_SECOND, _TYPING_BURST = 1, 3

Write = protocol.Send | protocol.Edit | protocol.Delete


class Session:
    """`outbox` makes the connection's outbox (given what to call when it has drained), `close` ends the connection with
    a code."""

    def __init__(
        self,
        live: Live,
        principal: Principal,
        outbox: Callable[[Callable[[], None]], Outbox],
        close: Callable[[int], None],
    ) -> None:
        self.key, self.nickname = principal
        self.user_id = self.key.user_id
        self.outbox = outbox(self._drained)
        self._live, self._close = live, close
        self._answers = Answers(self.outbox, close)
        self._rooms = Subscriptions(live, self.user_id, self._answers)
        self._tasks = Tasks("a session")
        self._frames = TokenBucket(FRAMES_PER_SECOND, FRAMES_BURST)
        self._typing = TokenBucket(_TYPING_PER_SECOND, _TYPING_BURST)
        self._bad = 0

    # --- life -----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        self._live.enter(self)
        limits = {name: limit.value for name, limit in LIMITS.items()}
        self._answers.frame(protocol.Welcome(self._live.epoch, self.user_id, limits))

    async def stop(self) -> None:
        """Leave everything; the connection is gone."""
        self._live.exit(self)
        self._rooms.leave_all()
        await self._tasks.cancel()

    def sign_out(self) -> None:
        """The session is over: nothing more is delivered."""
        self._rooms.leave_all()
        self._close(close_codes.SIGN_IN)

    def ping(self) -> None:
        self.outbox.hint(PING)

    def ring(self) -> None:
        self.outbox.hint(NOTIFIED)

    def _drained(self) -> None:
        self._tasks.spawn(self._rooms.resume_lagging())

    # --- frames come in -------------------------------------------------------------------------------------------

    def receive(self, text: str) -> None:
        """Handle one frame; answers and refusals go to the outbox."""
        if not self._frames.take():
            self._close(close_codes.TOO_FAST)
            return
        try:
            frame = decode(text)
        except Refused as refused:
            self._answers.refuse(refused.code, refused.detail, cid=refused.cid, room=refused.room)
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
                room_id = self._room_to_write(frame)
                if room_id is not None:
                    self._request(self._change(frame, room_id), cid=frame.cid, room=frame.room)
            case protocol.Join():
                self._request(self._rooms.join(frame), room=frame.room)
            case protocol.History():
                self._request(self._rooms.history(frame), room=frame.room)
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

    def _request(
        self, work: Coroutine[Any, Any, None], *, cid: str | None = None, room: str | None = None
    ) -> None:
        """Something that has to wait for the database."""
        if len(self._tasks) < REQUESTS_IN_FLIGHT:
            self._tasks.spawn(work)
        else:
            work.close()
            self._answers.refuse("TOO_FAST", "Wait for the answers first.", retry=True, cid=cid, room=room)

    # --- writing --------------------------------------------------------------------------------------------------

    def _room_to_write(self, frame: Write) -> int | None:
        """The room's id, or None after a refusal."""
        subscription = self._rooms.get(frame.room)
        if subscription is None:
            self._answers.refuse(
                "NOT_JOINED", "Join the room first.", retry=True, cid=frame.cid, room=frame.room
            )
        elif not self._live.may_send(self.user_id):
            self._answers.refuse(
                "TOO_FAST", "Slow down a little.", retry=True, cid=frame.cid, room=frame.room
            )
        else:
            return subscription.room.id
        return None

    def _send(self, frame: protocol.Send) -> None:
        room_id = self._room_to_write(frame)
        if room_id is None:
            return
        text = room_kinds.Text(frame.body)
        draft = timeline.draft(room_kinds.TEXT, text, room_id=room_id, sender_id=self.user_id, cid=frame.cid)
        if not self._live.writer.submit(draft, lambda result: self._written(frame.room, draft, result)):
            self._answers.refusal(BUSY, cid=frame.cid, room=frame.room)

    def _written(self, room: str, draft: Draft, result: Written | Failure) -> None:
        if isinstance(result, Failure):
            self._answers.refuse(result.code, result.detail, retry=result.retry, cid=draft.cid, room=room)
        elif result.outcome in {timeline.OUTSIDER, timeline.GONE}:
            self._answers.refusal(NOT_MEMBER, cid=draft.cid, room=room)
        elif result.outcome == timeline.READ_ONLY:
            self._answers.refusal(READ_ONLY, cid=draft.cid, room=room)
        else:
            self._ack(room, draft.cid, result)
            self._live.read(draft.room_id, self.user_id, result.seq)

    def _ack(self, room: str, cid: str, written: Written) -> None:
        frame = self._answers.encoded(protocol.Ack(room, cid, written.seq, written.at or ""))
        subscription = self._rooms.get(room)
        if subscription is not None and subscription.attached:
            self._live.hub.answer(subscription, frame)
        else:
            self._answers.prepared(frame)

    async def _change(self, frame: protocol.Edit | protocol.Delete, room_id: int) -> None:
        names = {"user_id": self.user_id, "room_id": room_id, "cid": frame.cid, "seq": frame.seq}
        try:
            if isinstance(frame, protocol.Edit):
                written = await self._live.store.read(actions.edit, **names, body=frame.body)
            else:
                written = await self._live.store.read(actions.delete, **names)
        except ChatError as error:
            self._answers.refusal(error.refusal, cid=frame.cid, room=frame.room)
        except DatabaseError as error:
            logger.warning("a change was not written: %r", error)
            self._answers.refusal(UNAVAILABLE, cid=frame.cid, room=frame.room)
        else:
            self._ack(frame.room, frame.cid, written)
