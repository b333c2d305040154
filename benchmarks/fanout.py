"""Scenes `fanout` (one room with many members) and `parties` (many rooms with four): messages delivered a second.

Ours and the tutorial's chat in turns, each a fresh Daphne on a core of its own, with the same Valkey, generator and
amount under way. Ours writes every message to PostgreSQL before it acknowledges and delivers it; the tutorial does not.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from benchmarks import people, servers
from benchmarks.machine import ROOT, Machine
from benchmarks.report import Pass, Ratio, Row
from deploy.services import Process, ServiceError
from deploy.services.lifeline import in_child

MEMBERS_OF_A_PARTY = 4


def measure_room(machine: Machine, quick: bool, runs: int) -> tuple[list[Row], list[Ratio]]:
    """One room of 500, 32 messages under way: more only makes the tutorial's latency longer."""
    return _measure(machine, Shape("fanout", 1, 100 if quick else 500, 32, 1024), quick, runs)


def measure_parties(machine: Machine, quick: bool, runs: int) -> tuple[list[Row], list[Ratio]]:
    """500 rooms of 4, one message of every member under way."""
    rooms = 50 if quick else 500
    window = rooms * MEMBERS_OF_A_PARTY
    return _measure(machine, Shape("parties", rooms, MEMBERS_OF_A_PARTY, window, 4 * window), quick, runs)


@dataclass(frozen=True)
class Shape:
    """The rooms, and how many messages are under way when a system is saturated (the floor takes more)."""

    scene: str
    rooms: int
    members: int
    window: int
    floor_window: int


def _measure(machine: Machine, shape: Shape, quick: bool, runs: int) -> tuple[list[Row], list[Ratio]]:
    machine.load_django()
    machine.pin(machine.postgres.process.pid, machine.other_cores)
    machine.pin(machine.valkey.process.pid, machine.other_cores)
    crowds = people.settle(shape.rooms, shape.members)
    seconds = 1.5 if quick else 6.0
    rows = _rows(shape)
    for _ in range(runs):
        both = _phases(shape.window, seconds)
        peer = _pass(machine, servers.tutorial(machine, "pubsub"), "tutorial", crowds, both)
        rate = peer["phases"]["half"]["sent_per_s"]
        same = {"name": "peer's half", "rate": rate, "seconds": seconds, "warm_up": seconds / 4}
        mine = _pass(machine, servers.ours(machine), "rualone", crowds, [*both, same])
        floor = _pass(
            machine, servers.floor(machine), "rualone", crowds, _phases(shape.floor_window, seconds)[:1]
        )
        for system, found in ((TUTORIAL, peer), (OURS, mine), (FLOOR, floor)):
            for load, figures in found["phases"].items():
                rows[system, load].passes.append(_figures(found, figures))
    return list(rows.values()), _ratios(rows)


TUTORIAL, OURS, FLOOR = "Channels tutorial (pubsub)", "ours on stock Daphne", "generator's ceiling"


def _rows(shape: Shape) -> dict[tuple[str, str], Row]:
    """By system and load: as much as it takes, half of that, and for ours also half of what the tutorial takes."""
    loads = {"saturated": (TUTORIAL, OURS, FLOOR), "half": (TUTORIAL, OURS), "peer's half": (OURS,)}
    rows = {}
    for load, systems in loads.items():
        for system in systems:
            params: dict[str, Any] = {"work": f"{shape.rooms} x {shape.members}", "load": load}
            if load == "saturated":
                params["window"] = shape.floor_window if system == FLOOR else shape.window
            rows[system, load] = Row(shape.scene, system, params, persisted=system == OURS)
    return rows


def _phases(window: int, seconds: float) -> list[dict[str, Any]]:
    """As much as it takes, then half of that at an even pace."""
    timing = {"seconds": seconds, "warm_up": seconds / 4}
    return [
        {"name": "saturated", "window": window, **timing},
        {"name": "half", "of": "saturated", "share": 0.5, **timing},
    ]


def _ratios(rows: dict[tuple[str, str], Row]) -> list[Ratio]:
    ours, peer = rows[OURS, "saturated"], rows[TUTORIAL, "saturated"]
    calm, peer_calm = rows[OURS, "peer's half"], rows[TUTORIAL, "half"]
    return [
        Ratio("delivered/s, ours / tutorial", ours, peer),
        Ratio("CPU per delivery when saturated, tutorial / ours", ours, peer, _cpu, inverse=True),
        Ratio("CPU per delivery at the same rate, tutorial / ours", calm, peer_calm, _cpu, inverse=True),
    ]


def _cpu(figures: Pass) -> float | None:
    return figures.cpu_us_per_delivery


def _pass(
    machine: Machine, server: Process, dialect: str, crowds: list[people.Crowd], phases: list[dict[str, Any]]
) -> dict[str, Any]:
    """One fresh server, one run of the generator against it."""
    server.spawn()
    try:
        machine.pin(server.pid, machine.server_cores)
        server.wait_ready()
        job = {
            "port": server.port,  # type: ignore[attr-defined]
            "dialect": dialect,
            "server": server.pid,
            "clients": [
                {"room": crowd.public_id, "session": m.session} for crowd in crowds for m in crowd.members
            ],
            "phases": phases,
            "observe_every": 10 if len(crowds) == 1 else 7,
        }
        return _generate(machine, job)
    finally:
        server.stop()


def _generate(machine: Machine, job: dict[str, Any]) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.generator"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
        preexec_fn=in_child(),
    ) as child:  # fmt: skip
        machine.pin(child.pid, machine.other_cores)
        try:
            output, errors = child.communicate(json.dumps(job), timeout=600)
        except BaseException:
            child.kill()
            raise
    if child.returncode:
        raise ServiceError(f"The load generator gave up: {errors.strip()[-600:]}")
    found: dict[str, Any] = json.loads(output)
    if found["refusals"] or found["lost_connections"]:
        print(f"{found['lost_connections']} connections broke; refused: {found['refusals']}", file=sys.stderr)
    return found


def _figures(found: dict[str, Any], figures: dict[str, Any]) -> Pass:
    """`in per s`: messages sent a second. Shares of a core: what the server used, what it had to wait for its core
    because something else ran there, what the generator used."""
    notes = {
        "in per s": figures["sent_per_s"],
        "server busy": figures["server_busy"],
        "server starved": figures["server_starved"],
        "generator busy": figures["generator_busy"],
    }
    return Pass(
        figures["delivered_per_s"],
        figures["p50_ms"],
        figures["p99_ms"],
        figures["cpu_us"],
        found["kb_per_connection"],
        found["lost"],
        found["repeated"],
        found["out_of_order"],
        notes,
    )
