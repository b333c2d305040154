"""The outbox of a connection whose worker takes finished frames (chat/serving): no task, no queue of our own."""

import time
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from chat.realtime import close_codes
from chat.realtime.frame import Frame

LINK: Final = "rualone.link"  # in scope["extensions"]
SLOW_AFTER: Final = 30.0  # seconds of lag, paid back at half speed; beyond it the connection is closed 4408


class Link(Protocol):
    """A connection to write finished frames to."""

    full: bool
    on_drained: Callable[[], None]

    def send_frame(self, data: bytes) -> bool:
        """Write, or queue behind a full socket up to a bound; False beyond it."""

    def rest(self) -> None:
        """Read nothing from it for a moment: it sends more than can be taken."""


OpenLink = Callable[[Callable[[str], None], int | None], Link | None]
"""What `scope["extensions"][LINK]` is, for after the accept: None when the client has gone before. The function given
gets each text that comes from then on, in the step in which it was read; what came before, and what is binary, is at
`receive`, and then what comes behind it too. The number is the longest message that the client may send, in bytes, if
it is not to be the server's own."""


class DirectOutbox:
    """Frames go to the socket in the same step. While it is full, entries are refused (the connection lags) and
    hints shed; answers queue in the worker up to its bound."""

    def __init__(self, link: Link, drained: Callable[[], None], close: Callable[[int], None]) -> None:
        self._link, self._caught_up, self._close = link, drained, close
        link.on_drained = self._drained
        self._lagging_since: float | None = None
        self._debt = 0.0
        self._debt_at = time.monotonic()
        self.shed = 0

    def offer(self, frame: Frame, answers: Sequence[Frame] = ()) -> bool:
        if self._lagging_since is None and not self._link.full:
            wire = b"".join([*(a.wire for a in answers), frame.wire]) if answers else frame.wire
            return self._link.send_frame(wire)
        if self._lagging_since is None:
            self._lagging_since = time.monotonic()
        return False

    def reply(self, frame: Frame) -> bool:
        return self._link.send_frame(frame.wire)

    def rest(self) -> None:
        self._link.rest()

    def hint(self, frame: Frame) -> None:
        if self._link.full or self._lagging_since is not None:
            self.shed += 1
        else:
            self._link.send_frame(frame.wire)

    def _drained(self) -> None:
        if self._lagging_since is None:
            return
        now = time.monotonic()
        self._debt = (
            max(0.0, self._debt - (self._lagging_since - self._debt_at) / 2) + now - self._lagging_since
        )
        self._lagging_since, self._debt_at = None, now
        if self._debt > SLOW_AFTER:
            self._close(close_codes.SLOW)
        else:
            self._caught_up()
