"""A supervised child process that never outlives us."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Self

from deploy.services import lifeline
from deploy.services.privileges import Account
from deploy.services.tree import all_gone, descendants


class ServiceError(Exception):
    """A service could not do what was asked; the message is a sentence for the person at the terminal."""


class Process:
    """One server as a child in a process group of its own, so that a Ctrl-C at our terminal does not reach it.

    The child's output is appended to `log`. It ends when we end, in whatever way (see lifeline). Every wait is
    bounded. Not thread-safe: one thread at a time may call methods.
    """

    port: int = 0  # on 127.0.0.1, of one that listens there

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        account: Account | None = None,
        stdin: str | None = None,
        stop_signals: Iterable[signal.Signals] = (signal.SIGTERM,),
        grace: float = 10.0,
        ready: Callable[[], bool] | None = None,
        ready_within: float = 30.0,
    ) -> None:
        """`env` replaces the environment if given; each of `stop_signals` has `grace` seconds, then SIGKILL."""
        self.name, self.command, self.log = name, [str(part) for part in command], log
        self.env, self.cwd, self.account, self.stdin = env, cwd, account, stdin
        self.stop_signals, self.grace = tuple(stop_signals), grace
        self.ready, self.ready_within = ready, ready_within
        self._child: subprocess.Popen[str] | None = None
        self._line: lifeline.Lifeline | None = None

    # --- start ------------------------------------------------------------------------------------------------
    def start(self) -> Self:
        """Start the child and wait until it is ready; if it fails or is too slow, kill it and raise ServiceError."""
        self.spawn()
        try:
            self.wait_ready()
        except BaseException:
            self.kill()
            raise
        return self

    def spawn(self) -> None:
        """Start the child without waiting for readiness."""
        if self.alive:
            raise ServiceError(f"{self.name} is already running (process {self.pid}).")
        self.log.parent.mkdir(parents=True, exist_ok=True)
        who = self.account.popen_options() if self.account else {}
        try:
            with self.log.open("a") as output:
                self._child = subprocess.Popen(
                    self.command,
                    stdin=subprocess.DEVNULL if self.stdin is None else subprocess.PIPE,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env=self.env,
                    cwd=self.cwd,
                    text=True,
                    process_group=0,
                    preexec_fn=lifeline.in_child(),
                    **who,
                )
        except (OSError, subprocess.SubprocessError) as error:
            raise ServiceError(f"{self.name} could not be started ({self.command[0]}): {error}") from error
        self._line = lifeline.hold(self._child.pid)
        self._feed()

    def _feed(self) -> None:
        if self.stdin is None or self._child is None or self._child.stdin is None:
            return
        try:
            self._child.stdin.write(self.stdin)
            self._child.stdin.close()
        except BrokenPipeError:
            pass  # it ended at once; wait_ready() says so, with its log

    def run(self, within: float) -> None:
        """Start and wait until it ends by itself with status 0; else kill it and raise ServiceError."""
        self.spawn()
        try:
            ended = self._ended_within(within)
        finally:
            self.kill()
        if not ended or self.ending() != "exit status 0":
            raise ServiceError(f"{self.name} failed ({self.ending()}).{self._log_tail()}")

    def is_ready(self) -> bool:
        """Whether the child answers now; does not wait longer than the probe itself."""
        return self.alive and (self.ready is None or self.ready())

    def wait_ready(self) -> None:
        """Wait until the child answers; ServiceError if it ends or `ready_within` seconds pass."""
        deadline = time.monotonic() + self.ready_within
        while not self.is_ready():
            if not self.alive:
                raise ServiceError(f"{self.name} ended while starting ({self.ending()}).{self._log_tail()}")
            if time.monotonic() > deadline:
                raise ServiceError(f"{self.name} was not ready in {self.ready_within:g} s.{self._log_tail()}")
            time.sleep(0.02)

    # --- state ------------------------------------------------------------------------------------------------
    @property
    def pid(self) -> int:
        """Process id of the child; ServiceError when it was never started."""
        if self._child is None:
            raise ServiceError(f"{self.name} is not running.")
        return self._child.pid

    @property
    def alive(self) -> bool:
        """Whether the child runs (a frozen one does)."""
        return self._child is not None and self._child.poll() is None

    def ending(self) -> str:
        """How the child ended, in words."""
        code = self._child.poll() if self._child else None
        if code is None:
            return "it has not ended"
        return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"

    def _log_tail(self, lines: int = 12) -> str:
        tail = self.log.read_text(errors="replace").splitlines()[-lines:]
        return f" Last lines of {self.log}:\n" + "\n".join(f"  {line}" for line in tail)

    # --- stop -------------------------------------------------------------------------------------------------
    def stop(self) -> None:
        """Stop the child, politely at first; afterwards neither it nor its descendants run. Idempotent."""
        if self.alive:
            self.thaw()
        for number in self.stop_signals:
            if self._signal_and_wait(number, self.grace):
                break
        self.kill()

    def kill(self) -> None:
        """SIGKILL to the child and everything below it, and wait until it is gone. Idempotent."""
        if self._child is None:
            return
        pids = [self._child.pid, *descendants(self._child.pid)] if self.alive else []
        for pid in pids:
            _send(pid, signal.SIGKILL)
        # Its descendants too: PostgreSQL does not start again while a backend still holds the old shared memory.
        if not self._ended_within(10) or not all_gone(pids, within=10):
            raise ServiceError(f"{self.name} (process {self._child.pid}) survived SIGKILL for 10 s.")
        if self._line:
            self._line.release()
            self._line = None

    def restart(self) -> Self:
        """stop(), then start()."""
        self.stop()
        return self.start()

    def _signal_and_wait(self, number: signal.Signals, seconds: float) -> bool:
        if self._child is None or self._child.poll() is not None:
            return True
        _send(self._child.pid, number)
        return self._ended_within(seconds)

    def _ended_within(self, seconds: float) -> bool:
        if self._child is None:
            return True
        try:
            self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    # --- faults for tests -------------------------------------------------------------------------------------
    def freeze(self) -> None:
        """SIGSTOP to the child and everything below it: connections stay open and nothing answers."""
        for pid in [self.pid, *descendants(self.pid)]:
            _send(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT to the child and everything below it."""
        for pid in [*descendants(self.pid), self.pid]:
            _send(pid, signal.SIGCONT)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass  # gone already: what every signal sent here is for, or about to be noticed by poll()
