"""One connection's session, whatever its transport: who it is, what it is subscribed to, what it asks.

Nothing in here waits for the database on the receive path: sends go to the group commit, the rest to bounded tasks.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final

import msgspec
from django.db import Error as DatabaseError

from chat import actions, room_kinds, store, timeline
from chat.errors import BUSY, NO_ROOM, NOT_MEMBER, UNAVAILABLE, ChatError, Refusal
from chat.live import Live
from chat.realtime import close_codes, protocol
from chat.realtime.decoding import Refused, decode
from chat.realtime.entry import LiveEntry, ending_reason, people_of
from chat.realtime.hub import Room, Subscription
from chat.realtime.limits import FRAMES_BURST, FRAMES_PER_SECOND, JOINS_IN_FLIGHT, LIMITS, ROOMS_PER_SOCKET
from chat.realtime.outbox import Outbox
from chat.realtime.rate import TokenBucket
from chat.realtime.writer import Failure
from chat.store import MustResync, Opened, SessionKey
from chat.timeline import Draft, NotReadable, Written
from chat.wire import wire_time

logger = logging.getLogger(__name__)

ATTACH_TRIES: Final = 5
BAD_FRAMES_MAX: Final = 20  # refused frames in a row before the connection is closed with 4400
CATCH_UP_WAIT: Final = 10.0  # seconds for a read and the gap after it

_encode: Final = msgspec.json.Encoder().encode
_TYPING_PER_SECOND, _TYPING_BURST = 1, 3


class Session:
    """`send` writes a text to the client, `close` ends the connection with a code."""

    def __init__(
        self,
        live: Live,
        key: SessionKey,
        nickname: str,
        send: Callable[[str], Awaitable[None]],
        close: Callable[[int], None],
    ) -> None:
        self.live, self.key, self.user_id, self.nickname = live, key, key.user_id, nickname
        self.outbox = Outbox(send, self._drained)
        self._close = close
        self._subscriptions: dict[str, Subscription] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._frames = TokenBucket(FRAMES_PER_SECOND, FRAMES_BURST)
        self._typing = TokenBucket(_TYPING_PER_SECOND, _TYPING_BURST)
        self._bad = 0

    # --- life -----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        self.live.enter(self, self.user_id, self.nickname)
        limits = {name: limit.value for name, limit in LIMITS.items()}
        self._reply(protocol.Welcome(self.live.epoch, self.user_id, limits))

    async def stop(self) -> None:
        """Leave everything; the connection is gone."""
        self.live.exit(self)
        for subscription in self._subscriptions.values():
            self.live.hub.detach(subscription)
        self._subscriptions.clear()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def sign_out(self) -> None:
        """The session is over: nothing more is delivered."""
        for subscription in self._subscriptions.values():
            self.live.hub.detach(subscription)
        self._close(close_codes.SIGN_IN)

    def ping(self) -> None:
        self.outbox.hint('{"type":"ping"}')

    # --- frames come in -------------------------------------------------------------------------------------------

    def receive(self, text: str) -> None:
        """Handle one frame; answers and refusals go to the outbox."""
        if not self._frames.take():
            self._close(close_codes.TOO_FAST)
            return
        try:
            frame = decode(text)
        except Refused as refused:
            self._refuse(refused.code, refused.detail, cid=refused.cid, room=refused.room)
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
            case protocol.Join():
                self._join(frame)
            case protocol.Leave():
                self._leave(frame.room)
            case protocol.Read():
                if subscription := self._subscriptions.get(frame.room):
                    self.live.read(subscription.room.id, self.user_id, frame.seq)
            case protocol.Typing():
                subscription = self._subscriptions.get(frame.room)
                if subscription and subscription.attached and self._typing.take():
                    self.live.hub.typing(subscription)
            case protocol.Edit() | protocol.Delete():
                self._change(frame)
            case protocol.History():
                self._history(frame)
            case protocol.Pong():
                pass

    # --- writing --------------------------------------------------------------------------------------------------

    def _room(self, frame: protocol.Send | protocol.Edit | protocol.Delete) -> int | None:
        """The room to write to, or None after a refusal."""
        subscription = self._subscriptions.get(frame.room)
        if subscription is None:
            self._refuse("NOT_JOINED", "Join the room first.", retry=True, cid=frame.cid, room=frame.room)
        elif not self.live.may_send(self.user_id):
            self._refuse("TOO_FAST", "Slow down a little.", retry=True, cid=frame.cid, room=frame.room)
        else:
            return subscription.room.id
        return None

    def _send(self, frame: protocol.Send) -> None:
        room_id = self._room(frame)
        if room_id is None:
            return
        text = room_kinds.Text(frame.body)
        draft = timeline.draft(room_kinds.TEXT, text, room_id=room_id, sender_id=self.user_id, cid=frame.cid)
        if not self.live.writer.submit(draft, lambda result: self._written(frame.room, draft, result)):
            self._refuse_with(BUSY, cid=frame.cid, room=frame.room)

    def _written(self, room: str, draft: Draft, result: Written | Failure) -> None:
        if isinstance(result, Failure):
            self._refuse(result.code, result.detail, retry=result.retry, cid=draft.cid, room=room)
        elif result.outcome in {timeline.OUTSIDER, timeline.GONE}:
            self._refuse_with(NOT_MEMBER, cid=draft.cid, room=room)
        else:
            self._ack(room, draft.cid, result)
            self.live.read(draft.room_id, self.user_id, result.seq)

    def _ack(self, room: str, cid: str, written: Written) -> None:
        self._reply(protocol.Ack(room, cid, written.seq, wire_time(written.at) if written.at else ""))

    def _change(self, frame: protocol.Edit | protocol.Delete) -> None:
        room_id = self._room(frame)
        if room_id is not None:
            self._spawn(self._write_change(frame, room_id), cid=frame.cid, room=frame.room)

    async def _write_change(self, frame: protocol.Edit | protocol.Delete, room_id: int) -> None:
        names = {"user_id": self.user_id, "room_id": room_id, "cid": frame.cid, "seq": frame.seq}
        try:
            if isinstance(frame, protocol.Edit):
                written = await self.live.store.read(actions.edit, **names, body=frame.body)
            else:
                written = await self.live.store.read(actions.delete, **names)
        except ChatError as error:
            self._refuse_with(error.refusal, cid=frame.cid, room=frame.room)
        except DatabaseError as error:
            logger.warning("a change was not written: %r", error)
            self._refuse_with(UNAVAILABLE, cid=frame.cid, room=frame.room)
        else:
            self._ack(frame.room, frame.cid, written)

    # --- reading --------------------------------------------------------------------------------------------------

    def _join(self, frame: protocol.Join) -> None:
        if len(self._subscriptions) >= ROOMS_PER_SOCKET and frame.room not in self._subscriptions:
            self._refuse("TOO_MANY_ROOMS", f"At most {ROOMS_PER_SOCKET} rooms.", room=frame.room)
            return
        if frame.since is not None and frame.epoch not in {None, self.live.epoch}:
            self._reply(protocol.Resync(frame.room))
            return
        self._spawn(self._subscribe(frame.room, frame.since), room=frame.room)

    def _leave(self, room: str) -> None:
        if subscription := self._subscriptions.pop(room, None):
            self.live.hub.detach(subscription)

    async def _subscribe(self, public_id: str, since: int | None) -> None:
        try:
            async with asyncio.timeout(CATCH_UP_WAIT):
                room_id = await self.live.store.read(store.room_id_of, public_id, self.user_id)
                if room_id is None:
                    raise NotReadable
                await self._catch_up(public_id, room_id, since)
        except NotReadable:
            self._leave(public_id)
            self._refuse_with(NO_ROOM, room=public_id)
        except MustResync:
            self._leave(public_id)
            self._reply(protocol.Resync(public_id))
        except (DatabaseError, TimeoutError) as error:
            logger.warning("a room could not be opened: %r", error)
            self._refuse_with(UNAVAILABLE, room=public_id)

    async def _catch_up(self, public_id: str, room_id: int, since: int | None) -> None:
        """The one way into a room's live entries: for subscribing, resuming, and leaving lag."""
        hub = self.live.hub
        room = hub.open(room_id, public_id)
        try:
            for _ in range(ATTACH_TRIES):
                opened = await self.live.store.read(store.open_room, self.user_id, room_id, since)
                await hub.catch_up(room, opened.head)
                if self._attach(room, opened):
                    return
            raise MustResync
        finally:
            hub.done(room)

    def _attach(self, room: Room, opened: Opened) -> bool:
        self._leave(room.public_id)  # another join of the same room may have been quicker
        subscription = Subscription(self.user_id, room, self.outbox, self._ended, self._lost)
        recent = self.live.hub.attach(subscription, opened.head)
        if recent is None:
            return False
        ending = next((e for e in recent if e.ends == self.user_id), None)
        if ending is not None:
            self._ended(subscription, ending_reason(ending))
            return True
        self._subscriptions[room.public_id] = subscription
        self._reply_joined(room, opened, [*opened.entries, *recent])
        return True

    def _reply_joined(self, room: Room, opened: Opened, entries: list[LiveEntry]) -> None:
        head = entries[-1].seq if entries else opened.head
        frame = {
            "type": "joined",
            "room": room.public_id,
            "epoch": self.live.epoch,
            "head": max(head, opened.head),
            "read": opened.read_seq,
            "recovered": opened.recovered,
            "more": opened.more,
            "items": [msgspec.Raw(e.item) for e in entries],
            "people": people_of(entries),
        }
        self.outbox.reply(_encode(frame).decode())

    def _history(self, frame: protocol.History) -> None:
        subscription = self._subscriptions.get(frame.room)
        if subscription is None:
            self._refuse("NOT_JOINED", "Join the room first.", retry=True, room=frame.room)
        else:
            self._spawn(self._read_history(frame, subscription.room.id), room=frame.room)

    async def _read_history(self, frame: protocol.History, room_id: int) -> None:
        try:
            entries, more = await self.live.store.read(
                store.history, self.user_id, room_id, frame.before, frame.limit
            )
        except NotReadable:
            self._refuse_with(NO_ROOM, room=frame.room)
        except DatabaseError as error:
            logger.warning("history could not be read: %r", error)
            self._refuse_with(UNAVAILABLE, room=frame.room)
        else:
            items = [msgspec.Raw(e.item) for e in entries]
            page = {"type": "page", "room": frame.room, "before": frame.before, "more": more, "items": items}
            self.outbox.reply(_encode({**page, "people": people_of(entries)}).decode())

    # --- what the hub says ----------------------------------------------------------------------------------------

    def _ended(self, subscription: Subscription, reason: str) -> None:
        self._subscriptions.pop(subscription.room.public_id, None)
        self._reply(protocol.Removed(subscription.room.public_id, reason))

    def _lost(self, subscription: Subscription) -> None:
        self._subscriptions.pop(subscription.room.public_id, None)
        self._reply(protocol.Resync(subscription.room.public_id))

    def _drained(self) -> None:
        """The connection has caught its breath: continue where each detached subscription stopped."""
        for public_id, subscription in list(self._subscriptions.items()):
            if not subscription.attached:
                self._spawn(self._subscribe(public_id, subscription.position), room=public_id)

    # --- answers --------------------------------------------------------------------------------------------------

    def _reply(self, frame: protocol.ServerFrame) -> None:
        if not self.outbox.reply(_encode(frame).decode()):
            self._close(close_codes.SLOW)

    def _refuse_with(self, refusal: Refusal, *, cid: str | None = None, room: str | None = None) -> None:
        self._refuse(refusal.code, str(refusal.detail), retry=refusal.retry, cid=cid, room=room)

    def _refuse(
        self, code: str, detail: str, *, retry: bool = False, cid: str | None = None, room: str | None = None
    ) -> None:
        self._reply(protocol.Error(code, detail, retry, cid or msgspec.UNSET, room or msgspec.UNSET))

    def _spawn(
        self, work: Coroutine[Any, Any, None], *, cid: str | None = None, room: str | None = None
    ) -> None:
        if len(self._tasks) >= JOINS_IN_FLIGHT:
            work.close()
            self._refuse("TOO_FAST", "Wait for the answers first.", retry=True, cid=cid, room=room)
            return
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._task_ended)

    def _task_ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            logger.error("a session's task failed", exc_info=error)
