"""`bin/bench SCENE [--peer NAME,…] [--server NAME] [--quick] [--json] [--save]`."""

import argparse
import signal
import sys
from contextlib import ExitStack

from benchmarks import append, arrivals, fanout, idle, report, servers
from benchmarks.machine import Machine
from benchmarks.options import Options
from benchmarks.peers import PEERS, peers_versions
from deploy.services import ServiceError

SCENES = {
    "append": append.measure,
    "fanout": fanout.measure_room,
    "parties": fanout.measure_parties,
    "idle": idle.measure,
    "join": arrivals.measure_join,
    "reconnect": arrivals.measure_reconnect,
}


def main(arguments: list[str]) -> int:
    """0; 1 with one sentence when something is in the way or a result is not true."""
    parser = argparse.ArgumentParser(
        prog="bin/bench", description="Measure one scene, interleaved and repeated."
    )
    parser.add_argument("scene", choices=SCENES)
    parser.add_argument(
        "--quick", action="store_true", help="a small version, under a minute; its figures mean little"
    )
    parser.add_argument(
        "--json", action="store_true", help="one object per line, the last one with the ratios"
    )
    parser.add_argument("--runs", type=int, metavar="N", help="passes (default 3; 1 with --quick)")
    parser.add_argument(
        "--peer", metavar="NAME,…", default="tutorial", help=f"measured next to ours: {', '.join(PEERS)}"
    )
    parser.add_argument(
        "--server", choices=servers.OURS, help="what serves ours (default: serve where manage.py has it)"
    )
    parser.add_argument("--seconds", type=float, metavar="S", help="that each load is measured (default 6)")
    parser.add_argument(
        "--save", action="store_true", help="keep the result in benchmarks/results/<date>-<scene>.json too"
    )
    asked = parser.parse_args(arguments)
    if asked.runs is not None and asked.runs < 1:
        parser.error("--runs must be at least 1")
    # The tutorial's chat first: the others are measured at its pace too.
    peers = sorted(dict.fromkeys(asked.peer.split(",")), key=lambda name: name != "tutorial")
    if unknown := [name for name in peers if name not in PEERS]:
        parser.error(f"--peer: {unknown[0]!r} is none of {', '.join(PEERS)}")
    options = Options(
        asked.quick,
        asked.runs or (1 if asked.quick else 3),
        asked.seconds or (1.5 if asked.quick else 6.0),
        tuple(peers),
        asked.server or servers.default(),
    )
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
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
        print(f"Saved in {report.save(asked.scene, arguments, rows, pairs, versions)}", file=sys.stderr)
    if untrue := report.untrue(rows):
        print(untrue, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
