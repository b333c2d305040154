"""Kafka as a child: one broker, or several that form one cluster. Nothing is kept after the object's life.

Every broker is its own controller too (KRaft, combined mode), so that three of them are a quorum that survives one.
"""

import os
import secrets
import shutil
import socket
import struct
import subprocess
from pathlib import Path
from typing import Self

from deploy.services.kafka_jars import PARTS, jars, java
from deploy.services.ports import free_port
from deploy.services.privileges import own, reachable_directory, service_account
from deploy.services.process import Process, ServiceError
from deploy.services.server import Server

# A bus for tests on one machine: loopback, few threads, small segments so that retention can be tried in seconds.
_CONFIG = """
process.roles=broker,controller
node.id={node}
controller.quorum.voters={voters}
controller.listener.names=CONTROLLER
listeners=DIRECT://127.0.0.1:{port},PROXIED://127.0.0.1:{proxied},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=DIRECT://127.0.0.1:{port},PROXIED://127.0.0.1:{proxy}
listener.security.protocol.map=DIRECT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=DIRECT
log.dirs={data}
auto.create.topics.enable=false
default.replication.factor={copies}
min.insync.replicas={synced}
offsets.topic.replication.factor={copies}
offsets.topic.num.partitions=1
transaction.state.log.replication.factor={copies}
transaction.state.log.min.isr={synced}
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor={copies}
share.coordinator.state.topic.min.isr={synced}
group.initial.rebalance.delay.ms=0
num.network.threads=2
num.io.threads=2
background.threads=2
log.retention.check.interval.ms=1000
log.segment.delete.delay.ms=100
controlled.shutdown.enable=true
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
log.cleaner.dedupe.buffer.size=4194304
"""
# Quick to start rather than quick after a minute; no file in /tmp.
_JVM = ["-Xms64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xss512k", "-XX:-UsePerfData"]


class Kafka(Server):
    """One broker on loopback; its log is `directory/kafka.log`.

    `bootstrap` is for clients; `proxied_bootstrap` for those that must see `proxy`'s port (a TCP proxy of the tests in
    front of `proxied_port`), because a Kafka client connects to the addresses that the broker names, not to the first.
    """

    name = "Kafka"

    def __init__(self, directory: Path | str, port: int | None = None, *, megabytes: int = 256) -> None:
        super().__init__(directory, port)
        self.controller, self.proxied_port = free_port(), free_port()
        self.proxy_port = self.proxied_port
        self.node, self.cluster = 1, f"A{secrets.token_urlsafe(16)[1:]}"  # "-" at its head would be an option
        self.peers: list[Kafka] = [self]
        self._megabytes, self._fresh = megabytes, True

    @property
    def bootstrap(self) -> str:
        """host:port of every broker of its cluster, comma-separated."""
        return ",".join(f"127.0.0.1:{peer.port}" for peer in self.peers)

    @property
    def proxied_bootstrap(self) -> str:
        """Like bootstrap, by way of the proxy; set `proxy_port` before start()."""
        return ",".join(f"127.0.0.1:{peer.proxy_port}" for peer in self.peers)

    def _make_process(self) -> Process:
        program, account = java(), service_account(self.directory)
        home = reachable_directory(self.directory, account)
        data, config = home / f"data-{self.node}", home / f"server-{self.node}.properties"
        base = [str(program), "-cp", f"{jars()}/*", f"-Dlog4j.configuration=file:{home}/log4j.properties"]
        if self._fresh:
            shutil.rmtree(data, ignore_errors=True)
            data.mkdir()
            own(data, account, 0o700)
            shutil.copyfile(PARTS / "log4j.properties", home / "log4j.properties")
            config.write_text(self._properties(data))
            for path in (home / "log4j.properties", config):
                own(path, account, 0o600)
            tool = [*base, "kafka.tools.StorageTool", "format", "-t", self.cluster, "-c", str(config)]
            self._format(tool, account.popen_options() if account else {})
            self._fresh = False
        return Process(
            f"{self.name} {self.node}",
            [*base, *_JVM, f"-Xmx{self._megabytes}m", "kafka.Kafka", config],
            log=self.directory / "kafka.log",
            env=_environment(),
            cwd=Path("/"),
            account=account,
            ready=self._answers,
            ready_within=60,
            grace=15,
        )

    def _format(self, command: list[str], who: dict[str, object]) -> None:
        done = subprocess.run(  # type: ignore[call-overload]  # the options of another user are a dict
            command,
            cwd="/",
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            **who,
        )
        if done.returncode:
            raise ServiceError(f"Kafka's storage could not be formatted: {done.stdout}{done.stderr}")

    def _properties(self, data: Path) -> str:
        return _CONFIG.format(
            node=self.node,
            voters=",".join(f"{peer.node}@127.0.0.1:{peer.controller}" for peer in self.peers),
            port=self.port,
            proxied=self.proxied_port,
            proxy=self.proxy_port,
            controller=self.controller,
            data=data,
            copies=len(self.peers),
            synced=len(self.peers) // 2 + 1,
        )

    def _answers(self) -> bool:
        """Whether it names itself among the brokers (Metadata request, version 1, no topics)."""
        request = struct.pack(">hhih", 3, 1, 1, 0) + struct.pack(">i", 0)
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as link:
                link.sendall(struct.pack(">i", len(request)) + request)
                with link.makefile("rb") as answer:
                    body = answer.read(struct.unpack(">i", answer.read(4))[0])
        except (OSError, struct.error):
            return False
        return self.node in _broker_ids(body)


class KafkaCluster:
    """Several brokers, each topic on all of them; `with KafkaCluster(dir, 3) as kafka: kafka.bootstrap`."""

    def __init__(self, directory: Path | str, brokers: int = 3, *, megabytes: int = 192) -> None:
        self.brokers = [Kafka(Path(directory) / str(n), megabytes=megabytes) for n in range(1, brokers + 1)]
        for number, broker in enumerate(self.brokers, 1):
            broker.node, broker.cluster, broker.peers = number, self.brokers[0].cluster, self.brokers

    @property
    def bootstrap(self) -> str:
        """host:port of every broker, comma-separated."""
        return self.brokers[0].bootstrap

    def __enter__(self) -> Self:
        try:
            for broker in self.brokers:
                broker.spawn()
            for broker in self.brokers:
                broker.process.wait_ready()
        except BaseException:  # an interrupt too must leave no broker behind
            self.__exit__()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        for broker in self.brokers:
            if broker.alive:
                broker.kill()  # nothing is kept, and a quorum that shrinks politely takes its time


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _broker_ids(body: bytes) -> list[int]:
    """The node ids in a Metadata response, version 1: correlation id, then an array of (id, host, port, rack)."""
    count, at, found = struct.unpack_from(">i", body, 4)[0], 8, []
    for _ in range(count):
        node, size = struct.unpack_from(">ih", body, at)
        at += 6 + size + 4
        rack = struct.unpack_from(">h", body, at)[0]
        at += 2 + max(rack, 0)
        found.append(node)
    return found
