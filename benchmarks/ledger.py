"""The check that every message arrived at every member exactly once and in order; its cost is per frame."""

import time
from collections.abc import Hashable

from benchmarks.dialects import Delivered, Dialect, Identity

_CACHE_MAX = 4_000  # frames whose content is known already; members of a room get the same bytes


class Ledger:
    """What was sent, what each frame says, and where each member stands. Latencies are taken at some members only."""

    def __init__(self, dialect: Dialect, members_per_room: int) -> None:
        self._dialect, self._members = dialect, members_per_room
        self._frames: dict[bytes, Delivered | None] = {}
        self._places: dict[Identity, tuple[Hashable, int]] = {}
        self.sent: dict[Identity, float] = {}
        self.delivered = 0
        self.repeated = 0
        self.out_of_order = 0
        self.refusals: list[str] = []
        self.latencies: list[float] = []
        self._missing: dict[tuple[int, Hashable], set[int]] = {}

    @property
    def due(self) -> int:
        """Deliveries that have not happened yet."""
        return len(self.sent) * self._members - self.delivered

    def take(self, member: int, stands: dict[Hashable, int], payload: bytes, observed: bool) -> None:
        """A frame has come to a member. `stands`: the last number it has of each stream."""
        if payload in self._frames:
            frame = self._frames[payload]
        else:
            frame = self._look(payload)
        if frame is None:
            return
        stand = stands.get(frame.stream, 0)
        if frame.ordered and frame.first == stand + 1:
            stands[frame.stream] = frame.last
            self.delivered += len(frame.identities)
        else:
            self._take_odd(member, stands, frame)
        if observed:
            now = time.perf_counter()
            sent = self.sent
            self.latencies += [(now - sent[i]) * 1000 for i in frame.identities]

    def _look(self, payload: bytes) -> Delivered | None:
        try:
            frame = self._dialect.read(payload)
        except ValueError as error:
            self.refusals.append(str(error)[:200])
            frame = None
        if len(self._frames) >= _CACHE_MAX:
            self._frames.clear()
        self._frames[payload] = frame
        if frame:
            for number, identity in enumerate(frame.identities, frame.first):
                if identity not in self.sent or self._places.setdefault(identity, (frame.stream, number)) != (
                    frame.stream,
                    number,
                ):
                    self.repeated += 1  # the same message under another number, or one that nobody sent
        return frame

    def _take_odd(self, member: int, stands: dict[Hashable, int], frame: Delivered) -> None:
        """Number by number: ahead leaves a gap, behind fills one late or repeats."""
        missing = self._missing.setdefault((member, frame.stream), set())
        for number in range(frame.first, frame.last + 1):
            stand = stands.get(frame.stream, 0)
            if number > stand:
                missing.update(range(stand + 1, number))
                stands[frame.stream] = number
                self.delivered += 1
            elif number in missing:
                missing.discard(number)
                self.out_of_order += 1
                self.delivered += 1
            else:
                self.repeated += 1
