"""One STOMP client from its first byte to its last: bytes to frames, CONNECT, heart-beats, and frames in their order.

Sections named are those of the STOMP 1.2 specification.
"""

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, Final, NamedTuple

from django.db import Error as DatabaseError

from accounts import access_tokens
from chat import principals
from chat.consumers.stomp_beats import HeartBeats, agreed
from chat.consumers.stomp_reader import SIGN_IN
from chat.consumers.stomp_session import StompSession
from chat.errors import UNAVAILABLE, Refusal
from chat.live import Live
from chat.principals import Principal
from chat.realtime import close_codes, sockjs
from chat.realtime.frame import Frame
from chat.realtime.limits import FRAMES_BURST, FRAMES_PER_SECOND
from chat.realtime.outbox import Outbox
from chat.realtime.rate import TokenBucket
from chat.realtime.sockjs import NotSockJs
from chat.realtime.stomp_codec import Decoder, FrameError, StompFrame, Version
from chat.realtime.stomp_wire import SOCKJS, Packing, Speech
from chat.realtime.tasks import Tasks

logger = logging.getLogger(__name__)

CONNECT_WITHIN: Final = 10.0  # seconds for CONNECT to come
WAITING_FRAMES: Final = 400  # behind one that waits for the database, as many as a burst may have: TOO_FAST
WAITING_BYTES: Final = 1024 * 1024  # of their bodies
NORMAL: Final = 1000
SERVER: Final = "rualone"
ORDER: Final = (Version.V1_2, Version.V1_1, Version.V1_0)  # the one that we take first

TOO_FAST: Final = Refusal("TOO_FAST", "Slow down a little.", retry=True)
TOO_MANY_SOCKETS: Final = Refusal("TOO_MANY_SOCKETS", "You have very many connections open.", retry=True)
CONNECT_TIMEOUT: Final = Refusal("CONNECT_TIMEOUT", "The first frame is CONNECT, soon.", retry=True)
HEARTBEAT_TIMEOUT: Final = Refusal("HEARTBEAT_TIMEOUT", "Your heart-beats have stopped.", retry=True)
NO_VERSION: Final = Refusal("NO_COMMON_VERSION", "We speak STOMP 1.0, 1.1 and 1.2.")

_CLOSE: Final = {
    "SIGN_IN": close_codes.SIGN_IN,
    "TOO_FAST": close_codes.TOO_FAST,
    "TOO_MANY_SOCKETS": close_codes.TOO_FAST,
    "HEARTBEAT_TIMEOUT": close_codes.SLOW,
    "RESYNC": close_codes.SLOW,
    "BUSY": close_codes.TRY_LATER,
    "UNAVAILABLE": close_codes.TRY_LATER,
    "INTERNAL": close_codes.TRY_LATER,
}


class Credentials(NamedTuple):
    """What the handshake brought: the session's cookie and the Authorization header, empty where there is none."""

    cookie: str
    authorization: str


class StompConnection:
    """`outbox` makes the connection's outbox, `end` closes it with a code; `beat`: milliseconds that we offer and want;
    `topics`: whether there are any."""

    def __init__(
        self,
        live: Live,
        credentials: Credentials,
        outbox: Callable[[Callable[[], None]], Outbox],
        end: Callable[[int], None],
        *,
        packing: Packing,
        beat: int,
        topics: bool,
    ) -> None:
        self._live, self._credentials, self._end = live, credentials, end
        self._speech = Speech(Version.V1_2, packing)
        self._beat, self._topics = beat, topics
        self._decoder = Decoder()
        self._rate = TokenBucket(FRAMES_PER_SECOND, FRAMES_BURST)
        self._session: StompSession | None = None
        self._waiting: deque[StompFrame] = deque()
        self._waiting_bytes = 0
        self._busy = self._over = False
        self._tasks = Tasks("a STOMP connection")
        self._beats = HeartBeats(self._send_beat, lambda: self.fail(HEARTBEAT_TIMEOUT))
        self.outbox = outbox(self._drained)
        loop = asyncio.get_running_loop()
        self._deadline = loop.call_later(CONNECT_WITHIN, lambda: self.fail(CONNECT_TIMEOUT))

    # --- life -----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        if self._speech.packing is SOCKJS:
            self.outbox.reply(Frame(sockjs.OPEN))

    async def stop(self) -> None:
        self._over = True
        self._deadline.cancel()
        self._beats.stop()
        await self._tasks.cancel()
        if self._session is not None:
            await self._session.stop()

    def fail(
        self, refusal: Refusal, *, receipt: str | None = None, more: tuple[tuple[str, str], ...] = ()
    ) -> None:
        """Section ERROR: say what is wrong, then close."""
        if self._over:
            return
        self._live.stomp.errors[refusal.code] += 1
        detail = str(refusal.detail)
        headers = [
            ("message", detail),
            ("code", refusal.code),
            ("retry", "true" if refusal.retry else "false"),
        ]
        headers += [("receipt-id", receipt)] if receipt is not None else []
        headers += [("content-type", "text/plain"), *more]
        self.outbox.reply(self._speech.frame("ERROR", headers, detail.encode()))
        default = close_codes.NOT_ALLOWED if refusal.status in {403, 404, 409} else close_codes.BAD_FRAME
        self._finish(_CLOSE.get(refusal.code, default), refusal.code)

    def _done(self) -> None:
        self._finish(NORMAL, "DISCONNECT")

    def _finish(self, code: int, reason: str) -> None:
        if self._over:
            return
        self._over = True
        if self._speech.packing is SOCKJS:
            self.outbox.reply(Frame(sockjs.closing(code, reason)))
        self._end(code)

    def _drained(self) -> None:
        if self._session is not None:
            self._session.drained()

    def _send_beat(self) -> None:
        self.outbox.hint(self._speech.raw(b"\n"))

    # --- bytes come in --------------------------------------------------------------------------------------------

    def receive(self, message: str | bytes) -> None:
        """One WebSocket message: a part of a frame, a frame, several, or a heart-beat."""
        self._beats.heard()
        if self._over or not self._admitted():
            return
        if self._speech.packing is not SOCKJS:
            self._feed(message)
            return
        try:
            texts = sockjs.read(message)
        except NotSockJs:
            self.fail(Refusal("BAD_FRAME", "SockJS's messages are JSON arrays of strings."))
            return
        for place, text in enumerate(texts):
            if self._over or not (place == 0 or self._admitted()):
                return
            self._feed(text)

    def _admitted(self) -> bool:
        if self._rate.take():
            return True
        self.fail(TOO_FAST)
        return False

    def _feed(self, message: str | bytes) -> None:
        first = True
        try:
            data = message.encode() if isinstance(message, str) else message
            for frame in self._decoder.feed(data):
                if self._over or not (first or self._admitted()):
                    return
                first = False
                self._take(frame)
        except FrameError as error:
            self.fail(Refusal(error.code, error.detail))
        except UnicodeEncodeError:
            self.fail(Refusal("BAD_FRAME", "Half a surrogate pair is no text."))

    def _take(self, frame: StompFrame) -> None:
        if not self._busy:
            self._run(frame)
            return
        self._waiting_bytes += len(frame.body)
        if len(self._waiting) >= WAITING_FRAMES or self._waiting_bytes > WAITING_BYTES:
            self.fail(TOO_FAST, receipt=frame.headers.get("receipt"))
        else:
            self._waiting.append(frame)

    def _run(self, frame: StompFrame) -> None:
        """Handle a frame now, and those that come while it waits for the database behind it."""
        work = self._work(frame)
        if work is not None:
            self._busy = True
            self._tasks.spawn(self._in_order(work))

    def _work(self, frame: StompFrame) -> Coroutine[Any, Any, None] | None:
        try:
            return self._connect(frame) if self._session is None else self._session.handle(frame)
        except FrameError as error:
            self.fail(Refusal(error.code, error.detail), receipt=frame.headers.get("receipt"))
            return None

    async def _in_order(self, work: Coroutine[Any, Any, None]) -> None:
        following: Coroutine[Any, Any, None] | None = work
        try:
            while following is not None:
                try:
                    await following
                except FrameError as error:
                    self.fail(Refusal(error.code, error.detail))
                following = None
                while following is None and self._waiting and not self._over:
                    frame = self._waiting.popleft()
                    self._waiting_bytes -= len(frame.body)
                    following = self._work(frame)
        except Exception:  # a bug of ours ends this connection, and is told to its client as INTERNAL
            logger.exception("a STOMP connection failed")
            self._finish(close_codes.TRY_LATER, "INTERNAL")
        self._busy = False

    # --- CONNECT --------------------------------------------------------------------------------------------------

    def _connect(self, frame: StompFrame) -> Coroutine[Any, Any, None] | None:
        if frame.command not in {"CONNECT", "STOMP"}:
            raise FrameError("NOT_CONNECTED", "The first frame is CONNECT.")
        offered = {v.strip() for v in frame.headers.get("accept-version", Version.V1_0.value).split(",")}
        version = next((v for v in ORDER if v.value in offered), None)
        if version is None:
            names = ",".join(v.value for v in Version)
            self.fail(NO_VERSION, receipt=frame.headers.get("receipt"), more=(("version", names),))
            return None
        self._deadline.cancel()
        self._decoder.negotiated(version)
        self._speech = self._speech._replace(version=version)
        beats = agreed(frame.headers.get("heart-beat", "0,0"), self._beat)
        return self._sign_in(frame, beats)

    async def _sign_in(self, frame: StompFrame, beats: tuple[float, float]) -> None:
        try:
            principal = await self._principal(frame)
        except DatabaseError as error:
            logger.warning("a connection was turned away: %r", error)
            self.fail(UNAVAILABLE)
            return
        if self._over:
            return
        if principal is None:
            self.fail(SIGN_IN)
        elif self._live.crowded(principal.key.user_id):
            self.fail(TOO_MANY_SOCKETS)
        else:
            self._welcome(principal, beats)

    async def _principal(self, frame: StompFrame) -> Principal | None:
        """By the first of these that there is; one that is wrong is not passed over for the next."""
        headers, read = frame.headers, self._live.store.read
        authorization = headers.get("Authorization") or headers.get("authorization")
        passcode = headers.get("passcode")
        if not authorization and not passcode:
            authorization = self._credentials.authorization
        if authorization:
            return await read(principals.token_principal, access_tokens.bearer(authorization))
        if passcode:
            return await read(principals.token_principal, passcode)
        cookie = self._credentials.cookie
        return await read(principals.principal, cookie) if cookie else None

    def _welcome(self, principal: Principal, beats: tuple[float, float]) -> None:
        self._session = StompSession(
            self._live,
            principal,
            lambda drained: self.outbox,
            self._end,
            speech=self._speech,
            fail=self.fail,
            done=self._done,
            topics=self._topics,
        )
        self._session.start()
        self._live.stomp.connected += 1
        headers = [
            ("version", self._speech.version.value),
            ("heart-beat", f"{self._beat},{self._beat}"),
            ("session", secrets.token_urlsafe(9)),
            ("server", SERVER),
            ("epoch", self._live.epoch),
            ("user", str(principal.key.user_id)),
        ]
        self._session.prepared(self._speech.frame("CONNECTED", headers))
        self._beats.start(*beats)
