"""What a Kafka layer is told, checked when it is made, and the clients' options that follow from it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiokafka.helpers import create_ssl_context

_TOPIC = re.compile(r"[a-zA-Z0-9._-]{1,249}")
_HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^\s:/,]+):\d{1,5}")
_ACKS = {"all", 1, 0}
_MECHANISMS = {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"}


class WrongOption(ValueError):
    """An option of the layer is not what it must be; the message names it."""


@dataclass(frozen=True, kw_only=True)
class KafkaOptions:
    """Where the brokers are and how the layer uses them. Times in seconds, sizes in bytes."""

    hosts: Sequence[str]
    topic: str = "channels"
    partitions: int = 64
    replication: int = (
        0  # of a topic that the layer creates; 0: on three brokers, or on all if there are fewer
    )
    retention: float = 3600  # of a topic that the layer creates: nothing is on a disk for longer
    acks: str | int = "all"
    linger: float = 0.001
    max_message: int = 1_000_000
    send_timeout: float = 5
    start_timeout: float = 10
    close_timeout: float = 3
    request_timeout: float = 5  # a broker that is silent for longer is left, and connected to again
    username: str = ""
    password: str = field(default="", repr=False)
    mechanism: str = "SCRAM-SHA-512"
    tls: bool = False
    cafile: str | None = None
    certfile: str | None = None
    keyfile: str | None = None

    def __post_init__(self) -> None:
        if isinstance(self.hosts, str) or not self.hosts or not all(map(_HOST.fullmatch, self.hosts)):
            raise WrongOption(f"hosts must be a list of 'host:port' of Kafka brokers, not {self.hosts!r}.")
        if not _TOPIC.fullmatch(self.topic) or self.topic in {".", ".."}:
            raise WrongOption(
                f"topic must be 1 to 249 of a-z, A-Z, 0-9, '.', '_' and '-', not {self.topic!r}."
            )
        if not 1 <= self.partitions <= 10_000:
            raise WrongOption(f"partitions must be a whole number from 1 to 10000, not {self.partitions!r}.")
        if self.acks not in _ACKS:
            raise WrongOption(f"acks must be 'all', 1 or 0, not {self.acks!r}.")
        if self.mechanism not in _MECHANISMS:
            raise WrongOption(
                f"mechanism must be one of {', '.join(sorted(_MECHANISMS))}, not {self.mechanism!r}."
            )
        for name in (
            "retention",
            "max_message",
            "send_timeout",
            "start_timeout",
            "close_timeout",
            "request_timeout",
        ):
            if not getattr(self, name) > 0:
                raise WrongOption(f"{name} must be greater than 0, not {getattr(self, name)!r}.")
        if not 0 <= self.linger <= 1:
            raise WrongOption(f"linger must be from 0 to 1 second, not {self.linger!r}.")

    def client(self) -> dict[str, Any]:
        """Arguments for any client of aiokafka."""
        options: dict[str, Any] = {
            "bootstrap_servers": list(self.hosts),
            "request_timeout_ms": int(self.request_timeout * 1000),
            "retry_backoff_ms": 100,
            "metadata_max_age_ms": 60_000,
            "security_protocol": ("SASL_" if self.username else "") + ("SSL" if self.tls else "PLAINTEXT"),
        }
        if self.username:
            options |= {
                "sasl_mechanism": self.mechanism,
                "sasl_plain_username": self.username,
                "sasl_plain_password": self.password,
            }
        if self.tls:
            options["ssl_context"] = create_ssl_context(
                cafile=self.cafile, certfile=self.certfile, keyfile=self.keyfile
            )
        return options

    def topic_settings(self) -> Mapping[str, str]:
        """Of a topic that the layer creates: only closed segments are deleted, so they close six times as often."""
        part = max(int(self.retention * 1000 / 6), 1)
        return {
            "cleanup.policy": "delete",
            "retention.ms": str(part * 5),
            "segment.ms": str(part),
            "max.message.bytes": str(self.max_message + 4096),
        }
