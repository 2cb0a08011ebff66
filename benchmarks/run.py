#!/usr/bin/env python3
"""Benchmarks against real peers, side by side in one run. README.md tells the method."""

import argparse
import os
import sys

from measures import bulk, churn, echo, idle, publish, roundtrip, verify
from method import machine, programs, rounds

MEASURES = {"echo": echo, "churn": churn, "roundtrip": roundtrip, "idle": idle, "bulk": bulk,
            "publish": publish, "verify": verify}


def build_parser():
    parser = argparse.ArgumentParser(description=__doc__)
    subparsers = parser.add_subparsers(dest="name", required=True, metavar="MEASURE")
    for name, module in MEASURES.items():
        summary = module.__doc__.strip().split("\n")[0]
        own = subparsers.add_parser(name, help=summary, description=module.__doc__)
        own.add_argument("--rounds", type=int, default=5, help="interleaved (default 5)")
        own.add_argument("--seconds", type=float, default=3, help="of each run (default 3)")
        own.add_argument("--only", action="append", default=[], metavar="NAME",
                         help="measure only this one; several times")
        own.add_argument("--peer", action="append", default=[], metavar="NAME=COMMAND",
                         help="one more: {address} in COMMAND is HOST:PORT, else it goes behind")
        own.add_argument("--reference", metavar="NAME", help="whose ratio is 1.00")
        own.add_argument("--build", default=os.path.join(programs.ROOT, "build", "release"))
        own.add_argument("--server-core", type=int, default=0)
        own.add_argument("--load-core", type=int, default=1)
        own.add_argument("--realtime", action="store_true",
                         help="SCHED_FIFO for both ends, on a machine that does other work (root)")
        own.add_argument("--no-save", action="store_true", help="keep no result file")
        module.add_options(own)
    return parser


def main():
    options = build_parser().parse_args()
    options.build = os.path.abspath(options.build)
    options.failed = False
    sys.stdout.reconfigure(line_buffering=True)
    os.sched_setaffinity(0, {options.load_core})
    machine.print_machine(machine.describe())
    try:
        content = MEASURES[options.name].run(options)
    except (RuntimeError, programs.Missing) as error:
        raise SystemExit(f"{options.name}: {error}") from error
    rounds.save(options, options.name, content)
    return 1 if options.failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
