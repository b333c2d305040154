"""`bin/bench SCENE [options]`; `--help` says which."""

import argparse
import signal
import sys
from contextlib import ExitStack

from benchmarks import append, arrivals, bus, fanout, figures, idle, overload, report, servers, workers
from benchmarks.machine import ROOT, Machine
from benchmarks.options import Options
from benchmarks.peers import PEERS, peers_versions
from deploy.services import ServiceError

SCENES = {
    "append": append.measure,
    "bus": bus.measure,
    "fanout": fanout.measure_room,
    "stomp": fanout.measure_stomp,
    "parties": fanout.measure_parties,
    "workers": workers.measure,
    "overload": overload.measure,
    "idle": idle.measure,
    "join": arrivals.measure_join,
    "reconnect": arrivals.measure_reconnect,
}


FIGURES = "figures"


def main(arguments: list[str]) -> int:
    """0; 1 with one sentence when something is in the way or a result is not true."""
    asked = _asked(arguments)
    options = _options(asked)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        if asked.scene == FIGURES:
            print("\n".join(str(path.relative_to(ROOT)) for path in figures.write()))
            return 0
        with ExitStack() as stack:
            machine = Machine(stack)
            rows, pairs = SCENES[asked.scene](machine, options)
            versions = machine.versions() | peers_versions(options.peers)
    except ServiceError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print(
        report.as_json(asked.scene, rows, pairs, versions)
        if asked.json
        else report.table(rows, pairs, versions)
    )
    if asked.save:
        name = f"{asked.scene}-{asked.members}" if asked.members else asked.scene
        print(f"Saved in {report.save(name, arguments, rows, pairs, versions)}", file=sys.stderr)
    if untrue := report.untrue(rows):
        print(untrue, file=sys.stderr)
        return 1
    return 0


def _asked(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bin/bench",
        description="Measure one scene, interleaved and repeated; `figures` makes the summary and the plots of "
        "docs/performance.md from what was saved.",
    )
    parser.add_argument("scene", choices=[*SCENES, FIGURES])
    parser.add_argument(
        "--quick", action="store_true", help="a small version, under a minute; its figures mean little"
    )
    parser.add_argument(
        "--json", action="store_true", help="one object per line, the last one with the ratios"
    )
    parser.add_argument("--runs", type=int, metavar="N", help="passes (default 3; 1 with --quick)")
    parser.add_argument(
        "--peer", metavar="NAME,…", type=lambda given: given.split(","),
        help=f"measured next to ours: {', '.join(PEERS)}, or none (default tutorial; rabbitmq for stomp)",
    )  # fmt: skip
    parser.add_argument("--server", choices=servers.OURS, default="serve", help="what serves ours")
    parser.add_argument("--seconds", type=float, metavar="S", help="that each load is measured (default 6)")
    parser.add_argument(
        "--rates", metavar="N,…", type=_rates,
        help="fanout, stomp, parties, workers: messages a second at an even pace (fanout has 100,2000)",
    )  # fmt: skip
    parser.add_argument(
        "--members", type=int, metavar="N", help="fanout, stomp: in the one room (default 500)"
    )
    parser.add_argument(
        "--save", action="store_true", help="keep the result in benchmarks/results/<date>-<scene>.json too"
    )
    asked = parser.parse_args(arguments)
    if asked.peer is None:
        asked.peer = ["rabbitmq" if asked.scene == "stomp" else "tutorial"]
    for name in ("runs", "members"):
        if (value := getattr(asked, name)) is not None and value < 1:
            parser.error(f"--{name} must be at least 1")
    if unknown := [name for name in asked.peer if name not in (*PEERS, "none")]:
        parser.error(f"--peer: {unknown[0]!r} is none of {', '.join(PEERS)}")
    return asked


def _options(asked: argparse.Namespace) -> Options:
    # The tutorial's chat first: the others are measured at its pace too.
    peers = sorted(dict.fromkeys(asked.peer), key=lambda name: name != "tutorial")
    return Options(
        quick=asked.quick,
        runs=asked.runs or (1 if asked.quick else 3),
        seconds=asked.seconds or (1.5 if asked.quick else 6.0),
        peers=tuple(name for name in peers if name != "none"),
        server=asked.server,
        rates=asked.rates,
        members=asked.members,
    )


def _rates(given: str) -> tuple[float, ...]:
    """Ascending: a system is not asked for more before it was asked for less."""
    rates = tuple(sorted({float(each) for each in given.split(",") if each}))
    if any(not 0 < rate < 1e6 for rate in rates):
        raise argparse.ArgumentTypeError("rates are messages a second, from above 0 to below 1,000,000")
    return rates


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
