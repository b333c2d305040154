"""The parent of the workers, in a process of its own with stub workers, and the sockets that it makes."""

import collections
import fcntl
import os
import re
import signal
import socket
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from chat.serving import sockets, supervisor
from chat.serving.sockets import ServeError

STUB = Path(__file__).with_name("stub_worker.py")
LONG = 30.0  # seconds; what takes longer has failed
linux = pytest.mark.skipif(sys.platform != "linux", reason="SO_REUSEPORT spreads on Linux only")


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


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    parents: list[Parent] = []

    def start(workers: int, *options: float, **how: Any) -> Parent:
        parents.append(Parent(tmp_path / f"plan{len(parents)}", workers, *options, **how))
        return parents[-1]

    yield start
    for parent in parents:
        parent.process.kill()
        parent.process.wait(LONG)
        parent.until_all_gone()


# --- serving ----------------------------------------------------------------------------------------------------------


@linux
def test_connections_spread_evenly(start: Start) -> None:
    parent = start(4)
    parent.ready(4)
    answers = collections.Counter(parent.ask() for _ in range(400))
    assert len(answers) == 4
    # 100 each with a standard deviation of 8.7
    assert all(50 <= count <= 150 for count in answers.values()), answers


def test_a_connection_that_waited_for_a_worker_that_died_is_answered_by_the_next(start: Start) -> None:
    parent = start(1)
    first = parent.ready(1)
    os.kill(first, signal.SIGSTOP)
    with parent.connect() as waiting:
        os.kill(first, signal.SIGKILL)
        assert answer(waiting) == parent.ready(2) != first
    assert parent.until(r"Worker 1 .* SIGKILL after .* starting it again in 0\.1 s")


@pytest.mark.faults
def test_a_worker_that_keeps_dying_is_restarted_less_and_less_often(start: Start) -> None:
    parent = start(2)
    parent.ready(2)
    parent.plan_is("exit")
    first = parent.ask()
    os.kill(first, signal.SIGKILL)
    parent.until(r"exit code 3 .* before it was ready; starting it again in 0\.8 s")
    assert [match[1] for match in parent.matches(r"again in ([\d.]+) s")] == ["0.1", "0.2", "0.4", "0.8"]
    parent.plan_is("")
    parent.ready(3)


def test_a_worker_that_ends_by_itself_is_restarted_also_if_it_says_all_is_well(start: Start) -> None:
    parent = start(1)
    os.kill(parent.ready(1), signal.SIGTERM)
    parent.until(r"exit code 0")
    assert parent.ready(2) == parent.ask()


@linux
def test_waiting_costs_nothing(start: Start) -> None:
    parent = start(2)
    parent.ready(2)
    parent.plan_is("missing")
    parent.send(signal.SIGHUP)
    parent.until(r"stops here")

    def nanoseconds() -> int:
        return int(Path(f"/proc/{parent.process.pid}/schedstat").read_text().split()[0])

    before = nanoseconds()
    time.sleep(0.5)  # what is measured
    assert nanoseconds() - before < 50_000_000


# --- stopping ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_is_clean(start: Start, number: int) -> None:
    parent = start(2)
    parent.ready(2)
    parent.send(number)
    assert parent.ended() == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", parent.port), timeout=LONG)


def test_a_closed_terminal_stops_it(start: Start) -> None:
    ours, theirs = os.openpty()
    parent = start(2, terminal=theirs)
    os.close(theirs)
    parent.ready(2)
    parent.send(signal.SIGHUP)
    parent.until(r"^All 2 workers are replaced")
    os.close(ours)
    assert parent.ended() == 0


def test_a_stop_while_workers_start_is_clean(start: Start) -> None:
    parent = start(2, plan="never")
    parent.until(r"^begun", 2)
    parent.send(signal.SIGTERM)
    assert parent.ended() == 0


def test_a_stop_while_a_dead_worker_waits_for_its_restart_is_clean(start: Start) -> None:
    parent = start(1)
    first = parent.ready(1)
    parent.plan_is("exit")
    os.kill(first, signal.SIGKILL)
    parent.until(r"again in 0\.4 s")
    parent.send(signal.SIGTERM)
    assert parent.ended() == 0


@pytest.mark.faults
def test_a_stop_at_any_moment_is_clean(start: Start) -> None:
    parents = [start(2) for _ in range(16)]
    for number, parent in enumerate(parents):
        parent.until(r"^Starting")
        threading.Timer(number * 0.02, parent.send, [signal.SIGTERM]).start()
    assert [parent.ended() for parent in parents] == [0] * 16


@pytest.mark.faults
def test_a_second_signal_shortens_the_wait_and_a_killed_worker_is_told(start: Start) -> None:
    parent = start(1, 20, 60, plan="deaf")
    parent.ready(1)
    parent.send(signal.SIGTERM)
    begun = time.monotonic()
    parent.send(signal.SIGINT)  # two of the same kind sent together may arrive as one
    assert parent.ended() == 1
    assert time.monotonic() - begun < 10
    # The stub has no handler for SIGINT but Python's.
    assert parent.until(r"^Worker 1 \(process \d+\) (was ended by SIGINT|did not stop in time)")


@pytest.mark.faults
def test_a_worker_that_does_not_stop_is_killed_after_its_time(start: Start) -> None:
    parent = start(1, 20, -4.5, plan="deaf")  # 4.5 s less than the grace of 5
    parent.ready(1)
    parent.send(signal.SIGTERM)
    assert parent.ended() == 1
    assert parent.until(r"did not stop in time and was killed")


def test_workers_do_not_outlive_a_killed_parent(start: Start) -> None:
    parent = start(3)
    parent.ready(3)
    parent.send(signal.SIGKILL)
    assert parent.ended() == -signal.SIGKILL


def test_nor_do_those_that_were_starting(start: Start) -> None:
    parent = start(2, plan="never")
    parent.until(r"^begun", 2)
    parent.send(signal.SIGKILL)
    assert parent.ended() == -signal.SIGKILL


# --- starting ---------------------------------------------------------------------------------------------------------


def test_a_worker_that_cannot_be_started_is_one_sentence_and_exit_code_1(start: Start) -> None:
    parent = start(1, plan="missing")
    assert parent.ended() == 1
    assert parent.until(r"^No worker became ready: the first one could not be started \(.*nowhere.*\)\.$")


def test_a_worker_that_ends_at_once_is_one_sentence_and_exit_code_1(start: Start) -> None:
    parent = start(1, plan="exit")
    assert parent.ended() == 1
    assert parent.until(r"^No worker became ready: the first one ended with exit code 3 after \d\.\d s\.$")


@pytest.mark.parametrize("plan", ["never", "silent"])
def test_a_worker_that_is_never_ready_is_given_up(start: Start, plan: str) -> None:
    parent = start(1, 0.5, plan=plan)
    assert parent.ended() == 1
    assert parent.until(r"^No worker became ready: the first one was not ready in time and was killed\.$")


def test_a_busy_port_is_one_sentence(start: Start) -> None:
    parent = start(2)
    parent.ready(2)
    second = start(2, port=parent.port)
    assert second.ended() == 1
    assert second.lines == [
        f"Cannot listen on 127.0.0.1:{parent.port}: another server is listening there; "
        "stop it or choose another port."
    ]


# --- replacing --------------------------------------------------------------------------------------------------------


@pytest.mark.faults
def test_replacing_the_workers_fails_no_request(start: Start) -> None:
    parent = start(3)
    old = {parent.ready(number) for number in (1, 2, 3)}
    answered: list[int] = []
    failed: list[Exception] = []
    enough = threading.Event()

    def keep_asking() -> None:
        while not enough.is_set():
            try:
                answered.append(parent.ask())
            except (OSError, ValueError) as error:
                failed.append(error)

    threads = [threading.Thread(target=keep_asking) for _ in range(6)]
    for thread in threads:
        thread.start()
    try:
        for turn in (1, 2, 3):
            parent.send(signal.SIGHUP)
            parent.until(r"^All 3 workers are replaced", turn)
    finally:
        enough.set()
        for thread in threads:
            thread.join(LONG)
    assert failed == []
    assert len(answered) > 200
    assert len(set(answered)) >= 6  # the first and the last three at least
    assert old.isdisjoint({parent.ask() for _ in range(50)})
    assert not parent.matches(r"starting it again|predecessor")


def test_workers_are_replaced_one_at_a_time(start: Start) -> None:
    parent = start(2)
    old = [parent.ready(1), parent.ready(2)]
    parent.send(signal.SIGHUP)
    parent.until(r"^All 2 workers are replaced")
    assert len(parent.matches(r"^begun")) == 4
    numbers = [match[1] for match in parent.matches(r"Worker (\d) .* is ready")]
    assert numbers[2:] == ["1", "2"]
    for pid in old:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


@pytest.mark.parametrize(
    ("plan", "ready_within"),
    [("missing", 20), ("exit", 20), pytest.param("never", 4, marks=pytest.mark.faults)],
)
def test_a_replacement_that_does_not_get_ready_leaves_the_old_worker(
    start: Start, plan: str, ready_within: float
) -> None:
    parent = start(2, ready_within)
    old = {parent.ready(1), parent.ready(2)}
    parent.plan_is(plan)
    parent.send(signal.SIGHUP)
    parent.until(r"Worker 1 stays: its replacement (could not|ended with exit code 3|was not ready)")
    parent.until(r"stops here: 0 of 2 workers are new")
    assert {parent.ask() for _ in range(20)} <= old
    parent.plan_is("")
    parent.send(signal.SIGHUP)
    parent.until(r"^All 2 workers are replaced")


def test_a_worker_that_dies_while_its_replacement_starts_is_replaced_once(start: Start) -> None:
    parent = start(1)
    old = parent.ready(1)
    parent.plan_is("never")
    parent.send(signal.SIGHUP)
    replacement = int(parent.until(r"^begun (\d+) never")[1])
    parent.plan_is("")
    os.kill(old, signal.SIGKILL)
    parent.until(r"SIGKILL after .* starting it again")
    with parent.connect() as waiting:
        os.kill(replacement, signal.SIGKILL)
        assert answer(waiting) == parent.ready(2)
    assert len(parent.matches(r"^begun")) == 3


def test_a_stop_while_a_replacement_starts_is_clean(start: Start) -> None:
    parent = start(2)
    parent.ready(2)
    parent.plan_is("never")
    parent.send(signal.SIGHUP)
    parent.until(r"^begun \d+ never")
    parent.send(signal.SIGTERM)
    assert parent.ended() == 0


@pytest.mark.faults
def test_a_stop_at_any_moment_of_a_replacement_is_clean(start: Start) -> None:
    parents = [start(2) for _ in range(16)]
    for number, parent in enumerate(parents):
        parent.ready(2)
        parent.send(signal.SIGHUP)
        threading.Timer(number * 0.03, parent.send, [signal.SIGTERM]).start()
    assert [parent.ended() for parent in parents] == [0] * 16


def test_a_worker_can_tell_that_its_parent_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SERVE_PARENT_PID", raising=False)
    assert not supervisor.orphaned()  # it never had one
    monkeypatch.setenv("SERVE_PARENT_PID", str(os.getppid()))
    assert not supervisor.orphaned()
    monkeypatch.setenv("SERVE_PARENT_PID", str(os.getpid()))
    assert supervisor.orphaned()


def test_a_worker_without_a_supervisor_tells_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SERVE_READY_FD", raising=False)
    supervisor.tell_ready()


# --- sockets ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def made() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def test_where_the_kernel_does_not_spread_one_socket_is_shared(
    made: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "_SPREADS", False)
    listeners = sockets.listen("127.0.0.1", 0, 3)
    made.callback(sockets.close, listeners)
    assert len(listeners) == 3
    assert len(set(listeners)) == 1


def test_accepted_sockets_inherit_the_small_send_buffer(made: ExitStack) -> None:
    listeners = sockets.listen("127.0.0.1", 0, 2)
    made.callback(sockets.close, listeners)
    for listener in listeners:
        assert not listener.getblocking()
        assert not listener.get_inheritable()
    client = made.enter_context(socket.create_connection(listeners[0].getsockname(), timeout=LONG))
    client.settimeout(LONG)
    accepted = None
    while accepted is None:  # one of the two has it
        for listener in listeners:
            try:
                accepted, _ = listener.accept()
            except BlockingIOError:
                continue
    made.enter_context(accepted)
    # Linux doubles what was asked for.
    assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) <= 2 * sockets.SEND_BUFFER


@pytest.mark.parametrize("host", ["::1", "[::1]"])
def test_ipv6(made: ExitStack, host: str) -> None:
    try:
        listeners = sockets.listen(host, 0, 2)
    except ServeError as error:
        pytest.skip(str(error))
    made.callback(sockets.close, listeners)
    assert {listener.getsockname()[:2] for listener in listeners} == {("::1", listeners[0].getsockname()[1])}
    with pytest.raises(ServeError, match=r"^Cannot listen on \[::1\]:\d+: another server"):
        sockets.listen(host, listeners[0].getsockname()[1], 1)


def test_addresses_that_cannot_be_had() -> None:
    with pytest.raises(ServeError, match="this machine does not have that address"):
        sockets.listen("192.0.2.1", 0, 1)  # RFC 5737: nobody has it
    with pytest.raises(ServeError, match="ports go from 0 to 65535"):
        sockets.listen("127.0.0.1", 65536, 1)


def test_a_unix_socket_is_shared_and_its_name_goes_with_it(tmp_path: Path) -> None:
    path = tmp_path / "chat.sock"
    listeners = sockets.listen_unix(path, 2)
    assert len(listeners) == 2
    with pytest.raises(ServeError, match="another server is listening there"):
        sockets.listen_unix(path)
    listeners[0].close()  # as after a SIGKILL: the name stays
    again = sockets.listen_unix(path)
    sockets.close(again)
    assert not path.exists()


def test_a_file_that_is_no_socket_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "precious"
    path.write_text("data")
    with pytest.raises(ServeError, match="it exists and is not a socket"):
        sockets.listen_unix(path)
    assert path.read_text() == "data"


def test_a_socket_of_the_service_manager_is_used_and_keeps_its_name(tmp_path: Path) -> None:
    path = tmp_path / "chat.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as theirs:
        theirs.bind(str(path))
        with pytest.raises(ServeError, match="it is a socket that does not listen"):
            sockets.adopt(theirs.fileno(), 1)
        theirs.listen()
        adopted = sockets.adopt(os.dup(theirs.fileno()), 2)
        assert len(adopted) == 2
        sockets.close(adopted)
    assert path.exists()


def test_a_descriptor_that_is_no_socket_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "file").open("w") as file, pytest.raises(ServeError, match="it is not an open socket"):
        sockets.adopt(file.fileno(), 1)
