"""Scene `idle`: memory of the whole server process for one connection that is signed in, in one room and quiet."""

from benchmarks import people, servers
from benchmarks.machine import Machine
from benchmarks.options import Options
from benchmarks.passes import MEMBERS_OF_A_PARTY, run_pass
from benchmarks.peers import PEERS
from benchmarks.report import Pass, Ratio, Row

QUIET, QUICK_QUIET = 5.0, 0.5  # seconds between the last one's coming and the look at the memory


def measure(machine: Machine, options: Options) -> tuple[list[Row], list[Ratio]]:
    """1,000 connections: in rooms of 4, and all in one room."""
    machine.load_django()
    clients = 200 if options.quick else 1000
    works = [(clients // MEMBERS_OF_A_PARTY, MEMBERS_OF_A_PARTY), (1, clients)]
    rows: list[Row] = []
    ratios: list[Ratio] = []
    for rooms, members in works:
        crowds, work = people.settle(rooms, members), {"work": f"{rooms} x {members}"}
        ours = Row("idle", servers.OURS[options.server], work, persisted=True)
        peers = {name: Row("idle", PEERS[name].system, work, PEERS[name].persists) for name in options.peers}
        for _ in range(options.runs):
            for name, row in peers.items():
                row.passes.append(_pass(machine, name, options, crowds))
            ours.passes.append(_pass(machine, None, options, crowds))
        rows += [*peers.values(), ours]
        ratios += [
            Ratio(f"kB a connection, {name} / ours, {work['work']}", ours, row, _memory, inverse=True)
            for name, row in peers.items()
        ]
    return rows, ratios


def _pass(machine: Machine, peer: str | None, options: Options, crowds: list[people.Crowd]) -> Pass:
    server = PEERS[peer].start(machine) if peer else servers.ours(machine, options.server)
    dialect = PEERS[peer].dialect if peer else "rualone"
    found = run_pass(machine, server, dialect, crowds, [], settle=QUICK_QUIET if options.quick else QUIET)
    return Pass(
        None, kb_per_connection=found["kb_per_connection"], notes={"connected in s": found["connect_s"]}
    )


def _memory(figures: Pass) -> float | None:
    return figures.kb_per_connection
