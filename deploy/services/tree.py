"""Who descends from a process. PostgreSQL's backends make groups of their own, so a group signal misses them."""

import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Collection
from pathlib import Path

_LINUX: bool = sys.platform.startswith("linux")


def descendants(pid: int) -> list[int]:
    """Process ids below `pid`, parents before children; empty when it is gone."""
    children = defaultdict(list)
    for child, parent in _pairs():
        children[parent].append(child)
    found: list[int] = []
    queue = [pid]
    while queue:
        below = children.pop(queue.pop(0), [])
        found += below
        queue += below
    return found


def all_gone(pids: Collection[int], *, within: float) -> bool:
    """Wait at most `within` seconds until none of `pids` runs; a zombie counts as gone, it holds nothing."""
    deadline = time.monotonic() + within
    while any(pid in pids for pid, _ in _pairs()):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def command_line(pid: int) -> list[str]:
    """The words of a process's command; empty when there is no such process."""
    if _LINUX:
        try:
            return Path(f"/proc/{pid}/cmdline").read_text(errors="replace").split("\0")
        except (FileNotFoundError, ProcessLookupError):
            return []
    command = ["ps", "-p", str(pid), "-o", "command="]
    return subprocess.run(command, capture_output=True, text=True, timeout=10).stdout.split()


def _pairs() -> list[tuple[int, int]]:
    """(process, its parent) for all that run, zombies left out; from /proc on Linux, where `ps` may be missing."""
    if not _LINUX:
        command = ["ps", "-A", "-o", "pid=,ppid=,stat="]
        table = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout
        rows = [line.split() for line in table.splitlines()]
        return [(int(pid), int(parent)) for pid, parent, state in rows if not state.startswith("Z")]
    pairs = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # "pid (name) state parent …", and the name may hold spaces and parentheses
            state, parent = stat.read_text(errors="replace").rpartition(")")[2].split()[:2]
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended while we looked
        if state != "Z":
            pairs.append((int(stat.parent.name), int(parent)))
    return pairs
