"""The reading half of a STOMP session: SUBSCRIBE, UNSUBSCRIBE, and what a client is told of its subscriptions.

A subscription's key is the client's id for it. Sections named are those of the STOMP 1.2 specification.
"""

import secrets
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final, Protocol

from chat import stomp_bodies, stomp_rooms
from chat.consumers.session import TOO_MANY_REQUESTS, Session
from chat.consumers.subscriptions import TOO_MANY_ROOMS
from chat.errors import NO_ROOM, ChatError, Refusal
from chat.live import Live
from chat.principals import Principal
from chat.realtime import sockjs
from chat.realtime.entry import LiveEntry, Wire, parts
from chat.realtime.frame import Frame
from chat.realtime.limits import FRAME_OUT_BYTES, ROOMS_PER_SOCKET
from chat.realtime.outbox import Outbox
from chat.realtime.room import Subscription
from chat.realtime.stomp_codec import FrameError, StompFrame, Version
from chat.realtime.stomp_wire import Speech, stomp_wire
from chat.stomp_destinations import ERRORS, At, Place, place
from chat.store import NOW, Opened

REMOVED: Final = Refusal("REMOVED", "You may not read this room any longer.", status=403)
RESYNC: Final = Refusal("RESYNC", "You missed too much to go on: load the room anew.", retry=True)
SIGN_IN: Final = Refusal("SIGN_IN", "Sign in, or show an access token that is still good.", status=401)
RESYNCS_MAX: Final = 5  # in a row, of one subscription
LISTENERS_MAX: Final = 8  # subscriptions to /user/queue/errors
_BODIES: Final = {
    At.WRITEUP: stomp_bodies.writeup,
    At.ROOM: stomp_bodies.entry_json,
    At.TOPIC: stomp_bodies.topic,
}
_HEARTBEAT: Final = Frame(sockjs.HEARTBEAT)


class Fail(Protocol):
    def __call__(self, refusal: Refusal, *, receipt: str | None = None) -> None:
        """ERROR, then close."""


@dataclass(slots=True, eq=False)
class Asked:
    """A subscription as its client asked for it."""

    place: Place
    destination: str
    room: str  # its public id
    wire: Wire
    since: int
    epoch: str | None
    receipt: str | None
    subscribing: bool = True  # its SUBSCRIBE is being handled
    refusal: Refusal | None = None
    resyncs: int = 0  # that it was told of and that have not been followed by a subscription that stands

    @property
    def resumes(self) -> bool:
        """It has shown that it knows of numbers."""
        return self.since != NOW


class StompReader(Session):
    """`fail` says ERROR and closes."""

    def __init__(
        self,
        live: Live,
        principal: Principal,
        outbox: Callable[[Callable[[], None]], Outbox],
        close: Callable[[int], None],
        *,
        speech: Speech,
        fail: Fail,
        topics: bool,
    ) -> None:
        super().__init__(live, principal, outbox, close)
        self._speech, self._fail, self._topics_open = speech, fail, topics
        self._asked: dict[str, Asked] = {}
        self._listening: set[str] = set()  # subscriptions to /user/queue/errors
        self._topics: dict[str, stomp_rooms.RoomRef] = {}

    def ping(self) -> None:
        """Every 25 s, which is SockJS's own rhythm; STOMP's heart-beats are agreed on apart."""
        if self._speech.packing.texts_only:
            self.outbox.hint(_HEARTBEAT)

    def ring(self) -> None:
        """STOMP has no word for what is outside its destinations."""

    def sign_out(self) -> None:
        self._rooms.leave_all()
        self._fail(SIGN_IN)

    # --- answers --------------------------------------------------------------------------------------------------

    def _receipt(self, receipt: str | None, *more: tuple[str, str]) -> None:
        if receipt is not None:
            self.prepared(self._speech.frame("RECEIPT", [("receipt-id", receipt), *more]))

    def _refuse(
        self, refusal: Refusal, *, receipt: str | None = None, subscription: str | None = None
    ) -> None:
        """What the rules of the chat refuse: to those who listen for it there, else ERROR, which ends the connection
        (sections SEND and SUBSCRIBE)."""
        if not self._listening:
            self._fail(refusal, receipt=receipt)
            return
        self._live.stomp.errors[refusal.code] += 1
        told = {"code": refusal.code, "detail": str(refusal.detail), "retry": refusal.retry}
        headers = [
            ("destination", ERRORS),
            ("message-id", f"error/{secrets.token_urlsafe(9)}"),
            ("content-type", stomp_bodies.JSON),
            ("code", refusal.code),
            ("retry", "true" if refusal.retry else "false"),
        ]
        headers += [("receipt-id", receipt)] if receipt is not None else []
        headers += [("refused-subscription", subscription)] if subscription is not None else []
        for listener in self._listening:
            body = stomp_bodies.encode(told)
            self.prepared(self._speech.frame("MESSAGE", [("subscription", listener), *headers], body))

    # --- SUBSCRIBE, UNSUBSCRIBE ---------------------------------------------------------------------------

    def _subscribe(self, frame: StompFrame) -> Coroutine[Any, Any, None] | None:
        headers = frame.headers
        destination, key = headers.get("destination"), self._id(frame)
        if not destination or not key:
            raise FrameError("BAD_FRAME", "SUBSCRIBE needs a destination and an id.")
        if headers.get("ack", "auto") not in {"auto", "client", "client-individual"}:
            raise FrameError("BAD_FRAME", "ack is auto, client or client-individual.")
        if key in self._asked or key in self._listening:
            raise FrameError("SUBSCRIPTION_TAKEN", "There is a subscription with this id.")
        there = place(destination, topics=self._topics_open)
        if there.at is At.ERRORS:
            if len(self._listening) >= LISTENERS_MAX:
                raise ChatError(TOO_MANY_ROOMS)
            self._listening.add(key)
            self._receipt(headers.get("receipt"))
            return None
        acked = self._speech.version is Version.V1_2 and headers.get("ack", "auto") != "auto"
        wire = stomp_wire(destination, _BODIES[there.at], self._speech, key, acked=acked)
        asked = Asked(
            there, destination, there.name, wire, _since(frame), headers.get("epoch"), headers.get("receipt")
        )
        self._asked[key] = asked
        return self._open(key, asked)

    async def _open(self, key: str, asked: Asked) -> None:
        try:
            if asked.place.at is At.TOPIC:
                asked.room = (await self._topic(asked.place.name)).public_id
            await self._rooms.subscribe(key, asked.room, asked.wire, asked.since, self._epoch(asked))
            if asked.refusal is NO_ROOM and asked.place.at is At.WRITEUP:
                asked.refusal = None
                asked.since = await self._live.store.read(stomp_rooms.enter, self.user_id, asked.room)
                await self._rooms.subscribe(key, asked.room, asked.wire, asked.since)
        except BaseException:  # also when cancelled: the id must be free again
            self._asked.pop(key, None)
            raise
        asked.subscribing = False
        if asked.refusal is not None:
            self._asked.pop(key, None)
            raise ChatError(asked.refusal)

    def _epoch(self, asked: Asked) -> str | None:
        """Only numbers belong to an epoch."""
        return asked.epoch if asked.resumes else None

    def _unsubscribe(self, frame: StompFrame) -> None:
        """One that the server has ended already is not there any longer, and no mistake."""
        key = self._id(frame)
        if not key:
            raise FrameError("BAD_FRAME", "UNSUBSCRIBE needs an id.")
        self._asked.pop(key, None)
        self._listening.discard(key)
        self._rooms.leave(key)

    def _id(self, frame: StompFrame) -> str | None:
        """1.0 leaves it away; then its destination is the subscription's name."""
        key = frame.headers.get("id")
        return (
            frame.headers.get("destination") if key is None and self._speech.version is Version.V1_0 else key
        )

    async def _topic(self, name: str) -> stomp_rooms.RoomRef:
        topic = self._topics.get(name)
        if topic is None:
            topic = await self._live.store.read(stomp_rooms.topic, self.user_id, name)
            if len(self._topics) >= ROOMS_PER_SOCKET:
                self._topics.clear()
            self._topics[name] = topic
            self._live.know_room(topic.public_id, topic.id)
        return topic

    # --- what the client is told of its subscriptions ----------------------------------------------------------------

    def opened(self, subscription: Subscription, opened: Opened, entries: list[LiveEntry]) -> None:
        asked = self._asked.get(subscription.key)
        if asked is None:
            return
        receipt, asked.receipt = asked.receipt, None
        # What follows follows on this number: who hears nothing before the line breaks can resume all the same.
        start = asked.since if asked.resumes and not asked.resyncs else opened.head
        self._receipt(receipt, ("seq", str(start)))
        if asked.resyncs:
            asked.resyncs = 0
            self.prepared(self._marker(subscription, asked, opened.head))
        for run in parts(entries, FRAME_OUT_BYTES):
            if frame := asked.wire.frame(subscription.room.public_id, run, {}):
                self.prepared(frame)

    def _marker(self, subscription: Subscription, asked: Asked, head: int) -> Frame:
        headers = [
            ("subscription", subscription.key),
            ("destination", asked.destination),
            ("message-id", f"{asked.room}/{head}/resync"),
            ("seq", str(head)),
            ("resync", "true"),
            ("epoch", self._live.epoch),
        ]
        return self._speech.frame("MESSAGE", headers)

    def refused(self, key: str, refusal: Refusal) -> None:
        asked = self._asked.get(key)
        if asked is not None and asked.subscribing:
            asked.refusal = refusal
            return
        self._asked.pop(key, None)
        self._rooms.leave(key)
        self._refuse(refusal, receipt=asked.receipt if asked else None, subscription=key)

    def resync(self, key: str) -> None:
        """Who knows of numbers goes on from the head and is told that there is a hole before it."""
        asked = self._asked.get(key)
        if asked is None:
            return
        asked.resyncs += 1
        if not asked.resumes or asked.resyncs > RESYNCS_MAX:
            self.refused(key, RESYNC)
            return

        def still() -> bool:
            return self._asked.get(key) is asked

        if not self._request(self._rooms.subscribe(key, asked.room, asked.wire, NOW, still=still)):
            self.refused(key, TOO_MANY_REQUESTS)

    def removed(self, key: str, reason: str) -> None:
        self._asked.pop(key, None)
        self._refuse(REMOVED, subscription=key)


def _since(frame: StompFrame) -> int:
    since = frame.headers.get("since")
    if since is None:
        return NOW
    if not (since.isascii() and since.isdecimal() and len(since) <= 16):
        raise FrameError("BAD_FRAME", "since is the number of an entry.")
    return int(since)
