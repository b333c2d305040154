"""What the servers with a directory of their own have in common."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Self

from deploy.services.lock import Busy, DirectoryLock
from deploy.services.ports import free_port
from deploy.services.process import Process, ServiceError


class Server(ABC):
    """One server per directory, on one loopback port for the life of the object, whatever is done to it.

    A second start in the same directory, by any process, gets ServiceError. Not thread-safe.
    """

    name: str

    def __init__(self, directory: Path | str, port: int | None = None) -> None:
        self.directory, self.port = Path(directory).resolve(), port or free_port()
        self._lock = DirectoryLock(self.directory)
        self._process: Process | None = None

    @abstractmethod
    def _make_process(self) -> Process:
        """Prepare what the server needs and describe its process."""

    @property
    def process(self) -> Process:
        """The child; ServiceError before the first start()."""
        if self._process is None:
            raise ServiceError(f"{self.name} is not running.")
        return self._process

    @property
    def alive(self) -> bool:
        """Whether the child runs (a frozen one does)."""
        return self._process is not None and self._process.alive

    def ending(self) -> str:
        """How the child ended, in words."""
        return self.process.ending()

    def spawn(self) -> None:
        """Start without waiting: some of a cluster are ready only once the others are there."""
        try:
            self._lock.acquire()
        except Busy as busy:
            raise ServiceError(f"{self.name} is running already: {busy}") from busy
        try:
            self._process = self._make_process()
            self._process.spawn()
        except BaseException:  # an interrupt too must not keep the directory locked
            self._lock.release()
            raise

    def start(self) -> Self:
        """Start and wait until it answers; ServiceError with the log's last lines if it does not."""
        self.spawn()
        try:
            self.process.wait_ready()
        except BaseException:  # an interrupt too must leave no server behind
            self.kill()
            raise
        return self

    def stop(self) -> None:
        """Stop within bounds, politely at first. Idempotent."""
        if self._process:
            self._process.stop()
        self._lock.release()

    def kill(self) -> None:
        """SIGKILL to the server and all its children, as in a crash; start() brings it back."""
        self.process.kill()
        self._lock.release()

    def restart(self) -> Self:
        """stop(), then start()."""
        self.stop()
        return self.start()

    def freeze(self) -> None:
        """Stop answering while connections stay open, until thaw()."""
        self.process.freeze()

    def thaw(self) -> None:
        """Undo freeze()."""
        self.process.thaw()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()
