"""Scene `workers`: the same parties at the same rate behind one worker and behind four, all on the one server core.

With four, the members of a room sit on different workers and every message crosses the bus. The CPU of the parent and
of all its workers counts; PostgreSQL's and Valkey's does not.
"""

from typing import Any

from benchmarks import people, servers
from benchmarks.machine import Machine
from benchmarks.options import Options
from benchmarks.passes import MEMBERS_OF_A_PARTY, Phase, at_rate, figures, half, run_pass, saturated
from benchmarks.report import Pass, Ratio, Row
from deploy.services import ServiceError

COUNTS = (1, 4)
SAME_RATE = "same rate"
SHARE = 0.1  # of what one worker takes: at more, four fill the core and cannot show what they cost


def measure(machine: Machine, options: Options) -> tuple[list[Row], list[Ratio]]:
    """500 rooms of 4: at a tenth of what one worker takes (or at --rates), and as much as each takes."""
    if options.server != "serve":
        raise ServiceError("The scene workers needs --server serve.")
    rooms = 50 if options.quick else 500
    clients = rooms * MEMBERS_OF_A_PARTY
    machine.need_files(clients)
    machine.load_django()
    for process in (machine.postgres.process, machine.valkey.process):
        machine.pin(process.pid, machine.other_cores)
    crowds = people.settle(rooms, MEMBERS_OF_A_PARTY)
    rows = {
        (count, load): Row(
            "workers", f"ours, {count} worker{'s' * (count > 1)}",
            {"work": f"{rooms} x {MEMBERS_OF_A_PARTY}", "load": load, "workers": count}, persisted=True,
        )
        for load in (SAME_RATE, "saturated")
        for count in COUNTS
    }  # fmt: skip
    for _ in range(options.runs):
        rate = options.rates[0] if options.rates else None
        for count in COUNTS:
            found = _pass(machine, options, crowds, count, rate)
            rate = rate or found["phases"][SAME_RATE]["sent_per_s"]
            for load, phase in found["phases"].items():
                rows[count, load].passes.append(figures(found, phase))
    one, many = COUNTS
    ratios = [
        Ratio(f"CPU a message at the {SAME_RATE}, {many} workers / {one}", rows[many, SAME_RATE],
              rows[one, SAME_RATE], _cost),
        Ratio(f"CPU a message when saturated, {many} workers / {one}", rows[many, "saturated"],
              rows[one, "saturated"], _cost),
    ]  # fmt: skip
    return list(rows.values()), ratios


def _pass(
    machine: Machine, options: Options, crowds: list[people.Crowd], count: int, rate: float | None
) -> dict[str, Any]:
    server = servers.ours(machine, options.server, workers=count)
    seconds, window = options.seconds, len(crowds) * MEMBERS_OF_A_PARTY
    pace: Phase = (
        at_rate(SAME_RATE, rate, seconds) if rate else {**half(seconds), "name": SAME_RATE, "share": SHARE}
    )
    return run_pass(machine, server, "rualone", crowds, [saturated(window, seconds), pace])


def _cost(figures: Pass) -> float | None:
    """For what was delivered: one that does not keep the pace would seem cheap for each message that was sent."""
    return figures.cpu_us_per_delivery
