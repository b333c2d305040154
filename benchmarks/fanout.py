"""Scenes `fanout` (one room with many members), `stomp` (that over STOMP) and `parties` (many rooms with four).

Messages delivered a second: ours and its peers in turns, each a fresh process on a core of its own, with the same
Valkey, generator and amount under way. Ours writes every message to PostgreSQL before it acknowledges and delivers it;
peers/ says who else does.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

from benchmarks import people, servers
from benchmarks.machine import Machine
from benchmarks.options import Options
from benchmarks.passes import (
    MEMBERS_OF_A_PARTY,
    Phase,
    at_rate,
    figures,
    half,
    run_passes,
    saturated,
)
from benchmarks.peers import PEERS
from benchmarks.report import Pass, Ratio, Row

FLOOR = "generator's ceiling"
SAME_PACE = "tutorial's half"  # half of what the tutorial's chat takes, for all that run after it
CALM_RATE = 100.0  # messages a second into the one room, whatever comes back
DELIVERED = 1_000_000  # a second, if all that is offered at the other rate arrives: 2,000 in for 500 members
AIM = 2_500_000  # likewise, at 5,000 in for 500 members
QUICK_RATES = (50.0, 200.0)


@dataclass(frozen=True)
class Shape:
    """The rooms, how many messages are under way when a system is saturated (the floor takes more), and the fixed
    rates in messages a second that all rooms together are offered."""

    scene: str
    rooms: int
    members: int
    window: int
    floor_window: int
    rates: tuple[float, ...]
    further: tuple[float, ...] = ()  # rates that no peer comes near: for ours and the floor
    dialect: str = "rualone"  # that ours is spoken to in

    @property
    def floor_rates(self) -> tuple[float, ...]:
        """The highest: at a low one the floor's own pace is all that there is to see."""
        return self.rates[-1:] + self.further


def measure_room(machine: Machine, options: Options) -> tuple[list[Row], list[Ratio]]:
    """One room of 500, 32 messages under way: more only makes the tutorial's latency longer."""
    members = options.members or (100 if options.quick else 500)
    usual = QUICK_RATES if options.quick else (CALM_RATE, DELIVERED / members)
    rates = usual if options.rates is None else options.rates
    further = () if options.quick or options.rates is not None else (AIM / members,)
    return _measure(machine, Shape("fanout", 1, members, 32, 1024, rates, further), options)


def measure_stomp(machine: Machine, options: Options) -> tuple[list[Row], list[Ratio]]:
    """The same room with ours spoken to in STOMP, as a broker is."""
    members = options.members or (100 if options.quick else 500)
    usual = QUICK_RATES if options.quick else (CALM_RATE, DELIVERED / members)
    rates = usual if options.rates is None else options.rates
    return _measure(machine, Shape("stomp", 1, members, 32, 1024, rates, dialect="rualone-stomp"), options)


def measure_parties(machine: Machine, options: Options) -> tuple[list[Row], list[Ratio]]:
    """500 rooms of 4, one message of every member under way."""
    rooms = 50 if options.quick else 500
    window = rooms * MEMBERS_OF_A_PARTY
    shape = Shape("parties", rooms, MEMBERS_OF_A_PARTY, window, 4 * window, options.rates or ())
    return _measure(machine, shape, options)


def _measure(machine: Machine, shape: Shape, options: Options) -> tuple[list[Row], list[Ratio]]:
    machine.need_files(shape.rooms * shape.members)
    machine.load_django()
    machine.pin(machine.postgres.process.pid, machine.other_cores)
    machine.pin(machine.valkey.process.pid, machine.other_cores)
    crowds = people.settle(shape.rooms, shape.members)
    rows = _rows(shape, options)
    for _ in range(options.runs):
        _take_turns(machine, shape, options, crowds, rows)
    return list(rows.values()), _ratios(shape, rows, options)


def _take_turns(
    machine: Machine, shape: Shape, options: Options, crowds: list[people.Crowd], rows: dict[Any, Row]
) -> None:
    """One pass of everybody."""
    seconds = options.seconds
    paces: list[Phase] = []
    for name in options.peers:
        peer = PEERS[name]
        phases = [
            saturated(shape.window, seconds),
            half(seconds),
            *paces,
            *_fixed(shape.rates, seconds, peer=True),
        ]
        found = run_passes(machine, partial(peer.start, machine), peer.dialect, crowds, phases)
        _note(rows, peer.system, found)
        if name == "tutorial":
            paces = [at_rate(SAME_PACE, found[0]["phases"]["half"]["sent_per_s"], seconds)]
    phases = [
        saturated(shape.window, seconds),
        half(seconds),
        *paces,
        *_fixed(shape.rates + shape.further, seconds),
    ]
    found = run_passes(machine, lambda: servers.ours(machine, options.server), shape.dialect, crowds, phases)
    _note(rows, servers.OURS[options.server], found)
    phases = [saturated(shape.floor_window, seconds), *_fixed(shape.floor_rates, seconds, peer=True)]
    found = run_passes(machine, lambda: servers.floor(machine), "rualone", crowds, phases)
    _note(rows, FLOOR, found)


def _fixed(rates: tuple[float, ...], seconds: float, *, peer: bool = False) -> list[Phase]:
    return [at_rate(_load(rate), rate, seconds, peer=peer) for rate in rates]


def _load(rate: float) -> str:
    return f"{rate:,.0f} in/s"


def _rows(shape: Shape, options: Options) -> dict[tuple[str, str], Row]:
    """By system and load: as much as it takes, half of that, what is half for the tutorial's chat, and the rates."""
    persists = {PEERS[name].system: PEERS[name].persists for name in options.peers}
    systems = [*persists, servers.OURS[options.server]]
    loads = {"saturated": [*systems, FLOOR], "half": systems}
    if "tutorial" in options.peers:
        loads[SAME_PACE] = [each for each in systems if each != PEERS["tutorial"].system]
    for rate in shape.rates + shape.further:
        floor = [FLOOR] if rate in shape.floor_rates else []
        loads[_load(rate)] = [*(systems if rate in shape.rates else systems[-1:]), *floor]
    rows = {}
    for load, measured in loads.items():
        for system in measured:
            params: dict[str, Any] = {"work": f"{shape.rooms} x {shape.members}", "load": load}
            if load == "saturated":
                params["window"] = shape.floor_window if system == FLOOR else shape.window
            on_disk = persists.get(system, system != FLOOR)
            rows[system, load] = Row(shape.scene, system, params, on_disk)
    return rows


def _note(rows: dict[Any, Row], system: str, found: list[dict[str, Any]]) -> None:
    for part in found:
        for load, phase in part["phases"].items():
            rows[system, load].passes.append(figures(part, phase))


def _ratios(shape: Shape, rows: dict[tuple[str, str], Row], options: Options) -> list[Ratio]:
    """Ours next to each peer. Next to ours at a high rate the peer's best load counts."""
    ours = servers.OURS[options.server]
    ratios = []
    for name in options.peers:
        peer, full = PEERS[name].system, rows[ours, "saturated"]
        best = rows[peer, "saturated"]
        ratios.append(Ratio(f"delivered/s, ours / {name}", full, best))
        title = f"CPU per delivery when saturated, {name} / ours"
        ratios.append(Ratio(title, full, best, _cpu, inverse=True))
        if calm := rows.get((ours, SAME_PACE)):
            theirs = rows[peer, "half" if name == "tutorial" else SAME_PACE]
            title = f"CPU per delivery at the same rate, {name} / ours"
            ratios.append(Ratio(title, calm, theirs, _cpu, inverse=True))
        offered = [rows[peer, _load(rate)] for rate in shape.rates]
        for rate in shape.floor_rates:
            title = f"delivered/s, ours at {_load(rate)} / {name} at its best"
            ratios.append(Ratio(title, rows[ours, _load(rate)], best, also=offered))
    return ratios


def _cpu(figures: Pass) -> float | None:
    return figures.cpu_us_per_delivery
