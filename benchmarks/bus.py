"""Scene `bus`: from publishing in one worker to arriving in another, for each bus, with nothing else around it.

Two processes with the hub's Bus and no database, both publishing and both receiving, share the server's core; the bus's
own server has the others. The pairs of all buses run side by side and take turns.
"""

import json
import subprocess
import sys
import time
from contextlib import ExitStack
from typing import Any

from benchmarks import report
from benchmarks.bus_worker import COUNT, SLOTS
from benchmarks.machine import ROOT, Machine
from benchmarks.options import Options
from benchmarks.report import Pass, Ratio, Row
from deploy.services import Kafka, Postgres, RabbitMQ, ServiceError
from deploy.services.lifeline import in_child

RATE = 500.0  # messages a second of both workers together
WINDOW = 500  # messages of each worker that are under way when as much is sent as arrives
WARM_UP = 0.25  # of a load's seconds, before it
SYSTEMS = ("Redis (Valkey)", "Kafka", "Kafka, 8 partitions", "RabbitMQ", "PostgreSQL")
LOADS = ("500/s", "saturated")


def measure(machine: Machine, options: Options) -> tuple[list[Row], list[Ratio]]:
    """One room and many, at 500 messages a second and with as many as arrive, over every bus."""
    works = {"1 room": 1, f"{50 if options.quick else 500} rooms": 50 if options.quick else 500}
    rows = {
        (system, work, load): Row(
            "bus", system, {"work": work, "load": load, "workers": 2}, persisted=False, exact=True
        )
        for work in works
        for load in LOADS
        for system in SYSTEMS
    }
    with ExitStack() as stack:
        pairs = {system: stack.enter_context(Pair(machine, system, url)) for system, url in _urls(machine)}
        for _ in range(options.runs):
            for work, rooms in works.items():
                for load in LOADS:
                    for system, pair in pairs.items():
                        rate = RATE if load == LOADS[0] else 0
                        rows[system, work, load].passes.append(pair.measure(rooms, rate, options.seconds))
    ratios = [
        Ratio(f"p50 at 500/s, {system} / Redis, {work}", rows[system, work, LOADS[0]],
              rows[SYSTEMS[0], work, LOADS[0]], _p50)
        for work in works
        for system in SYSTEMS[1:]
    ]  # fmt: skip
    return list(rows.values()), ratios


def _p50(figures: Pass) -> float | None:
    return figures.p50_ms


def _urls(machine: Machine) -> list[tuple[str, str]]:
    """Each bus, started, with its BUS_URL."""
    kafka = machine.start(Kafka(machine.directory / "kafka"))
    rabbitmq = machine.start(RabbitMQ(machine.directory / "rabbitmq"))
    postgres = machine.start(Postgres(machine.directory / "postgres-bus"))
    for server in (machine.valkey, kafka, rabbitmq, postgres):
        machine.pin(server.process.pid, machine.other_cores)
    addresses = (
        machine.valkey.url(),
        f"kafka://{kafka.bootstrap}/bench?partitions=64",  # as BUS_URL has it when nothing is said
        f"kafka://{kafka.bootstrap}/bench8?partitions=8",
        rabbitmq.url(),
        postgres.url(),
    )
    return list(zip(SYSTEMS, addresses, strict=True))


class Pair:
    """Two workers over one bus."""

    def __init__(self, machine: Machine, system: str, url: str) -> None:
        self._machine, self._url = machine, url
        self._shared = machine.directory / f"bus-{SYSTEMS.index(system)}.shared"
        self._log = machine.directory / f"bus-{SYSTEMS.index(system)}.log"
        self._system = system
        self._workers: list[subprocess.Popen[str]] = []

    def __enter__(self) -> "Pair":
        self._shared.write_bytes(bytes(2 * SLOTS * COUNT.size))
        with self._log.open("w") as log:
            for me in (0, 1):
                worker = subprocess.Popen(
                    [sys.executable, "-m", "benchmarks.bus_worker"],
                    cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
                    preexec_fn=in_child(),
                )  # fmt: skip
                self._workers.append(worker)
                self._tell(worker, {"me": me, "url": self._url, "shared": str(self._shared)})
        for worker in self._workers:
            self._heard(worker)
            self._machine.pin(worker.pid, self._machine.server_cores)
        return self

    def __exit__(self, *exc: object) -> None:
        for worker in self._workers:
            worker.terminate()
        for worker in self._workers:
            worker.communicate(timeout=10)

    def measure(self, rooms: int, rate: float, seconds: float) -> Pass:
        start = time.monotonic() + 0.1
        begin = start + seconds * WARM_UP
        self._all({"do": "prepare", "begin": begin})
        job = {
            "do": "run",
            "start": start,
            "end": begin + seconds,
            "rooms": rooms,
            "rate": rate / 2,
            "window": WINDOW,
        }
        found = [json.loads(line) for line in self._all(job)]
        latencies = [each for worker in found for each in worker["latencies"]]
        sent, received = (sum(worker[name] for worker in found) for name in ("sent", "received"))
        repeated = sum(worker["repeated"] for worker in found)
        return Pass(
            len(latencies) / seconds,
            report.percentile(latencies, 0.5),
            report.percentile(latencies, 0.99),
            cpu_us_per_delivery=sum(worker["cpu"] for worker in found) / max(received, 1) * 1e6,
            lost=max(sent - (received - repeated), 0),
            repeated=repeated,
            out_of_order=sum(worker["out_of_order"] for worker in found),
            notes={name: total for name in ("hinted", "dropped") if (total := sum(w[name] for w in found))},
        )

    def _all(self, job: dict[str, Any]) -> list[str]:
        for worker in self._workers:
            self._tell(worker, job)
        return [self._heard(worker) for worker in self._workers]

    def _tell(self, worker: subprocess.Popen[str], job: dict[str, Any]) -> None:
        if worker.stdin is None:
            raise ServiceError("a worker has no standard input")
        worker.stdin.write(json.dumps(job) + "\n")
        worker.stdin.flush()

    def _heard(self, worker: subprocess.Popen[str]) -> str:
        line = worker.stdout.readline() if worker.stdout else ""
        if not line:
            raise ServiceError(f"A worker over {self._system} ended: {self._log.read_text()[-800:]}")
        return line
