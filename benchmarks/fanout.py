"""Scenes `fanout` (one room with many members) and `parties` (many rooms with four): messages delivered a second.

Ours and the tutorial's chat in turns, each a fresh Daphne on a core of its own, with the same Valkey, generator and
amount under way. Ours writes every message to PostgreSQL before it acknowledges and delivers it; the tutorial does not.
"""

import json
import subprocess
import sys
from typing import Any

from benchmarks import people, servers
from benchmarks.machine import ROOT, Machine
from benchmarks.report import Pass, Ratio, Row
from deploy.services import Process, ServiceError
from deploy.services.lifeline import in_child

MEMBERS_OF_A_PARTY = 4


def measure_room(machine: Machine, quick: bool, runs: int) -> tuple[list[Row], list[Ratio]]:
    """One room of 500."""
    return _measure(machine, "fanout", 1, 100 if quick else 500, 32, quick, runs)


def measure_parties(machine: Machine, quick: bool, runs: int) -> tuple[list[Row], list[Ratio]]:
    """500 rooms of 4."""
    rooms = 50 if quick else 500
    return _measure(machine, "parties", rooms, MEMBERS_OF_A_PARTY, rooms, quick, runs)


def _measure(
    machine: Machine, scene: str, rooms: int, members: int, window: int, quick: bool, runs: int
) -> tuple[list[Row], list[Ratio]]:
    machine.load_django()
    machine.pin(machine.postgres.process.pid, machine.other_cores)
    machine.pin(machine.valkey.process.pid, machine.other_cores)
    crowds = people.settle(rooms, members)
    seconds = 1.5 if quick else 8.0
    size = {"work": f"{rooms} x {members}"}
    rows = {
        (system, load): Row(scene, system, {**size, "load": load}, persisted=system == OURS)
        for load in ("saturated", "half", "peer's half")
        for system in (TUTORIAL, OURS, FLOOR)
        if system != FLOOR or load == "saturated"
        if system != TUTORIAL or load != "peer's half"
    }
    for _ in range(runs):
        peer = _pass(
            machine, servers.tutorial(machine, "pubsub"), "tutorial", crowds, _phases(window, seconds)
        )
        rate = peer["phases"]["half"]["sent_per_s"]
        same = {"name": "peer's half", "rate": rate, "seconds": seconds, "warm_up": seconds / 4}
        mine = _pass(machine, servers.ours(machine), "rualone", crowds, [*_phases(window, seconds), same])
        floor = _pass(machine, servers.floor(machine), "rualone", crowds, _phases(window, seconds)[:1])
        for system, found in ((TUTORIAL, peer), (OURS, mine), (FLOOR, floor)):
            for load, figures in found["phases"].items():
                rows[system, load].passes.append(_figures(found, figures))
    return list(rows.values()), _ratios(rows)


TUTORIAL, OURS, FLOOR = "Channels tutorial (pubsub)", "ours on stock Daphne", "generator's ceiling"


def _phases(window: int, seconds: float) -> list[dict[str, Any]]:
    """As much as it takes, then half of that at an even pace."""
    timing = {"seconds": seconds, "warm_up": seconds / 4}
    return [
        {"name": "saturated", "window": window, **timing},
        {"name": "half", "of": "saturated", "share": 0.5, **timing},
    ]


def _ratios(rows: dict[tuple[str, str], Row]) -> list[Ratio]:
    ours, peer = rows[OURS, "saturated"], rows[TUTORIAL, "saturated"]
    return [
        Ratio("delivered/s, ours / tutorial", ours, peer),
        Ratio("CPU per delivery when saturated, tutorial / ours", ours, peer, _cpu, inverse=True),
        Ratio("CPU per delivery at the same rate, tutorial / ours", rows[OURS, "peer's half"], rows[TUTORIAL, "half"], _cpu, inverse=True),
    ]  # fmt: skip


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
    return Pass(
        figures["delivered_per_s"], figures["p50_ms"], figures["p99_ms"], figures["cpu_us"], found["kb_per_connection"],
        found["lost"], found["repeated"], found["out_of_order"],
        {"in per s": figures["sent_per_s"], "server busy": figures["server_busy"], "generator busy": figures["generator_busy"]},
    )  # fmt: skip
