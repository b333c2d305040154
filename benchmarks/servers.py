"""The systems under test, each one process: ours, the tutorial's chat, and a floor (others: benchmarks/peers)."""

import os
import socket
import sys
from pathlib import Path

from benchmarks.machine import ROOT, Machine
from deploy.services import Daphne, Process, free_port

LAYERS = {
    "pubsub": "channels_redis.pubsub.RedisPubSubChannelLayer",
    "core": "channels_redis.core.RedisChannelLayer",
}

AT_ONCE = [
    "--drain-window",
    "0.1",
    "--drain-within",
    "3",
]  # seconds: nobody is there any more to say goodbye to
OURS = {"daphne": "ours on stock Daphne", "serve": "ours"}  # how each is called in the tables


def ours(machine: Machine, server: str, port: int | None = None, workers: int | None = None) -> Process:
    """`config.asgi` in one process on stock Daphne or on the worker of our own that bin/run starts; or, with
    `workers`, in that many below a parent."""
    daphne = Daphne(port or free_port(), machine.app_environment, log(machine, "ours"))
    if server == "serve":
        daphne.name = f"manage.py serve on port {daphne.port}"
        at = ["--host", "127.0.0.1", "--port", str(daphne.port)]
        more = ["--workers", str(workers)] if workers else []
        daphne.command = [sys.executable, "manage.py", "serve", *at, *AT_ONCE, *more]
    return daphne


def tutorial(machine: Machine, layer: str) -> Process:
    """The tutorial's chat on the same Daphne with the same bus."""
    port = free_port()
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "benchmarks.tutorial_peer.settings",
        "LAYER": LAYERS[layer],
        "BUS_URL": machine.valkey.url(),
    }
    application = "benchmarks.tutorial_peer.asgi:application"
    return listening(
        f"The tutorial's chat on port {port}",
        [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port), application],
        port, log(machine, "tutorial"), env,
    )  # fmt: skip


def floor(machine: Machine) -> Process:
    """The server that does nothing but pass on (see floor.py): what the generator can take."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.floor", str(port)]
    return listening(f"The floor on port {port}", command, port, log(machine, "floor"), dict(os.environ))


def log(machine: Machine, name: str) -> Path:
    return machine.directory / f"{name}.log"


def listening(
    name: str, command: list[str], port: int, log: Path, env: dict[str, str], *, ready_within: float = 30
) -> Process:
    """A process that is ready when its port accepts connections."""
    process = Process(
        name,
        command,
        log=log,
        env=env,
        cwd=ROOT,
        ready=lambda: accepts(port),
        grace=3,
        ready_within=ready_within,
    )
    process.port = port
    return process


def accepts(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False
