"""The transactions that one STOMP client has begun. Pure."""

from typing import Final

from chat.realtime.stomp_codec import FrameError
from chat.timeline import Draft

OPEN_MAX: Final = 8  # TOO_MANY_TRANSACTIONS
FRAMES_MAX: Final = 100  # of one: TRANSACTION_TOO_LARGE
BYTES_MAX: Final = 256 * 1024  # of the bodies of all that are open


class Transactions:
    """What was sent within each, until its COMMIT or ABORT. All raise FrameError for a client's mistake."""

    def __init__(self) -> None:
        self._open: dict[str, list[Draft]] = {}
        self._bytes = 0

    def begin(self, name: str | None) -> None:
        if not name:
            raise FrameError("BAD_FRAME", "BEGIN needs a transaction.")
        if name in self._open:
            raise FrameError("TRANSACTION_TAKEN", "This transaction has begun already.")
        if len(self._open) >= OPEN_MAX:
            raise FrameError("TOO_MANY_TRANSACTIONS", f"At most {OPEN_MAX} transactions at a time.")
        self._open[name] = []

    def check(self, name: str) -> None:
        """That it has begun."""
        if name not in self._open:
            raise FrameError("NO_TRANSACTION", "This transaction has not begun, or it is over.")

    def add(self, name: str, draft: Draft) -> None:
        self.check(name)
        if len(self._open[name]) >= FRAMES_MAX or self._bytes + len(draft.data) > BYTES_MAX:
            raise FrameError(
                "TRANSACTION_TOO_LARGE",
                f"A transaction has at most {FRAMES_MAX} messages, all of them {BYTES_MAX} bytes.",
            )
        self._open[name].append(draft)
        self._bytes += len(draft.data)

    def end(self, name: str | None) -> list[Draft]:
        """What was sent within it, in order."""
        if not name:
            raise FrameError("BAD_FRAME", "COMMIT and ABORT need a transaction.")
        self.check(name)
        drafts = self._open.pop(name)
        self._bytes -= sum(len(d.data) for d in drafts)
        return drafts
