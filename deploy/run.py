"""`bin/run`: the whole of 혼자왔니 on this machine, with a demo, until Ctrl-C."""

import argparse
import base64
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import NoReturn

from deploy.services import Postgres, Process, ServiceError, Valkey, Worker, port_is_free
from deploy.services.lifeline import in_child
from deploy.services.lock import Busy, DirectoryLock
from deploy.watch import Service, watch

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var"
RUN = VAR / "run"
_ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """The person at the terminal, or the system, wants us to end."""


def main(arguments: list[str]) -> int:
    """0 after Ctrl-C or SIGTERM; 1 with one sentence when something is in the way."""
    ports = parse(arguments)
    for number in _ENDINGS:
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup bin/run
            signal.signal(number, stop)
    try:
        with ExitStack() as stack:
            serve(stack, ports)
    except Stopped:
        say("Stopped. Your data is kept in var/.")
        return 0
    except ServiceError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def parse(arguments: list[str]) -> list[int]:
    """The ports to serve on."""
    parser = argparse.ArgumentParser(prog="bin/run", description="혼자왔니 on this machine, until Ctrl-C.")
    help_text = "a worker's port; give one --port for each worker (default: 8080 and 8090)"
    parser.add_argument("--port", type=int, action="append", metavar="N", help=help_text)
    ports: list[int] = parser.parse_args(arguments).port or [8080, 8090]
    if len(set(ports)) < len(ports) or not all(0 < port < 65536 for port in ports):
        parser.error("the ports must differ and lie between 1 and 65535")
    return ports


def stop(number: int, frame: object) -> NoReturn:
    """Signal handler: unwinds the main thread. A second Ctrl-C does not cut the tidying short; it is bounded."""
    for each in _ENDINGS:
        signal.signal(each, signal.SIG_IGN)
    print(flush=True)
    say("Stopping")
    raise Stopped


def serve(stack: ExitStack, ports: list[int]) -> None:
    """Start everything, then watch over it; ends by exception only."""
    lock = DirectoryLock(RUN)
    try:
        lock.acquire()
    except Busy:
        raise ServiceError(f"bin/run is already running in {ROOT}; stop that one first (Ctrl-C).") from None
    stack.callback(lock.release)
    check_ports(ports)
    env = dict(os.environ) | settings()
    services: list[Service] = [*start_database(stack, env), *start_bus(stack, env)]
    prepare(env)
    services.append(start_clock(stack, env))
    workers = start_workers(stack, env, ports)
    say("Ready. Open " + " and ".join(f"http://localhost:{port}/" for port in ports))
    say("Two different browsers, or one and a private window, are two people. Ctrl-C stops everything.")
    watch([*services, *workers], say)


def check_ports(ports: list[int]) -> None:
    """ServiceError naming the first port that is taken."""
    for port in ports:
        if not port_is_free(port):
            raise ServiceError(
                f"Port {port} is in use by another program: stop it, or choose others, "
                "such as bin/run --port 18080 --port 18090"
            )


def settings() -> dict[str, str]:
    """The app's environment on a developer's machine: like production, but on loopback without TLS."""
    return {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DEBUG": "0",
        "SECRET_KEY": secret_key(VAR / "secret-key"),
        "PAY_ACCOUNT_KEYS": kept_key(VAR / "pay-account-key", fernet_key),
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
        "HTTPS": "0",
        "DEMO": "1",
    }


def secret_key(path: Path) -> str:
    return kept_key(path, lambda: secrets.token_urlsafe(64))


def kept_key(path: Path, make: Callable[[], str]) -> str:
    """The key in `path`, made at the first start and readable by us alone."""
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(make())
    return path.read_text().strip()


def fernet_key() -> str:
    """What PAY_ACCOUNT_KEYS takes."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def start_database(stack: ExitStack, env: dict[str, str]) -> list[Service]:
    """The embedded PostgreSQL, unless the environment names one."""
    if env.get("DATABASE_URL"):
        say("Using the PostgreSQL of DATABASE_URL")
        return []
    say("Starting PostgreSQL")
    postgres = stack.enter_context(Postgres(RUN / "postgres"))
    postgres.create_database("rualone")
    env["DATABASE_URL"] = postgres.url("rualone")
    return [postgres]


def start_bus(stack: ExitStack, env: dict[str, str]) -> list[Service]:
    """The embedded Valkey, unless the environment names a bus."""
    if env.get("BUS_URL"):
        say("Using the bus of BUS_URL")
        return []
    say("Starting Valkey")
    valkey = stack.enter_context(Valkey(RUN / "valkey"))
    env["BUS_URL"] = valkey.url()
    return [valkey]


def prepare(env: dict[str, str]) -> None:
    """Tables, static files, and at the first start the demo."""
    say("Preparing the database, the static files and, the first time, a demo")
    commands = [
        "migrate --noinput --verbosity 0",
        "createcachetable --verbosity 0",
        "collectstatic --noinput --verbosity 0",
        "demo --if-empty",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "deploy.prepare", *commands],
        env=env, cwd=ROOT, stdin=subprocess.DEVNULL, process_group=0, preexec_fn=in_child(), timeout=600,
    )  # fmt: skip
    if done.returncode:
        raise ServiceError("The app could not be prepared; the reason is above.")


def start_clock(stack: ExitStack, env: dict[str, str]) -> Process:
    """The process that closes, cancels and reminds when the time has come."""
    say("Starting the clock")
    command = [sys.executable, "manage.py", "clock"]
    return stack.enter_context(Process("the clock", command, log=RUN / "clock.log", env=env, cwd=ROOT))


def start_workers(stack: ExitStack, env: dict[str, str], ports: list[int]) -> list[Worker]:
    """One worker per port, started side by side."""
    workers = [Worker(port, env, RUN / f"worker-{port}.log") for port in ports]
    for worker in workers:
        say(f"Starting a worker on port {worker.port}")
        worker.spawn()
        stack.callback(worker.stop)
    for worker in workers:
        worker.wait_ready()
    return workers


def say(text: str) -> None:
    """A line of progress."""
    print(f"• {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
