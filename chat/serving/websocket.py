"""Daphne's WebSocket protocol with bounds: every byte out passes one writer, and nobody's frames pile up."""

import time
from collections.abc import Callable
from typing import Any, Final

from daphne.ws_protocol import WebSocketProtocol

from chat.serving.framing import take_text_frame
from chat.serving.intake import Intake
from chat.serving.output import SocketWriter
from chat.serving.state import RESTART, state
from chat.serving.tls import pulling

STALLED_AFTER: Final = 20.0  # seconds without a byte taken: aborted, since a close frame would not be seen


def configured(factory: Any) -> type[WebSocketProtocol]:
    """Our protocol with the factory's options on the class. autobahn copies its CONFIG_ATTRS (not documented;
    tests/serving/test_private.py) to every connection and formats them for its debug log: 5 % of a handshake."""
    options = {name: getattr(factory, name) for name in WebSocketProtocol.CONFIG_ATTRS}
    for name, value in options.items():
        if callable(value):  # on a class it would become a method
            options[name] = staticmethod(value)
    return type("ConfiguredProtocol", (BoundedWebSocketProtocol,), {**options, "CONFIG_ATTRS": ()})


class BoundedWebSocketProtocol(WebSocketProtocol):
    """Made for each upgraded connection; `Server` has set it as the WebSocket factory's protocol."""

    writer: SocketWriter | None = None
    intake: Intake | None = None

    # --- out ------------------------------------------------------------------------------------------------------

    def onOpen(self) -> None:
        self.writer = SocketWriter(pulling(self.transport))
        super().onOpen()
        if state.draining:  # it was shaking hands when the others were sent away
            self.sendCloseFrame(code=RESTART)

    def sendData(self, data: bytes, sync: bool = False, chopsize: int | None = None) -> None:
        """autobahn's, not public: every frame it makes passes here (tests/serving/test_private.py)."""
        if self.writer is None:
            super().sendData(data, sync, chopsize)
        elif not self.writer.write(data):
            self.abort("more waits for it than we keep")

    def open_link(self, take: Callable[[str], None], longest: int | None) -> SocketWriter | None:
        """The extension LINK (chat.realtime.direct_outbox)."""
        if longest is not None:
            self.maxFramePayloadSize = self.maxMessagePayloadSize = longest
        if self.intake is not None and self.writer is not None:
            self.intake.take = take
            self.writer.rest = self.intake.rest
        return self.writer

    def sendCloseFrame(self, *args: Any, **kwargs: Any) -> None:
        super().sendCloseFrame(*args, **kwargs)
        if self.writer is not None:
            self.writer.muted = True

    def dropConnection(self, abort: bool = False) -> None:
        """A transport with a producer would wait for it before it closes."""
        if self.writer is not None:
            self.writer.release()
        super().dropConnection(abort)

    def serverClose(self, code: int | None = None) -> None:
        """As Daphne's, and with the codes that RFC 6455 leaves to servers, like 1012; sendClose refuses those."""
        if code is None or code == 1000 or 3000 <= code <= 4999:
            super().serverClose(code)
        else:
            self.sendCloseFrame(code=code)

    # --- in -------------------------------------------------------------------------------------------------------

    def dataReceived(self, data: bytes) -> None:
        """Whole text frames are cut out here; all else is autobahn's, at a frame boundary.

        `data` (bytes of a frame begun), `current_frame` and `inside_message` are autobahn's own state: only when it
        is between two messages may a frame be taken past it (tests/serving/test_private.py).
        """
        if self.state == self.STATE_OPEN and not self.muted and self.writer is not None:
            self.writer.gathering = True
            try:
                while data and not self.data and self.current_frame is None and not self.inside_message:
                    taken = take_text_frame(data, self.maxFramePayloadSize)
                    if taken is None:
                        break
                    text, data = taken
                    self._take(text)
            finally:
                self.writer.flush()
        if data:
            super().dataReceived(data)

    def _take(self, text: str) -> None:
        self.last_ping = time.time()
        if self.autoPingTimeoutCall is not None:  # as autobahn: any frame answers for the pong
            self._cancelAutoPingTimeoutCall()
        self.application_queue.put_nowait({"type": "websocket.receive", "text": text})

    def pause_reading(self) -> None:
        self.transport.pauseProducing()

    def resume_reading(self) -> None:
        if self.state == self.STATE_OPEN:
            self.transport.resumeProducing()

    # --- bounds ---------------------------------------------------------------------------------------------------

    def check_timeouts(self) -> None:
        """Daphne calls this every two seconds."""
        if (
            self.writer is not None
            and self.writer.full
            and time.monotonic() - self.writer.since > STALLED_AFTER
        ):
            self.abort("it has stopped reading")
        elif self.intake is not None and (self.intake.paused or self.intake.resting):
            self.last_ping = time.time()  # its pong would wait unread with the rest
        else:
            super().check_timeouts()

    def abort(self, why: str) -> None:
        self.log.info("{peer} is cut off: {why}", peer=self.peer, why=why)
        self.dropConnection(abort=True)
