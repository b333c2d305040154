"""One user of a directory at a time."""

import fcntl
from io import TextIOWrapper
from pathlib import Path


class Busy(Exception):
    """Another process holds the directory."""


class DirectoryLock:
    """An advisory lock on a directory; the kernel lets it go when we end, however that happens."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / "lock"
        self._file: TextIOWrapper | None = None

    def acquire(self) -> None:
        """Take the lock now or raise Busy, also if this object holds it already."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = self._path.open("a")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:  # flock belongs to the open file, so this covers a second one of ours
            file.close()
            raise Busy(f"{self._path.parent} is in use by another process.") from None
        self._file = file

    def release(self) -> None:
        """Let go. Idempotent."""
        if self._file:
            self._file.close()
            self._file = None
