"""Scene `overload`: parties that are offered three times what they take, whatever comes back, for 30 s.

Nobody slows down because of what they hear; who cannot send because their own socket is full leaves that message out.
What was acknowledged must reach everybody once and in order, what was refused must reach nobody.
"""

from typing import Any

from benchmarks import people, servers
from benchmarks.machine import Machine
from benchmarks.options import Options
from benchmarks.passes import MEMBERS_OF_A_PARTY, Phase, figures, half, run_pass, saturated, timing
from benchmarks.report import Pass, Ratio, Row

TIMES = 3.0
LASTS = 5  # times --seconds: 30 s with the 6 that is the default
AFTERWARDS = 1.5  # times --seconds, and 2 s at least: in which the calm should come back
SEND_BUFFER = (
    16 * 1024
)  # bytes that a sender's system keeps before the sender notices; the usual start of Linux
LOADS = ("saturated", "half", "overload", "afterwards")


def measure(machine: Machine, options: Options) -> tuple[list[Row], list[Ratio]]:
    """500 rooms of 4: saturated, at half of that, at three times that, and at half again at once."""
    rooms = 50 if options.quick else 500
    machine.need_files(rooms * MEMBERS_OF_A_PARTY)
    machine.load_django()
    for process in (machine.postgres.process, machine.valkey.process):
        machine.pin(process.pid, machine.other_cores)
    crowds = people.settle(rooms, MEMBERS_OF_A_PARTY)
    work = f"{rooms} x {MEMBERS_OF_A_PARTY}"
    rows = {
        load: Row("overload", servers.OURS[options.server], {"work": work, "load": load}, persisted=True)
        for load in LOADS
    }
    for _ in range(options.runs):
        server = servers.ours(machine, options.server)
        phases = _phases(len(crowds) * MEMBERS_OF_A_PARTY, options.seconds)
        found = run_pass(machine, server, "rualone", crowds, phases, send_buffer=SEND_BUFFER)
        for load, phase in found["phases"].items():
            rows[load].passes.append(_figures(found, phase))
    ratio = Ratio("delivered/s, overloaded / saturated", rows["overload"], rows["saturated"])
    return list(rows.values()), [ratio]


def _phases(window: int, seconds: float) -> list[Phase]:
    return [
        saturated(window, seconds),
        half(seconds),
        # Nothing is waited for between these two: what is left over meets those who come next.
        {"name": "overload", "of": "saturated", "share": TIMES, "drain": False, **timing(LASTS * seconds)},
        {"name": "afterwards", "of": "saturated", "share": 0.5, "calm": "half", "warm_up": 0.0,
         "seconds": max(AFTERWARDS * seconds, 2.0)},
    ]  # fmt: skip


def _figures(found: dict[str, Any], phase: Phase) -> Pass:
    result = figures(found, phase)
    result.notes["memory MB before"] = phase["memory_before"] / 1e6
    result.notes["memory MB highest"] = phase["memory_peak"] / 1e6
    if phase["calm_wanted_ms"]:
        result.notes["calm after s"] = phase["calm_after_s"]
        result.notes["never calm"] = int(phase["calm_after_s"] is None)
    return result
