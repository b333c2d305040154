"""A session that speaks STOMP: frames to calls of the core, and what it answers (docs/protocol.md, "STOMP").

Sections named are those of the STOMP 1.2 specification. Frames are handled one after the other: a SEND behind a
SUBSCRIBE waits until that stands.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable, Coroutine
from typing import Any

from django.db import Error as DatabaseError

from chat import actions, stomp_rooms, store, timeline
from chat.consumers.session import SENDS_TOO_FAST
from chat.consumers.stomp_reader import StompReader
from chat.consumers.stomp_transactions import Transactions
from chat.errors import NO_ROOM, NOT_MEMBER, UNAVAILABLE, ChatError, Refusal
from chat.realtime.limits import CID_MAX
from chat.realtime.stomp_codec import FrameError, StompFrame, Version
from chat.stomp_destinations import At, Place, Post, post
from chat.timeline import Draft, NotReadable, Written

logger = logging.getLogger(__name__)


class StompSession(StompReader):
    """`done` closes in order; everything else as StompReader."""

    def __init__(self, *args: Any, done: Callable[[], None], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._done = done
        self._transactions = Transactions()
        self._undecided = 0  # sends that wait for their commit
        self._settled = asyncio.Event()
        self._settled.set()

    # --- frames come in -------------------------------------------------------------------------------------------

    def handle(self, frame: StompFrame) -> Coroutine[Any, Any, None] | None:
        """Handle one frame; what is returned has to be awaited before the next. FrameError for a client's mistake."""
        try:
            work = self._command(frame)
        except ChatError as error:
            self._refuse(error.refusal, receipt=frame.headers.get("receipt"))
            return None
        return self._careful(work, frame.headers.get("receipt")) if work is not None else None

    def _command(self, frame: StompFrame) -> Coroutine[Any, Any, None] | None:
        match frame.command:
            case "SEND":
                return self._send(frame)
            case "SUBSCRIBE":
                return self._subscribe(frame)
            case "UNSUBSCRIBE":
                self._unsubscribe(frame)
            case "ACK" | "NACK":
                self._count(frame)
            case "BEGIN":
                self._transactions.begin(frame.headers.get("transaction"))
            case "COMMIT":
                return self._commit(self._transactions.end(frame.headers.get("transaction")), frame)
            case "ABORT":
                self._transactions.end(frame.headers.get("transaction"))
            case "DISCONNECT":
                return self._disconnect(frame)
            case "CONNECT" | "STOMP":
                raise FrameError("ALREADY_CONNECTED", "This connection has been made already.")
            case _:
                raise FrameError("UNKNOWN_COMMAND", "No frame has this command.")
        self._receipt(frame.headers.get("receipt"))
        return None

    async def _careful(self, work: Coroutine[Any, Any, None], receipt: str | None) -> None:
        try:
            await work
        except ChatError as error:
            self._refuse(error.refusal, receipt=receipt)
        except NotReadable:
            self._refuse(NO_ROOM, receipt=receipt)
        except DatabaseError as error:
            logger.warning("a frame could not be handled: %r", error)
            self._refuse(UNAVAILABLE, receipt=receipt)

    # --- SEND and transactions ------------------------------------------------------------------------------------

    def _send(self, frame: StompFrame) -> Coroutine[Any, Any, None] | None:
        wanted = post(frame, topics=self._topics_open)
        cid = frame.headers.get("idempotency-key") or secrets.token_urlsafe(12)
        if not (len(cid) <= CID_MAX and cid.isascii() and cid.isprintable() and " " not in cid):
            raise FrameError("BAD_FRAME", f"idempotency-key is 1 to {CID_MAX} printable ASCII characters.")
        transaction, receipt = frame.headers.get("transaction"), frame.headers.get("receipt")
        if transaction is not None:
            self._transactions.check(transaction)
        if not self._may_write():
            raise ChatError(SENDS_TOO_FAST)
        if wanted.data is None:
            return self._enter(wanted.place.name, receipt)
        room_id = self._known(wanted.place)
        if room_id is None:
            return self._send_to_unknown(wanted, cid, transaction, receipt)
        self._write(wanted, room_id, cid, transaction, receipt)
        return None

    def _known(self, there: Place) -> int | None:
        if there.at is At.TOPIC:
            topic = self._topics.get(there.name)
            return topic.id if topic else None
        return self._live.room_id(there.name)

    async def _send_to_unknown(
        self, wanted: Post, cid: str, transaction: str | None, receipt: str | None
    ) -> None:
        if wanted.place.at is At.TOPIC:
            room_id = (await self._topic(wanted.place.name)).id
        else:
            room_id = await self._live.store.read(store.room_named, wanted.place.name)
            self._live.know_room(wanted.place.name, room_id)
        self._write(wanted, room_id, cid, transaction, receipt)

    def _write(
        self, wanted: Post, room_id: int, cid: str, transaction: str | None, receipt: str | None
    ) -> None:
        if wanted.data is None:
            raise TypeError("an ENTER is not written")
        if transaction is not None:
            draft = timeline.draft(wanted.kind, wanted.data, room_id=room_id, sender_id=self.user_id, cid=cid)
            self._transactions.add(transaction, draft)
            self._receipt(receipt)
            return
        self._undecided += 1
        self._settled.clear()
        self._submit(room_id, wanted.kind, wanted.data, cid, lambda r: self._decided(room_id, receipt, r))

    def _decided(self, room_id: int, receipt: str | None, result: Written | Refusal) -> None:
        self._undecided -= 1
        if not self._undecided:
            self._settled.set()
        if isinstance(result, Refusal):
            self._refuse(_discreet(result), receipt=receipt)
        elif receipt is not None:
            frame = self._speech.frame("RECEIPT", [("receipt-id", receipt), ("seq", str(result.seq))])
            self._acknowledge(self._rooms.of_room(room_id), frame)

    async def _commit(self, drafts: list[Draft], frame: StompFrame) -> None:
        """One transaction of the database: all of it or nothing."""
        await self._settled.wait()
        if drafts:
            try:
                written = await self._live.store.read(actions.post_together, drafts=drafts)
            except ChatError as error:
                raise ChatError(_discreet(error.refusal)) from error
            for draft, each in zip(drafts, written, strict=True):
                self._live.read(draft.room_id, self.user_id, each.seq)
        self._receipt(frame.headers.get("receipt"))

    async def _enter(self, room: str, receipt: str | None) -> None:
        await self._live.store.read(stomp_rooms.enter, self.user_id, room)
        self._receipt(receipt)

    def _count(self, frame: StompFrame) -> None:
        """Entries stay in the timeline whatever becomes of a reader: nothing is sent again, `since` catches up."""
        needed = "id" if self._speech.version is Version.V1_2 else "message-id"
        if not frame.headers.get(needed):
            raise FrameError("BAD_FRAME", f"{frame.command} needs {needed}.")
        if (transaction := frame.headers.get("transaction")) is not None:
            self._transactions.check(transaction)
        if frame.command == "ACK":
            self._live.stomp.acks += 1
        else:
            self._live.stomp.nacks += 1

    async def _disconnect(self, frame: StompFrame) -> None:
        """Section DISCONNECT: the receipt says that everything before it has been taken care of."""
        await self._settled.wait()
        self._receipt(frame.headers.get("receipt"))
        self._done()


def _discreet(refusal: Refusal) -> Refusal:
    """Who is not in a room does not learn that there is one."""
    return NO_ROOM if refusal is NOT_MEMBER else refusal
