"""What a server costs: CPU seconds, memory and waiting of the process that was started and of all below it."""

import time
from collections.abc import Callable
from pathlib import Path

import psutil

QUIET = 0.2  # share of a core below which a server has nothing left to do
LOOK = 0.25  # seconds between two looks


class Meter:
    """Reads /proc; one look takes well under a millisecond for each process. Workers that end are counted on."""

    def __init__(self, pid: int) -> None:
        self._main = psutil.Process(pid)
        self._tree: list[psutil.Process] = []
        self._ended: dict[int, float] = {}  # CPU seconds by process, as last seen
        self.peak = 0
        self.refresh()

    def refresh(self) -> None:
        """Look for processes that are new. Costs milliseconds: not while latencies are taken."""
        self._tree = [self._main, *self._main.children(recursive=True)]

    def cpu(self) -> float:
        """User and system seconds so far."""
        for each in self._tree:
            try:
                times = each.cpu_times()
            except psutil.NoSuchProcess:
                continue  # what it had used stays as it was at the last look
            self._ended[each.pid] = times.user + times.system
        return sum(self._ended.values())

    def memory(self) -> int:
        """Resident bytes now; shared pages count in each process. `peak` is the highest seen."""
        total = 0
        for each in self._tree:
            try:
                total += each.memory_info().rss
            except psutil.NoSuchProcess:
                continue
        self.peak = max(self.peak, total)
        return total

    def starved(self) -> float:
        """Seconds that the busiest thread of each process was ready to run and had no core; 0 where unknown."""
        return sum(_starved(each.pid) for each in self._tree)

    def wait_quiet(self, within: float, pause: Callable[[float], None] = time.sleep) -> None:
        """Until what it was busy with no longer shows in its CPU time, or `within` seconds are over. A parent's
        children begin after its port is open, presence goes round after the last one has come."""
        deadline, used = time.monotonic() + within, self.cpu()
        while time.monotonic() < deadline:
            pause(LOOK)
            self.refresh()
            before, used = used, self.cpu()
            if used - before < QUIET * LOOK:
                return


def _starved(pid: int) -> float:
    """The busiest is the one that waited longest: the main thread of most systems, the scheduler of Erlang's."""
    waited = [0]
    for thread in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        try:
            waited.append(int(thread.read_text().split()[1]))
        except (OSError, IndexError):
            continue  # ended meanwhile
    return max(waited) / 1e9
