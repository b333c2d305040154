"""The check that every message arrived at every member exactly once and in order.

Members of a room get the same bytes. What a stretch of bytes means to a member who stands where another stood is known
from the other; that it *is* the same bytes is compared for every member and every byte.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Hashable
from typing import NamedTuple

from benchmarks.dialects import Answered, Delivered, Dialect, Identity, Reload
from benchmarks.websocket import Incoming

_FRAMES_MAX = 4_000  # frames whose content is known already
_STRETCHES_MAX = 32 << 20  # bytes of stretches that are remembered


class Stretch(NamedTuple):
    """What `data` after the unfinished `rest` brought to one who stood at a number of one stream."""

    rest: bytes
    data: bytes
    rest_after: bytes
    last: int
    sent: list[float]  # when each message in it was sent


class Ledger:
    """What was sent, what each frame says, and where each member stands. Latencies are taken at some members only."""

    def __init__(self, dialect: Dialect, members_per_room: int) -> None:
        self._dialect, self._members = dialect, members_per_room
        self._frames: dict[bytes, Delivered | None] = {}
        self._left_at: dict[int, int] = {}  # the last number that a member who was told to reload had
        self._reloaded: defaultdict[Hashable, list[tuple[int, int]]] = defaultdict(list)
        self._stretches: dict[tuple[Hashable, int, int, int], Stretch] = {}
        self._remembered = 0
        self._places: dict[Identity, tuple[Hashable, int]] = {}
        self._missing: dict[tuple[int, Hashable], set[int]] = {}
        self.sent: dict[Identity, float] = {}  # perf_counter; at a fixed rate when it should have been sent
        self.acked: dict[Identity, int] = {}
        self.refused: dict[Identity, str] = {}
        self.told: Counter[str] = Counter()
        self.delivered = 0
        self.reloaded = 0  # deliveries that a member does without, because it was told to open the room anew
        self.repeated = 0
        self.out_of_order = 0
        self.refusals: list[str] = []
        self.latencies: list[float] = []  # milliseconds
        self.trace: list[tuple[float, float]] | None = None  # (sent, milliseconds), while somebody wants it

    @property
    def due(self) -> int:
        """Deliveries that have not happened yet; what was refused is not due, nor what somebody reloads."""
        return (len(self.sent) - len(self.refused)) * self._members - self.delivered - self.reloaded

    @property
    def under_way(self) -> int:
        """Messages that have not reached all their members, rounded up."""
        return -(-self.due // self._members)

    def untrue(self) -> tuple[int, int]:
        """(acknowledged and in no frame, or under another number; refused and yet delivered): both must be 0.

        What nobody got because all reloaded over it is in no frame either."""
        places = self._places
        spans = [span for each in self._reloaded.values() for span in each]
        lost = sum(
            0 < seq != places[i][1] if i in places else not any(a < seq <= b for a, b in spans)
            for i, seq in self.acked.items()
        )
        return lost, sum(i in places for i in self.refused)

    def leaves(self, member: int, stands: dict[Hashable, int], reload: Reload) -> None:
        """A member was told to open the stream anew: until `enters` it gets nothing."""
        self._left_at[member] = stands.pop(reload.stream)
        self.told["RESYNC"] += 1

    def answers_returning(self, member: int, payload: bytes) -> bool:
        """Take the answer to something that a member sent before it had to leave; False: it is none."""
        if member not in self._left_at:
            return False
        try:
            found = self._dialect.read(payload)
        except ValueError:
            return False
        if isinstance(found, Answered):
            self._answered(found)
        return isinstance(found, Answered)

    def enters(self, member: int, stands: dict[Hashable, int], stream: Hashable, head: int) -> None:
        """A member is in and has everything up to `head`."""
        stands[stream] = head
        if (left := self._left_at.pop(member, None)) is not None:
            self.reloaded += head - left
            self._reloaded[stream].append((left, head))

    # --- reading --------------------------------------------------------------------------------------------------

    def known(
        self, room: str, stands: dict[Hashable, int], incoming: Incoming, data: bytes, observed: bool
    ) -> bool:
        """Take bytes that another member got at the same place; False: they must be looked into."""
        rest, stand = incoming.rest, stands.get(room, 0)
        stretch = self._stretches.get((room, stand, len(rest), len(data)))
        if stretch is None or stretch.data != data or stretch.rest != rest:
            return False
        incoming.rest = stretch.rest_after
        stands[room] = stretch.last
        self.delivered += len(stretch.sent)
        if observed:
            self._time(stretch.sent)
        return True

    def remember(
        self, room: str, stand: int, rest: bytes, data: bytes, rest_after: bytes, brought: list[Delivered]
    ) -> None:
        """`data` held nothing but entries of the room that followed on `stand`: so it will for the other members."""
        if self._remembered > _STRETCHES_MAX:
            self._stretches.clear()
            self._remembered = 0
        self._remembered += len(data) + len(rest)
        sent = [self.sent[i] for frame in brought for i in frame.identities if i in self.sent]
        last = brought[-1].last if brought else stand
        self._stretches[room, stand, len(rest), len(data)] = Stretch(rest, data, rest_after, last, sent)

    def take(
        self, member: int, stands: dict[Hashable, int], payload: bytes, observed: bool
    ) -> Delivered | Reload | None:
        """A frame has come to a member. `stands`: the last number it has of each stream.

        Returns what followed on what the member had, or that it must enter again; None for anything else."""
        frame = self._frames[payload] if payload in self._frames else self._look(payload)
        if isinstance(frame, Reload):
            self.leaves(member, stands, frame)
            return frame
        if frame is None:
            return None
        follows = frame.ordered and frame.first == stands.get(frame.stream, 0) + 1
        if follows:
            stands[frame.stream] = frame.last
            self.delivered += len(frame.identities)
        else:
            self._take_odd(member, stands, frame)
        if observed:
            self._time([self.sent[i] for i in frame.identities if i in self.sent])
        return frame if follows else None

    def _time(self, sent: list[float]) -> None:
        now = time.perf_counter()
        self.latencies += [(now - each) * 1000 for each in sent]
        if self.trace is not None:
            self.trace += [(each, (now - each) * 1000) for each in sent]

    def _look(self, payload: bytes) -> Delivered | Reload | None:
        try:
            found = self._dialect.read(payload)
        except ValueError as error:
            self.refusals.append(str(error)[:200])
            return None
        if isinstance(found, Reload):
            return found
        if isinstance(found, Answered):
            self._answered(found)
            return None  # for its sender alone, so not worth remembering
        if len(self._frames) >= _FRAMES_MAX:
            self._frames.clear()
        self._frames[payload] = found
        if found:
            self._place(found)
        return found

    def _place(self, frame: Delivered) -> None:
        for number, identity in enumerate(frame.identities, frame.first):
            place = (frame.stream, number)
            if identity not in self.sent or self._places.setdefault(identity, place) != place:
                self.repeated += 1  # the same message under another number, or one that nobody sent

    def _answered(self, answer: Answered) -> None:
        if answer.code:
            self.refused[answer.identity] = answer.code
            self.told[f"{answer.code}, {'retry' if answer.retry else 'no retry'}"] += 1
            if self.trace is not None:
                self.trace.append((self.sent.get(answer.identity, 0.0), float("inf")))
        elif self.acked.setdefault(answer.identity, answer.seq) != answer.seq:
            self.repeated += 1  # acknowledged under two numbers

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
