"""Durable publishing over HTTP against a bare SQLite loop, and live readers.

The loop writes the hub's own tables and indexes (read from the database that the hub has made),
the same rows, in batches of the size that the hub had in the same round: events by commits, from
its /metrics. It runs with and without SQLite's automatic checkpoint; the faster one counts."""

import json
import os
import re
import shutil
import sqlite3
import subprocess
import tempfile
import urllib.request

from method import peers, programs, rounds

ROWS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "store_rows.txt")
LIVE_READERS = 1000
LIVE_RATE = 1000


def add_options(parser):
    parser.add_argument("--hub", default=peers.HUB, help=f"command (default {peers.HUB})")
    parser.add_argument("--hub-cores", choices=("one", "all"), default="all",
                        help="all: the hub's threads may run anywhere (default)")
    parser.add_argument("--size", type=int, default=64, help="bytes of a payload (default 64)")
    parser.add_argument("--events-metric", default=r"events(_stored)?_total",
                        help="expression for the counter of stored events in /metrics")
    parser.add_argument("--commits-metric", default=r"(commits|batches)(_total)?",
                        help="expression for the counter of commits in /metrics")
    parser.add_argument("--database", default="log.db", help="the database in the data folder")
    parser.add_argument("--publishers", type=int, default=1,
                        help="connections of the live readers' publisher (default 1)")


def read_metric(address, expression):
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=5) as answer:
        text = answer.read().decode()
    found = re.findall(rf"^(\w*{expression})(?:{{.*?}})? (\S+)$", text, re.MULTILINE)
    if not found:
        raise RuntimeError(f"/metrics has no counter like {expression}")
    return sum(float(match[-1]) for match in found)


class Hub(programs.Server):
    """A hub on a data folder of its own, gone afterwards, on the disk that the loop uses too."""

    def __init__(self, options):
        self.folder = tempfile.mkdtemp(prefix="bench-", dir=options.build)
        data = os.path.join(self.folder, "data")
        core = options.server_core if options.hub_cores == "one" else None
        super().__init__(options.hub.replace("{data}", data), options, core)
        self.data = data

    def __exit__(self, *_):
        super().__exit__()
        shutil.rmtree(self.folder)


def copy_schema(path, to):
    """The tables and indexes of a database as one SQL script."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        page_size = database.execute("PRAGMA page_size").fetchone()[0]
        found = database.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"
                                 " ORDER BY type = 'table' DESC, rowid").fetchall()
    with open(to, "w", encoding="utf-8") as file:
        file.write(f"PRAGMA page_size={page_size};\nPRAGMA cache_size=-16384;\n")
        file.write("".join(f"{sql};\n" for (sql,) in found))


def run_bare(options, folder, schema, batch, checkpoint):
    """One run of the bare loop, on the server's core unless the hub had all."""
    database = os.path.join(folder, f"bare-{batch}-{checkpoint}.db")
    script = os.path.join(folder, f"schema-{checkpoint}.sql")
    pages = {"automatic": 1000, "none": 0}[checkpoint]
    with open(schema, encoding="utf-8") as source, open(script, "w", encoding="utf-8") as file:
        file.write(source.read() + f"PRAGMA wal_autocheckpoint={pages};\n")
    words = programs.command_of("{build}/benchmarks/peers/sqlite_loop", options.build)
    words += ["--database", database, "--schema", script, "--rows", ROWS, "--batch", str(batch),
              "--size", str(options.size), "--seconds", str(options.seconds)]
    core = options.server_core if options.hub_cores == "one" else None
    process = programs.start(words, core, stdout=subprocess.PIPE, text=True)
    output, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"sqlite_loop: exit status {process.returncode}")
    result = json.loads(output)
    result["checkpoint"] = checkpoint
    result["per_second"] = result["rows"] / result["seconds"]
    for suffix in ("", "-wal", "-shm"):
        if os.path.exists(database + suffix):
            os.remove(database + suffix)
    return result


def publish_with(options, hub, clients):
    before = [read_metric(hub.address, e) for e in (options.events_metric, options.commits_metric)]
    arguments = [hub.address, "--clients", clients, "--size", options.size,
                 "--seconds", options.seconds]
    result = programs.run_load(options, "publish", arguments, hub)
    after = [read_metric(hub.address, e) for e in (options.events_metric, options.commits_metric)]
    events, commits = after[0] - before[0], after[1] - before[1]
    result["batch"] = events / max(commits, 1)
    result["per_second"] = result["published"] / result["seconds"]
    return result


def measure_round(options):
    """Many clients and one, each beside a bare loop with the same batch."""
    round_result = {}
    with Hub(options) as hub:
        for name, clients in (("many", 64), ("lone", 1)):
            published = publish_with(options, hub, clients)
            schema = os.path.join(hub.folder, "schema.sql")
            copy_schema(os.path.join(hub.data, options.database), schema)
            batch = max(1, round(published["batch"]))
            bare = [run_bare(options, hub.folder, schema, batch, kind)
                    for kind in ("automatic", "none")]
            best = max(bare, key=lambda result: result["per_second"])
            round_result[name] = published
            round_result[f"bare_{name}"] = best
            round_result[f"bare_{name}_runs"] = bare
    return round_result


def measure_live(options):
    with Hub(options) as hub:
        arguments = [hub.address, "--readers", LIVE_READERS, "--rate", LIVE_RATE,
                     "--publishers", options.publishers, "--seconds", options.seconds]
        return programs.run_load(options, "sse_readers", arguments, hub)


def show(options, results):
    share = rounds.statistics.median(
        r["many"]["per_second"] / r["bare_many"]["per_second"] for r in results)
    lone = rounds.statistics.median(
        r["lone"]["latency_us"]["p50"] / r["bare_lone"]["commit_us"]["p50"] for r in results)
    rows = [
        ["hub, 64 clients", f"{rounds.median(results, 'many.per_second'):,.0f}",
         f"{rounds.median(results, 'many.batch'):.1f}", f"{share:.2f}",
         f"{rounds.median(results, 'many.latency_us.p50'):.0f}"],
        ["bare SQLite loop", f"{rounds.median(results, 'bare_many.per_second'):,.0f}",
         f"{rounds.median(results, 'bare_many.batch'):.0f}", "1.00",
         f"{rounds.median(results, 'bare_many.commit_us.p50'):.0f}"],
        ["hub, 1 client", f"{rounds.median(results, 'lone.per_second'):,.0f}",
         f"{rounds.median(results, 'lone.batch'):.1f}", f"{lone:.2f} x the time",
         f"{rounds.median(results, 'lone.latency_us.p50'):.0f}"],
        ["bare commit of one row", f"{rounds.median(results, 'bare_lone.per_second'):,.0f}",
         f"{rounds.median(results, 'bare_lone.batch'):.0f}", "1.00",
         f"{rounds.median(results, 'bare_lone.commit_us.p50'):.0f}"],
    ]
    rounds.print_table(f"durable publishing, {options.size} B",
                       ["", "events/s", "batch", "ratio", "p50 us"], rows)
    return {"share": share, "lone": lone}


def show_live(results):
    rows = [["", f"{r['deliveries'] / r['seconds']:,.0f}", "yes" if r["complete"] else "NO",
             f"{r['fewest_received']:,} of {r['published']:,}", f"{r['latency_us']['p50']:.0f}",
             f"{r['latency_us']['p99']:.0f}", f"{r['answer_us']['p99']:.0f}"] for r in results]
    rounds.print_table(
        f"{LIVE_READERS} live readers at {LIVE_RATE} events/s, in order",
        ["", "deliveries/s", "complete", "slowest reader", "p50 us", "p99 us", "answer p99 us"],
        rows)


def run(options):
    results = [measure_round(options) for _ in range(options.rounds)]
    ratios = show(options, results)
    live = [measure_live(options) for _ in range(options.rounds)]
    show_live(live)
    return {"publishing": results, "ratios": ratios, "live": live}
