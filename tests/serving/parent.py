"""A supervisor in a process of its own, with stub workers, and what can be asked of it."""

import fcntl
import os
import re
import socket
import subprocess
import sys
import termios
import threading
from collections.abc import Callable
from pathlib import Path

STUB = Path(__file__).with_name("stub_worker.py")
LONG = 30.0  # seconds; what takes longer has failed


class Parent:
    """A supervisor with stub workers, and the lines that it and they write."""

    def __init__(
        self,
        file: Path,
        workers: int,
        *options: float,
        plan: str = "",
        port: int = 0,
        terminal: int | None = None,
    ) -> None:
        self._plan = file
        self.plan_is(plan)
        self.process = subprocess.Popen(
            [sys.executable, str(STUB), "serve", str(workers), *map(str, options)],
            env={**os.environ, "STUB_PLAN": str(file), "STUB_PORT": str(port)},
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=None if terminal is None else lambda: fcntl.ioctl(terminal, termios.TIOCSCTTY, 0),
        )
        self.lines: list[str] = []
        self.all_gone = False
        self._news = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            with self._news:
                self.lines.append(line.rstrip())
                self._news.notify_all()
        with self._news:  # the end of the pipe: the parent and every worker that inherited it are gone
            self.all_gone = True
            self._news.notify_all()

    def _wait(self, true: Callable[[], bool], what: str) -> None:
        with self._news:
            self._news.wait_for(lambda: true() or self.all_gone, LONG)
        assert true(), f"no {what} in:\n" + "\n".join(self.lines)

    def matches(self, pattern: str) -> list[re.Match[str]]:
        return [match for line in list(self.lines) if (match := re.search(pattern, line))]

    def until(self, pattern: str, times: int = 1) -> re.Match[str]:
        """The `times`th line that has `pattern`, when it is there."""
        self._wait(lambda: len(self.matches(pattern)) >= times, f"{pattern!r} × {times}")
        return self.matches(pattern)[times - 1]

    def until_all_gone(self) -> None:
        self._wait(lambda: self.all_gone, "end of every process")

    def ready(self, times: int) -> int:
        """The process id of the `times`th worker that got ready."""
        return int(self.until(r"process (\d+)\) is ready", times)[1])

    @property
    def port(self) -> int:
        return int(self.until(r"^port (\d+)")[1])

    def plan_is(self, plan: str) -> None:
        """For workers that start from now on."""
        fresh = self._plan.with_suffix(".new")
        fresh.write_text(plan)
        fresh.replace(self._plan)

    def send(self, number: int) -> None:
        self.process.send_signal(number)

    def ended(self) -> int:
        """Its exit code, when it and every worker are gone."""
        code = self.process.wait(LONG)
        self.until_all_gone()
        return code

    def connect(self) -> socket.socket:
        """A connection with a request sent on it."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=LONG)
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        return connection

    def ask(self) -> int:
        """The process id of the worker that answered."""
        with self.connect() as connection:
            return answer(connection)


def answer(connection: socket.socket) -> int:
    """What `connect`'s request got: the worker's process id. ConnectionError if it was cut."""
    whole = b""
    while more := connection.recv(4096):
        whole += more
    if not whole:
        raise ConnectionError("closed without an answer")
    return int(whole.rpartition(b"\r\n")[2])


Start = Callable[..., Parent]
