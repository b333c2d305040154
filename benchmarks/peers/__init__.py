"""What ours is measured against: each a fresh process on the server's core, spoken to in its own protocol.

None of them stores a message before it passes it on; where one does, `persists` says so.
"""

import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.machine import Machine
from benchmarks.peers.ejabberd import ejabberd
from benchmarks.peers.rabbitmq import rabbitmq
from benchmarks.servers import listening, log, tutorial
from deploy.services import Process, free_port
from deploy.services.debian import program, run, said, version

_HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Peer:
    """`dialect` names the protocol (benchmarks/dialects); `start` prepares a process that has not been spawned yet."""

    system: str
    dialect: str
    start: Callable[[Machine], Process]
    persists: bool = False
    versions: Callable[[], dict[str, str]] = dict


def socketio(machine: Machine) -> Process:
    """Socket.IO with its Redis adapter, installed from the lock file when it is not there yet."""
    node = program("node", "nodejs npm")
    home = _HERE / "socketio"
    lock, installed = home / "package-lock.json", home / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        run([program("npm", "nodejs npm"), "ci", "--no-audit", "--no-fund"], home)
    port = free_port()
    env = {**os.environ, "PORT": str(port), "REDIS_URL": machine.valkey.url(), "NODE_ENV": "production"}
    command = [node, str(home / "server.mjs")]
    return listening(f"Socket.IO on port {port}", command, port, log(machine, "socketio"), env)


_MOSQUITTO = """
# Debian's 2.0.11 does not start with WebSocket listeners only.
listener {plain} 127.0.0.1
listener {port} 127.0.0.1
protocol websockets
allow_anonymous true
persistence false
set_tcp_nodelay true
# Nothing is dropped because many messages are under way.
max_queued_messages 0
log_type error
"""


def mosquitto(machine: Machine) -> Process:
    """Mosquitto over WebSocket; every message QoS 0."""
    binary, port = program("mosquitto", "mosquitto"), free_port()
    config = machine.directory / "mosquitto.conf"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(_MOSQUITTO.format(port=port, plain=free_port()))
    command = [binary, "-c", str(config)]
    return listening(f"Mosquitto on port {port}", command, port, log(machine, "mosquitto"), dict(os.environ))


def _socketio_versions() -> dict[str, str]:
    wanted: dict[str, str] = json.loads((_HERE / "socketio" / "package.json").read_text())["dependencies"]
    return {
        "node": said(["node", "--version"]),
        **{f"npm {name}": version for name, version in wanted.items()},
    }


PEERS: dict[str, Peer] = {
    "tutorial": Peer("Channels tutorial (pubsub)", "tutorial", lambda machine: tutorial(machine, "pubsub")),
    "socketio": Peer("Socket.IO + Redis adapter", "socketio", socketio, versions=_socketio_versions),
    "mosquitto": Peer("Mosquitto, QoS 0", "mosquitto", mosquitto, versions=lambda: version("mosquitto")),
    "rabbitmq": Peer("RabbitMQ Web-STOMP", "stomp", rabbitmq, versions=lambda: version("rabbitmq-server")),
    "ejabberd": Peer(
        "ejabberd MUC", "xmpp", lambda m: ejabberd(m, archive=False), versions=lambda: version("ejabberd")
    ),
    "ejabberd-archive": Peer(
        "ejabberd MUC, archive",
        "xmpp",
        lambda m: ejabberd(m, archive=True),
        versions=lambda: version("ejabberd"),
    ),
}


def peers_versions(names: Iterable[str]) -> dict[str, str]:
    """What these peers are made of."""
    return {part: version for name in names for part, version in PEERS[name].versions().items()}
