"""Scenes `join` (coming to a room at an even pace) and `reconnect` (everybody at once after a restart), for ours."""

import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks import people, servers
from benchmarks.machine import Machine
from benchmarks.meter import Meter
from benchmarks.options import Options
from benchmarks.passes import MEMBERS_OF_A_PARTY
from benchmarks.report import Pass, Ratio, Row, percentile
from benchmarks.visitors import Door, Visitor
from deploy.services import Process, ServiceError

BODY = "가나다라 마바사 " * 6
JOINS_PER_S = 100
PAGE = 50  # entries that one who comes anew gets
MISSED = 20
OPENING = 16  # connections that are opened at a time when that is not what is measured
GIVE_UP = 60.0  # seconds


def measure_join(machine: Machine, options: Options) -> tuple[list[Row], list[Ratio]]:
    """From the wish to come until the room's last 50 entries are there, 100 people a second."""
    crowds = _rooms(machine, 20 if options.quick else 250)
    write(crowds, PAGE)
    work = {"work": f"{JOINS_PER_S} joins/s, {PAGE} entries"}
    row = Row("join", servers.OURS[options.server], work, persisted=True)
    for _ in range(options.runs):
        with _server(machine, servers.ours(machine, options.server)) as server:
            row.passes.append(_join(server, crowds, options.seconds))
    return [row], []


def measure_reconnect(machine: Machine, options: Options) -> tuple[list[Row], list[Ratio]]:
    """2,000 people are in; the server stops, 20 entries go into each room, it starts, and all of them come back."""
    crowds = _rooms(machine, 50 if options.quick else 500)
    clients = len(crowds) * MEMBERS_OF_A_PARTY
    row = Row(
        "reconnect", servers.OURS[options.server], {"work": f"{clients} clients, {MISSED} missed"}, True
    )
    for _ in range(options.runs):
        row.passes.append(_reconnect(machine, options, crowds))
    return [row], []


def write(crowds: list[people.Crowd], entries: int) -> None:
    """That many texts into each room, by its members in turn."""
    from chat import room_kinds, timeline

    stamp, text = f"{time.time_ns():x}", room_kinds.Text(BODY)
    for number in range(entries):
        drafts = [
            timeline.draft(
                room_kinds.TEXT, text, room_id=crowd.room_id, cid=f"{stamp}-{number}",
                sender_id=crowd.members[number % len(crowd.members)].user_id,
            )
            for crowd in crowds
        ]  # fmt: skip
        timeline.append(drafts)


def _rooms(machine: Machine, rooms: int) -> list[people.Crowd]:
    machine.load_django()
    for process in (machine.postgres.process, machine.valkey.process):
        machine.pin(process.pid, machine.other_cores)
    machine.pin(os.getpid(), machine.other_cores)  # the visitors live here
    return people.settle(rooms, MEMBERS_OF_A_PARTY)


@contextmanager
def _server(machine: Machine, server: Process) -> Iterator[Process]:
    server.spawn()
    try:
        machine.pin(server.pid, machine.server_cores)
        server.wait_ready()
        yield server
    finally:
        server.stop()


def _join(server: Process, crowds: list[people.Crowd], seconds: float) -> Pass:
    door, leaving = Door(server.port), 0  # type: ignore[attr-defined]
    warm_up, total = JOINS_PER_S, int(JOINS_PER_S * (seconds + 1))
    start = time.perf_counter()
    meter, cpu, begun = Meter(server.pid), 0.0, 0
    while len(door.arrived) < total:
        now = time.perf_counter()
        if now > start + total / JOINS_PER_S + GIVE_UP:
            raise ServiceError(f"{total - len(door.arrived)} of {total} joins did not end: {door.broken[:3]}")
        while begun < min(int((now - start) * JOINS_PER_S), total):
            crowd = crowds[begun % len(crowds)]
            member = crowd.members[begun // len(crowds) % len(crowd.members)]
            if begun == warm_up:
                cpu = meter.cpu()
            door.come(Visitor(crowd.public_id, member.session), start + (begun + 1) / JOINS_PER_S)
            begun += 1
        door.poll(0.002)
        for visitor in door.arrived[leaving:]:
            door.leave(visitor)
        leaving = len(door.arrived)
    cpu = meter.cpu() - cpu
    measured = sorted(door.arrived, key=lambda v: v.begun)[warm_up:]
    took = [(v.arrived - v.begun) * 1000 for v in measured]
    asked = [(v.arrived - v.asked) * 1000 for v in measured]
    notes = {"join frame to joined p50 ms": percentile(asked, 0.5), "p99 ms": percentile(asked, 0.99)}
    span = max(v.arrived for v in measured) - min(v.begun for v in measured)
    result = Pass(len(measured) / span, percentile(took, 0.5), percentile(took, 0.99), notes=notes)
    result.cpu_us_per_delivery = cpu / len(measured) * 1e6
    result.lost = sum(max(PAGE - len(v.seqs), 0) for v in measured) + len(door.broken)
    result.out_of_order = sum(v.seqs != sorted(set(v.seqs)) for v in measured)
    return result


def _reconnect(machine: Machine, options: Options, crowds: list[people.Crowd]) -> Pass:
    with _server(machine, servers.ours(machine, options.server)) as server:
        port: int = server.port  # type: ignore[attr-defined]
        before = _settled(Door(port), crowds)
    write(crowds, MISSED)
    back = [Visitor(v.room, v.session, since=v.head, epoch=v.epoch) for v in before]
    with _server(machine, servers.ours(machine, options.server, port)) as server:
        meter = Meter(server.pid)
        door, cpu, start = Door(port, patient=True), meter.cpu(), time.perf_counter()
        for visitor in back:
            door.come(visitor)
        while len(door.arrived) < len(back) and time.perf_counter() < start + GIVE_UP:
            door.poll(0.1)
        cpu = meter.cpu() - cpu
        quiet = time.perf_counter() + 1.0  # repetitions would come now
        while time.perf_counter() < quiet:
            door.poll(0.1)
    if door.broken:
        print(f"Attempts that failed: {dict(Counter(door.broken).most_common(3))}", file=sys.stderr)
    return _resumed(door, back, start, cpu)


def _resumed(door: Door, back: list[Visitor], start: float, cpu: float) -> Pass:
    """What each who is back should hold is `MISSED` entries, numbered from `since` on, without having started anew."""
    lost = repeated = out_of_order = 0
    for visitor in (v for v in back if v.arrived):
        wanted = [] if visitor.since is None else list(range(visitor.since + 1, visitor.since + MISSED + 1))
        lost += len(set(wanted) - set(visitor.seqs)) + (not visitor.recovered)
        repeated += len(visitor.seqs) - len(set(visitor.seqs))
        out_of_order += visitor.seqs != sorted(visitor.seqs)
    times = [(v.arrived - start) * 1000 for v in back if v.arrived]
    took = max(times, default=GIVE_UP * 1000) / 1000 if len(times) == len(back) else GIVE_UP
    notes = {
        "s until all resumed": took,
        "failed attempts": len(door.broken),
        "not back": len(back) - len(times),
    }
    return Pass(
        len(times) / took, percentile(times, 0.5), percentile(times, 0.99), cpu / len(back) * 1e6, None,
        lost, repeated, out_of_order, notes,
    )  # fmt: skip


def _settled(door: Door, crowds: list[people.Crowd]) -> list[Visitor]:
    """Everybody in their room, let in a few at a time."""
    everybody = [Visitor(crowd.public_id, m.session) for crowd in crowds for m in crowd.members]
    coming = iter(everybody)
    begun, deadline = 0, time.perf_counter() + 3 * GIVE_UP
    while len(door.arrived) < len(everybody):
        while begun - len(door.arrived) < OPENING and (visitor := next(coming, None)):
            door.come(visitor)
            begun += 1
        door.poll(0.1)
        if door.broken or time.perf_counter() > deadline:
            raise ServiceError(f"{len(door.arrived)} of {len(everybody)} came in: {door.broken[:3]}")
    return everybody
