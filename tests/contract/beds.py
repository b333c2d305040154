"""The test beds of the contract suite: a channel layer, its real server, and what the layer promises.

A new layer is one class: `start()` makes `self.server` (a deploy.services.Server) and, for the black hole,
`self.proxy`; `layer()` builds another instance, as another process would. The promises are asserted as they stand here.
"""

import os
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest
from channels.layers import InMemoryChannelLayer
from channels_redis.pubsub import RedisPubSubChannelLayer

from chat.layers.kafka import KafkaChannelLayer, MessageTooLarge
from deploy.services import Kafka, Valkey
from deploy.services.server import Server
from tests.contract.proxy import Proxy


@dataclass(frozen=True)
class Promise:
    """What a layer promises about one fault. Messages whose sending raised do not count as lost."""

    lossless: bool = False  # every message whose sending returned arrives
    recovers: bool = True  # by itself, within `within` seconds after the fault; else only a new instance does
    within: float = 10
    blocks: float = 30  # seconds that one send may take at most


class Bed(ABC):
    """One kind of layer and its server; blocking calls, to be made in a thread while a loop runs."""

    name: ClassVar[str]
    bounded: ClassVar[bool] = True  # a full channel takes no more; else its queue has no bound
    expires: ClassVar[bool] = True  # a message unread for `expiry` seconds is not delivered
    checks_names: ClassVar[bool] = True  # TypeError for names that the specification does not allow
    refuses_a_megabyte: ClassVar[type[Exception] | None] = None  # what is raised; None: it carries it
    faults: ClassVar[dict[str, Promise]] = {}  # of "restarted", "frozen", "black-holed"

    def __init__(self) -> None:
        self.server: Server | None = None
        self.proxy: Proxy | None = None

    @abstractmethod
    def start(self, directory: Path) -> None:
        """Start the server (self.server) and the proxy in front of it (self.proxy)."""

    @abstractmethod
    def layer(self, *, proxied: bool = False, **config: Any) -> Any:
        """Another instance; `proxied`: by way of the proxy; `config`: expiry, capacity, …"""

    def stop(self) -> None:
        for part in (self.proxy, self.server):
            if part is not None:
                part.stop()

    @property
    def running(self) -> Server:
        """The server; for layers that have one."""
        assert self.server is not None
        return self.server

    @property
    def wire(self) -> Proxy:
        """The proxy; for layers that have a server."""
        assert self.proxy is not None
        return self.proxy

    def begin(self, fault: str) -> None:
        """Break something; end() mends it."""
        match fault:
            case "restarted":
                self.running.kill()
            case "frozen":
                self.running.freeze()
            case "black-holed":
                self.wire.hole()

    def end(self, fault: str) -> None:
        match fault:
            case "restarted":
                self.running.start()
            case "frozen":
                self.running.thaw()
            case "black-holed":
                self.wire.heal()


class Memory(Bed):
    """Channels' own, for one process: all "instances" are one."""

    name = "memory"

    def __init__(self) -> None:
        super().__init__()
        self._layers: dict[str, InMemoryChannelLayer] = {}

    def start(self, directory: Path) -> None:
        pass

    def layer(self, *, proxied: bool = False, **config: Any) -> Any:
        return self._layers.setdefault(str(config), InMemoryChannelLayer(**config))


class RedisPubSub(Bed):
    """channels_redis.pubsub on Valkey, with the options that config/bus_url.py gives it."""

    name = "redis"
    bounded = expires = checks_names = False
    faults = {
        "restarted": Promise(),
        "frozen": Promise(within=20),
        "black-holed": Promise(recovers=False),  # nothing in it notices; our hub's self-ping does
    }

    def start(self, directory: Path) -> None:
        self.server = Valkey(directory).start()
        self.proxy = Proxy(self.server.port).start()

    def layer(self, *, proxied: bool = False, **config: Any) -> Any:
        assert isinstance(self.server, Valkey)
        port = self.wire.port if proxied else self.server.port
        address = f"redis://:{self.server.password}@127.0.0.1:{port}/0"
        host = {"address": address, "socket_timeout": None, "socket_connect_timeout": 2}
        return RedisPubSubChannelLayer(hosts=[host], **config)


class KafkaGroupless(Bed):
    """Our own layer on one broker, or on those of KAFKA_BOOTSTRAP, which are not broken."""

    name = "kafka"
    refuses_a_megabyte = MessageTooLarge
    faults = {
        fault: Promise(lossless=True, within=10, blocks=6) for fault in ("restarted", "frozen", "black-holed")
    }

    given = os.environ.get("KAFKA_BOOTSTRAP", "")

    def start(self, directory: Path) -> None:
        if self.given:
            return
        server = Kafka(directory)
        self.proxy = Proxy(server.proxied_port)
        server.proxy_port = self.proxy.port
        self.server = server.start()
        self.proxy.start()

    @property
    def bootstrap(self) -> str:
        return self.given or self._kafka.bootstrap

    @property
    def _kafka(self) -> Kafka:
        assert isinstance(self.server, Kafka)
        return self.server

    @property
    def running(self) -> Server:
        self._ours()
        return super().running

    @property
    def wire(self) -> Proxy:
        self._ours()
        return super().wire

    def _ours(self) -> None:
        if self.given:
            pytest.skip("KAFKA_BOOTSTRAP names brokers that are not ours to break")

    def layer(self, *, proxied: bool = False, **config: Any) -> Any:
        if self.given:
            return KafkaChannelLayer(**{"hosts": self.given.split(","), "topic": "contract", **config})
        host = self._kafka.proxied_bootstrap if proxied else self.bootstrap
        # Silence is noticed after two seconds instead of five, to save the suite's time.
        return KafkaChannelLayer(**{"hosts": [host], "topic": "contract", "request_timeout": 2, **config})
