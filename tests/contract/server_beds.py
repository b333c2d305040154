"""The beds of the layers on PostgreSQL and RabbitMQ."""

from pathlib import Path
from typing import Any

from channels.exceptions import MessageTooLarge
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from chat.layers.postgres import PostgresChannelLayer
from chat.layers.rabbitmq import RabbitmqChannelLayer
from deploy.services import Postgres, RabbitMQ
from tests.contract.beds import Bed, Promise
from tests.contract.proxy import Proxy


class PostgresNotify(Bed):
    """Our own layer on LISTEN and NOTIFY, on a server that holds nothing else."""

    name = "postgres"
    refuses_a_megabyte = MessageTooLarge
    faults = {
        "restarted": Promise(blocks=6),
        "frozen": Promise(within=15, blocks=16),
        "black-holed": Promise(within=15),
    }

    def start(self, directory: Path) -> None:
        self.server = Postgres(directory).start()
        self.proxy = Proxy(self.server.port).start()

    def layer(self, *, proxied: bool = False, **config: Any) -> Any:
        assert isinstance(self.server, Postgres)
        there = conninfo_to_dict(self.server.url())
        port = self.wire.port if proxied else self.server.port
        return PostgresChannelLayer(make_conninfo(**{**there, "port": port}), **config)


class RabbitmqQueues(Bed):
    """channels_rabbitmq in our bounds, on one node."""

    name = "amqp"
    refuses_a_megabyte = MessageTooLarge
    faults = {
        "restarted": Promise(blocks=6),
        "frozen": Promise(blocks=6),
        "black-holed": Promise(
            recovers=False
        ),  # RabbitMQ's heartbeats take minutes; our hub's self-ping seconds
    }

    def start(self, directory: Path) -> None:
        self.server = RabbitMQ(directory).start()
        self.proxy = Proxy(self.server.port).start()

    def layer(self, *, proxied: bool = False, **config: Any) -> Any:
        assert isinstance(self.server, RabbitMQ)
        port = self.wire.port if proxied else self.server.port
        host = f"amqp://{self.server.user}:{self.server.password}@127.0.0.1:{port}"
        return RabbitmqChannelLayer(host, **config)
