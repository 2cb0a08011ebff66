"""The bounds of the project, each with what was measured: `held` or `BROKEN`."""

import argparse

from measures import bulk, churn, echo, idle, publish, roundtrip
from method import programs, rounds

MEASURES = {"echo": echo, "churn": churn, "roundtrip": roundtrip, "idle": idle, "bulk": bulk,
            "publish": publish}


def add_options(parser):
    parser.add_argument("measure", nargs="*", metavar="MEASURE",
                        help=f"some of: {' '.join(MEASURES)} (default all)")
    publish.add_options(parser)


def at_most(what, value, bound, unit=""):
    return [what, f"<= {bound}{unit}", f"{value:.2f}{unit}", "held" if value <= bound else "BROKEN"]


def at_least(what, value, bound, unit=""):
    return [what, f">= {bound}{unit}", f"{value:.2f}{unit}", "held" if value >= bound else "BROKEN"]


def echo_bounds(content):
    for case, results in content.items():
        if not case.endswith("x64"):
            continue
        cost = lambda a, b, results=results: rounds.ratio(results[a], results[b], "busy_us")
        yield at_most(f"echo {case}: CPU of raw_uring", cost("sockeye", "raw_uring"), 1.04, "x")
        yield at_most(f"echo {case}: epoll engine, CPU of raw_epoll",
                      cost("sockeye_epoll", "raw_epoll"), 1.05, "x")
        if case.startswith("1000x"):
            yield at_least(f"echo {case}: better than Asio coroutines",
                           cost("asio_coroutines", "sockeye"), 1.05, "x")


def churn_bounds(content):
    results = content["0"]
    yield at_least("churn: connections by CPU, of raw_epoll",
                   rounds.ratio(results["raw_epoll"], results["sockeye"], "busy_us"), 1.0, "x")


def roundtrip_bounds(results):
    yield at_most("round trip, both ends spinning",
                  rounds.median(results["sockeye_spin"], "latency_us.p50"), 10, " us")


def idle_bounds(results):
    own = results["sockeye"]
    yield at_most("idle connection", rounds.median(own, "each_bytes"), 512, " B")
    yield at_most("fixed pool", rounds.median(own, "pool_bytes") / 2**20, 8, " MiB")


def bulk_bounds(content):
    for way, results in content.items():
        share = rounds.ratio(results["sockeye"], results["bulk_loop"], "gigabytes_per_second")
        yield at_least(f"bulk {way}, of a plain loop", share, 0.95, "x")


def publish_bounds(content):
    yield at_least("publishing, 64 clients, of bare SQLite", content["ratios"]["share"], 0.5, "x")
    yield at_most("lone publisher, of a bare commit", content["ratios"]["lone"], 1.3, "x")
    complete = sum(1 for result in content["live"] if result["complete"])
    yield at_least("live readers: complete rounds", complete / len(content["live"]), 1.0)


BOUNDS = {"echo": echo_bounds, "churn": churn_bounds, "roundtrip": roundtrip_bounds,
          "idle": idle_bounds, "bulk": bulk_bounds, "publish": publish_bounds}


def measure_and_judge(name, options, content):
    """The rows of one measure. What could not be measured does not hold."""
    try:
        content[name] = MEASURES[name].run(argparse.Namespace(**vars(options)))
        return list(BOUNDS[name](content[name]))
    except KeyError as missing:
        return [[name, "", f"{missing.args[0]} was not measured", "BROKEN"]]
    except (RuntimeError, programs.Missing) as reason:
        return [[name, "", str(reason), "BROKEN"]]


def run(options):
    content, rows = {}, []
    for name in options.measure or MEASURES:
        if name not in MEASURES:
            raise SystemExit(f"verify: no measure is called {name}")
        rows += measure_and_judge(name, options, content)
    rounds.print_table("What must hold", ["bound", "wanted", "measured", ""], rows)
    options.failed = any(row[-1] == "BROKEN" for row in rows)
    return content
