"""The servers that the app needs, as supervised children: `with Postgres(dir) as pg: pg.url("rualone")`."""

from deploy.services.daphne import Daphne
from deploy.services.kafka import Kafka, KafkaCluster
from deploy.services.ports import free_port, port_is_free
from deploy.services.postgres import Postgres
from deploy.services.process import Process, ServiceError
from deploy.services.rabbitmq import RabbitMQ
from deploy.services.valkey import Valkey
from deploy.services.worker import Worker

__all__ = [
    "Daphne",
    "Kafka",
    "KafkaCluster",
    "Postgres",
    "Process",
    "RabbitMQ",
    "ServiceError",
    "Valkey",
    "Worker",
    "free_port",
    "port_is_free",
]
