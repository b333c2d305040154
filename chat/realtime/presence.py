"""Who has a room open: what each worker says of itself is a lease, so a dead worker's people fade."""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import Final

LEASE: Final = 60.0  # seconds
RENEW: Final = 50.0
LISTED_MAX: Final = 50  # people named in a frame; beyond it only the count is true
LINGER: Final = 3.0  # seconds between somebody's last connection and their going


class Presence:
    """Leases of all workers; pure but for the clock handed in."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._here: defaultdict[int, Counter[int]] = defaultdict(Counter)
        self._there: defaultdict[int, dict[str, tuple[frozenset[int], float]]] = defaultdict(dict)

    def arrive(self, room_id: int, user_id: int) -> bool:
        """One more local connection; True if this makes the person present here."""
        self._here[room_id][user_id] += 1
        return self._here[room_id][user_id] == 1

    def depart(self, room_id: int, user_id: int) -> bool:
        """One local connection fewer; True if the person has none left here."""
        here = self._here.get(room_id)
        if here is None:
            return False
        here[user_id] -= 1
        if here[user_id] > 0:
            return False
        del here[user_id]
        if not here:
            del self._here[room_id]
        return True

    def local(self, room_id: int) -> list[int]:
        """People with a connection here."""
        return sorted(self._here.get(room_id, ()))

    def rooms(self) -> list[int]:
        return list(self._here)

    def lease(self, room_id: int, worker: str, users: Iterable[int]) -> bool:
        """What another worker says; True if that changes who is present."""
        before = self.present(room_id)
        present = frozenset(users)
        if present:
            self._there[room_id][worker] = (present, self._clock() + LEASE)
        else:
            self._there[room_id].pop(worker, None)
        return before != self.present(room_id)

    def present(self, room_id: int) -> list[int]:
        """Everybody present, by user id."""
        now = self._clock()
        people = set(self._here.get(room_id, ()))
        leases = self._there.get(room_id, {})
        for worker, (users, until) in list(leases.items()):
            if until < now:
                del leases[worker]
            else:
                people |= users
        if not leases:
            self._there.pop(room_id, None)
        return sorted(people)

    def expired(self) -> list[int]:
        """Rooms in which somebody's lease has run out since the last call."""
        now = self._clock()
        late = [room for room, said in self._there.items() if any(until < now for _, until in said.values())]
        for room in late:
            self.present(room)
        return late
