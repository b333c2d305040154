"""One connection's session, whatever its transport and its wire format: who it is, what it may do, what it is told.

`JsonSession` and `StompSession` translate; rules, limits and the order of things are here and in Subscriptions, so they
cannot differ. Nothing waits for the database on the receive path: sends go to the group commit, the rest to bounded
tasks.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from typing import Any, Final

import msgspec

from chat import timeline
from chat.consumers.subscriptions import Subscriptions
from chat.errors import BUSY, NOT_MEMBER, READ_ONLY, Refusal
from chat.kinds import Kind
from chat.live import Live
from chat.principals import Principal
from chat.realtime import close_codes
from chat.realtime.entry import LiveEntry
from chat.realtime.frame import Frame
from chat.realtime.limits import FRAMES_BURST, FRAMES_PER_SECOND, REQUESTS_IN_FLIGHT
from chat.realtime.outbox import Outbox
from chat.realtime.rate import TokenBucket
from chat.realtime.room import Subscription
from chat.realtime.tasks import Tasks
from chat.realtime.writer import Failure
from chat.store import Opened
from chat.timeline import Written

SENDS_TOO_FAST: Final = Refusal("TOO_FAST", "Slow down a little.", retry=True)
TOO_MANY_REQUESTS: Final = Refusal("TOO_FAST", "Wait for the answers first.", retry=True)
_REFUSED: Final = {
    timeline.OUTSIDER: NOT_MEMBER,
    timeline.GONE: NOT_MEMBER,
    timeline.READ_ONLY: READ_ONLY,
}

Decided = Callable[[Written | Refusal], None]


class Session(ABC):
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
        self.outbox = outbox(self.drained)
        self._live, self._close = live, close
        self._rooms = Subscriptions(live, self)
        self._tasks = Tasks("a session")
        self._frames = TokenBucket(FRAMES_PER_SECOND, FRAMES_BURST)

    # --- life -----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        self._live.enter(self)

    async def stop(self) -> None:
        """Leave everything; the connection is gone."""
        self._live.exit(self)
        self._rooms.leave_all()
        await self._tasks.cancel()

    def sign_out(self) -> None:
        """The session is over: nothing more is delivered."""
        self._rooms.leave_all()
        self._close(close_codes.SIGN_IN)

    @abstractmethod
    def ping(self) -> None:
        """Say that the line is alive."""

    @abstractmethod
    def ring(self) -> None:
        """Say that something outside the rooms waits for the person, where the format has a word for it."""

    def drained(self) -> None:
        """The outbox is empty again: subscriptions that lag go on."""
        self._tasks.spawn(self._rooms.resume_lagging())

    # --- what the client is told of its subscriptions, each by the key it chose --------------------------------------

    def prepared(self, frame: Frame) -> None:
        """An answer; a client that does not even take these is too slow."""
        if not self.outbox.reply(frame):
            self._close(close_codes.SLOW)

    @abstractmethod
    def opened(self, subscription: Subscription, opened: Opened, entries: list[LiveEntry]) -> None:
        """It stands, or goes on after a lag; `entries` come first."""

    @abstractmethod
    def refused(self, key: str, refusal: Refusal) -> None:
        """It does not stand."""

    @abstractmethod
    def resync(self, key: str) -> None:
        """It has ended, because what the client holds cannot be continued."""

    @abstractmethod
    def removed(self, key: str, reason: str) -> None:
        """It has ended, because the client may not read the room any longer."""

    # --- what the client asks ---------------------------------------------------------------------------------------

    def _admit(self) -> bool:
        """Whether one more frame may be handled; the connection is closed if not."""
        if self._frames.take():
            return True
        self._close(close_codes.TOO_FAST)
        return False

    def _request(self, work: Coroutine[Any, Any, None]) -> bool:
        """Something that has to wait for the database. False, and nothing started, when too much does already."""
        if len(self._tasks) >= REQUESTS_IN_FLIGHT:
            work.close()
            return False
        self._tasks.spawn(work)
        return True

    def _may_write(self) -> bool:
        """Take one from the person's writes."""
        return self._live.may_send(self.user_id)

    def _submit(self, room_id: int, kind: Kind, data: msgspec.Struct, cid: str, decided: Decided) -> None:
        """Give an entry to the group commit; `decided` is called once, with a Written only after its commit (P3)."""
        if self._live.writer.full:
            decided(BUSY)
            self.outbox.rest()
            return
        draft = timeline.draft(kind, data, room_id=room_id, sender_id=self.user_id, cid=cid)
        self._live.writer.submit(draft, lambda result: decided(self._decision(room_id, result)))

    def _decision(self, room_id: int, result: Written | Failure) -> Written | Refusal:
        if isinstance(result, Failure):
            return Refusal(result.code, result.detail, result.retry)
        if refusal := _REFUSED.get(result.outcome):
            return refusal
        self._live.read(room_id, self.user_id, result.seq)
        return result

    def _acknowledge(self, subscription: Subscription | None, frame: Frame) -> None:
        """Together with the room's next frame where the client gets one."""
        if subscription is not None and subscription.attached:
            self._live.hub.delivery.answer(subscription, frame)
        else:
            self.prepared(frame)
