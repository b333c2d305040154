"""Scenes `fanout` (one room with many members) and `parties` (many rooms with four): messages delivered a second.

Ours and its peers in turns, each a fresh process on a core of its own, with the same Valkey, generator and amount under
way. Ours writes every message to PostgreSQL before it acknowledges and delivers it; peers/ says who else does.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from benchmarks import people, servers
from benchmarks.machine import ROOT, Machine
from benchmarks.options import Options
from benchmarks.peers import PEERS
from benchmarks.report import Pass, Ratio, Row
from deploy.services import Process, ServiceError
from deploy.services.lifeline import in_child

MEMBERS_OF_A_PARTY = 4


def measure_room(machine: Machine, options: Options) -> tuple[list[Row], list[Ratio]]:
    """One room of 500, 32 messages under way: more only makes the tutorial's latency longer."""
    return _measure(machine, Shape("fanout", 1, 100 if options.quick else 500, 32, 1024), options)


def measure_parties(machine: Machine, options: Options) -> tuple[list[Row], list[Ratio]]:
    """500 rooms of 4, one message of every member under way."""
    rooms = 50 if options.quick else 500
    window = rooms * MEMBERS_OF_A_PARTY
    return _measure(machine, Shape("parties", rooms, MEMBERS_OF_A_PARTY, window, 4 * window), options)


@dataclass(frozen=True)
class Shape:
    """The rooms, and how many messages are under way when a system is saturated (the floor takes more)."""

    scene: str
    rooms: int
    members: int
    window: int
    floor_window: int


def _measure(machine: Machine, shape: Shape, options: Options) -> tuple[list[Row], list[Ratio]]:
    machine.load_django()
    machine.pin(machine.postgres.process.pid, machine.other_cores)
    machine.pin(machine.valkey.process.pid, machine.other_cores)
    crowds = people.settle(shape.rooms, shape.members)
    seconds = options.seconds
    rows = _rows(shape, options)
    for _ in range(options.runs):
        phases = _phases(shape.window, seconds)
        for name in options.peers:
            peer = PEERS[name]
            found = run_pass(machine, peer.start(machine), peer.dialect, crowds, phases)
            _note(rows, peer.system, found)
            if name == "tutorial":
                rate = found["phases"]["half"]["sent_per_s"]
                pace = {"name": SAME_PACE, "rate": rate, "seconds": seconds, "warm_up": seconds / 4}
                phases = [*phases, pace]
        found = run_pass(machine, servers.ours(machine, options.server), "rualone", crowds, phases)
        _note(rows, servers.OURS[options.server], found)
        found = run_pass(
            machine, servers.floor(machine), "rualone", crowds, _phases(shape.floor_window, seconds)[:1]
        )
        _note(rows, FLOOR, found)
    return list(rows.values()), _ratios(rows, options)


FLOOR = "generator's ceiling"
SAME_PACE = "tutorial's half"  # half of what the tutorial's chat takes, for all that run after it


def _rows(shape: Shape, options: Options) -> dict[tuple[str, str], Row]:
    """By system and load: as much as it takes, half of that, and what is half for the tutorial's chat."""
    persists = {PEERS[name].system: PEERS[name].persists for name in options.peers}
    systems = [*persists, servers.OURS[options.server]]
    loads = {"saturated": [*systems, FLOOR], "half": systems}
    if "tutorial" in options.peers:
        loads[SAME_PACE] = systems[1:]
    rows = {}
    for load, measured in loads.items():
        for system in measured:
            params: dict[str, Any] = {"work": f"{shape.rooms} x {shape.members}", "load": load}
            if load == "saturated":
                params["window"] = shape.floor_window if system == FLOOR else shape.window
            on_disk = persists.get(system, system != FLOOR)
            rows[system, load] = Row(shape.scene, system, params, on_disk)
    return rows


def _note(rows: dict[tuple[str, str], Row], system: str, found: dict[str, Any]) -> None:
    for load, figures in found["phases"].items():
        rows[system, load].passes.append(_figures(found, figures))


def _phases(window: int, seconds: float) -> list[dict[str, Any]]:
    """As much as it takes, then half of that at an even pace."""
    timing = {"seconds": seconds, "warm_up": seconds / 4}
    return [
        {"name": "saturated", "window": window, **timing},
        {"name": "half", "of": "saturated", "share": 0.5, **timing},
    ]


def _ratios(rows: dict[tuple[str, str], Row], options: Options) -> list[Ratio]:
    """Ours next to each peer."""
    ours = servers.OURS[options.server]
    ratios = []
    for name in options.peers:
        peer, full = PEERS[name].system, rows[ours, "saturated"]
        ratios.append(Ratio(f"delivered/s, ours / {name}", full, rows[peer, "saturated"]))
        title = f"CPU per delivery when saturated, {name} / ours"
        ratios.append(Ratio(title, full, rows[peer, "saturated"], _cpu, inverse=True))
        if calm := rows.get((ours, SAME_PACE)):
            theirs = rows[peer, "half" if name == "tutorial" else SAME_PACE]
            title = f"CPU per delivery at the same rate, {name} / ours"
            ratios.append(Ratio(title, calm, theirs, _cpu, inverse=True))
    return ratios


def _cpu(figures: Pass) -> float | None:
    return figures.cpu_us_per_delivery


def run_pass(
    machine: Machine,
    server: Process,
    dialect: str,
    crowds: list[people.Crowd],
    phases: list[dict[str, Any]],
    **more: Any,
) -> dict[str, Any]:
    """One fresh server, one run of the generator against it; `more` goes into its job."""
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
            **more,
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
