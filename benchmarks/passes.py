"""One pass: a fresh server on a core of its own, the load generator on the others, and what came of it."""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from benchmarks import people
from benchmarks.machine import ROOT, Machine
from benchmarks.report import Pass
from deploy.services import Process, ServiceError
from deploy.services.lifeline import in_child

MEMBERS_OF_A_PARTY = 4
PATIENCE = 1.0  # times a load's seconds: what a peer gets for what a fixed rate has left it with
TAKES_AT_MOST = 600.0  # seconds for one pass

Phase = dict[str, Any]


def saturated(window: int, seconds: float) -> Phase:
    """As much as it takes: that many messages under way at any time."""
    return {"name": "saturated", "window": window, **timing(seconds)}


def half(seconds: float) -> Phase:
    """Half of what it takes, at an even pace."""
    return {"name": "half", "of": "saturated", "share": 0.5, **timing(seconds)}


def at_rate(name: str, rate: float, seconds: float, *, peer: bool = False) -> Phase:
    """That many messages a second at an even pace, whatever comes back. A peer has PATIENCE for what is left after
    it; if it needs more it gets a fresh process for the next phase, and what did not arrive is noted, not lost."""
    return {"name": name, "rate": rate, "patience": PATIENCE * seconds if peer else None, **timing(seconds)}


def timing(seconds: float) -> Phase:
    return {"seconds": seconds, "warm_up": seconds / 4}


def run_pass(
    machine: Machine,
    server: Process,
    dialect: str,
    crowds: list[people.Crowd],
    phases: list[Phase],
    **more: Any,
) -> dict[str, Any]:
    """One fresh server, one run of the generator against it; `more` goes into its job."""
    server.spawn()
    try:
        machine.pin(server.pid, machine.server_cores)
        server.wait_ready()
        machine.pin(server.pid, machine.server_cores)  # with what it has started meanwhile
        job = {
            "port": server.port,
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


def run_passes(
    machine: Machine,
    start: Callable[[], Process],
    dialect: str,
    crowds: list[people.Crowd],
    phases: list[Phase],
) -> list[dict[str, Any]]:
    """All phases, with a fresh server after each that left more than it could deliver in time."""
    found: list[dict[str, Any]] = []
    while phases:
        found.append(run_pass(machine, start(), dialect, crowds, phases))
        phases = phases[len(found[-1]["phases"]) :]
    return found


def _generate(machine: Machine, job: dict[str, Any]) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.generator"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
        preexec_fn=in_child(),
    ) as child:  # fmt: skip
        machine.pin(child.pid, machine.other_cores)
        try:
            output, errors = child.communicate(json.dumps(job), timeout=TAKES_AT_MOST)
        finally:
            child.kill()  # no effect on one that has ended
    if child.returncode:
        raise ServiceError(f"The load generator gave up: {errors.strip()[-600:]}")
    found: dict[str, Any] = json.loads(output)
    if found["refusals"] or found["lost_connections"]:
        print(f"{found['lost_connections']} connections broke; refused: {found['refusals']}", file=sys.stderr)
    return found


def figures(found: dict[str, Any], phase: Phase) -> Pass:
    """`in per s`: messages sent a second. Shares of a core: what the server used, what it had to wait for its core
    because something else ran there, what the generator used. Then what did not go well, where there was any."""
    notes = {
        "in per s": phase["sent_per_s"],
        "CPU us a message": phase["cpu_us_message"],
        "server busy": phase["server_busy"],
        "server starved": phase["server_starved"],
        "generator busy": phase["generator_busy"],
    }
    troubles = {
        "held back by full sockets": phase["held_back"],
        "not delivered in time": phase["given_up"],
        "left to a reload": phase["reloaded"],
        **{f"told {code}": count for code, count in phase["told"].items()},
        "connections broke": found["lost_connections"],
    }
    notes |= {name: count for name, count in troubles.items() if count}
    return Pass(
        phase["delivered_per_s"],
        phase["p50_ms"],
        phase["p99_ms"],
        phase["cpu_us"],
        found["kb_per_connection"],
        found["lost"],
        found["repeated"],
        found["out_of_order"],
        notes,
    )
