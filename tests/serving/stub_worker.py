"""A worker and its parent without Django, for the parent's tests: starts in 50 ms and does what the test plans.

`stub_worker.py serve WORKERS [READY_WITHIN [DRAIN_WITHIN]]` supervises; `stub_worker.py work FD` answers each HTTP
request with its process id. The file named by STUB_PLAN, read when a worker starts, makes it misbehave:
`missing` (no such program), `exit` (with 3 before it is ready), `never` (gets ready), `silent` (closes the pipe
without a word), `deaf` (ignores SIGTERM).
"""

import logging
import os
import select
import signal
import socket
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from chat.serving import parentage, sockets, supervisor


def serve(workers: int, ready_within: float = 20.0, drain_within: float = 5.0) -> int:
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        listeners = sockets.listen("127.0.0.1", int(os.environ.get("STUB_PORT", "0")), workers)
    except sockets.ServeError as error:
        sys.exit(str(error))
    say(f"port {listeners[0].getsockname()[1]}")
    return supervisor.Supervisor(
        listeners,
        lambda descriptor: [
            "/nowhere/python" if plan() == "missing" else sys.executable,
            *("-S", __file__, "work", str(descriptor)),
        ],
        ready_within=ready_within,
        drain_within=drain_within,
    ).run()


def plan() -> str:
    return Path(os.environ["STUB_PLAN"]).read_text()


def work(descriptor: int) -> int:
    planned = plan()
    say(f"begun {os.getpid()} {planned}")
    if planned == "exit":
        return 3
    told, tell = os.pipe()
    os.set_blocking(tell, False)
    signal.set_wakeup_fd(tell)
    signal.signal(signal.SIGTERM, signal.SIG_IGN if planned == "deaf" else lambda number, frame: None)
    if planned == "silent":
        os.close(int(os.environ["SERVE_READY_FD"]))
    elif planned != "never":
        parentage.tell_ready()
    listener = socket.socket(fileno=descriptor)
    served = [listener] if planned not in ("never", "silent") else []
    while told not in select.select([*served, told], [], [])[0]:
        answer_queued(listener)
    if served:
        answer_queued(listener)
    listener.close()
    return 0


def answer_queued(listener: socket.socket) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except BlockingIOError:
            return
        with connection:
            connection.settimeout(10)
            request = b""
            while not request.endswith(b"\r\n\r\n"):
                request += connection.recv(4096)
            body = str(os.getpid()).encode()
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))


def say(line: str) -> None:
    os.write(2, f"{line}\n".encode())  # one write: lines of several processes do not mix


if __name__ == "__main__":
    role, *arguments = sys.argv[1:]
    if role == "serve":
        sys.exit(serve(int(arguments[0]), *map(float, arguments[1:])))
    sys.exit(work(int(arguments[0])))
