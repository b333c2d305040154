"""What this worker counts of its bus and its STOMP clients, for Prometheus and for the operators' page of the bus."""

import time
from collections.abc import Iterator
from typing import Final, NamedTuple

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from chat import live

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
LATELY: Final = 600.0  # seconds after an outage in which the mark stays amber


class BusHealth(NamedTuple):
    """`seconds` since it went up or down; the others count from the worker's start."""

    up: bool
    seconds: float
    outages: int
    dropped: int
    gaps: int
    repairs: int
    hints: int
    connections: int

    @property
    def mark(self) -> str:
        """green; amber: it was away a moment ago; red: it is away."""
        if not self.up:
            return "red"
        return "amber" if self.outages and self.seconds < LATELY else "green"


def bus_health() -> BusHealth | None:
    """None until the first connection has come to this worker. In any thread: every value is one read."""
    if (here := live.current()) is None:
        return None
    hub, bus = here.hub, here.hub.bus
    seconds = time.monotonic() - bus.since
    return BusHealth(
        bus.up, seconds, bus.outages, bus.dropped, bus.gaps, hub.repairs, hub.hints, len(here.sessions)
    )


def exposition() -> bytes:
    """In Prometheus's text format."""
    return generate_latest(_REGISTRY)


class _Worker(Collector):
    def collect(self) -> Iterator[Metric]:
        health = bus_health()
        if health is None:
            return
        yield GaugeMetricFamily("rualone_connections", "WebSockets open at this worker", health.connections)
        yield GaugeMetricFamily("rualone_bus_up", "1: messages of other workers arrive", health.up)
        for name, words, value in (
            ("outages", "Times that the bus went down", health.outages),
            ("dropped", "Entries and hints that were not published", health.dropped),
            ("gaps", "Times that the bus said that messages are lost", health.gaps),
            ("repairs", "Gaps in a room that were filled from the timeline", health.repairs),
            ("hints", "Entries too large for the bus, read from the timeline", health.hints),
        ):
            yield CounterMetricFamily(f"rualone_bus_{name}", words, value)
        yield from _stomp()


def _stomp() -> Iterator[Metric]:
    if (here := live.current()) is None:
        return
    stomp = here.stomp
    for name, words, value in (
        ("connected", "STOMP clients that came in", stomp.connected),
        ("acks", "ACK frames", stomp.acks),
        ("nacks", "NACK frames, which bring nothing again", stomp.nacks),
    ):
        yield CounterMetricFamily(f"rualone_stomp_{name}", words, value)
    errors = CounterMetricFamily("rualone_stomp_errors", "ERROR frames", labels=["code"])
    for code, count in list(stomp.errors.items()):  # one step: the loop goes on counting
        errors.add_metric([code], count)
    yield errors


_REGISTRY: Final = CollectorRegistry()
_REGISTRY.register(_Worker())
