"""`bin/bench SCENE [--quick] [--json] [--runs N]`."""

import argparse
import signal
import sys
from contextlib import ExitStack

from benchmarks import append, fanout, report
from benchmarks.machine import Machine
from deploy.services import ServiceError

SCENES = {"append": append.measure, "fanout": fanout.measure_room, "parties": fanout.measure_parties}


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
    options = parser.parse_args(arguments)
    if options.runs is not None and options.runs < 1:
        parser.error("--runs must be at least 1")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with ExitStack() as stack:
            machine = Machine(stack)
            rows, pairs = SCENES[options.scene](
                machine, options.quick, options.runs or (1 if options.quick else 3)
            )
            versions = machine.versions()
    except ServiceError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print(
        report.as_json(options.scene, rows, pairs, versions)
        if options.json
        else report.table(rows, pairs, versions)
    )
    if untrue := report.untrue(rows):
        print(untrue, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
