"""Idle connections: the server's user memory for each, and its fixed pool.

The pool is what the process has (all anonymous memory: heap, stacks, buffers) after one connection
exchanged enough bytes to touch every buffer of a ring (24 MiB in 20,000 messages). What N connections add to that, after one
echo on each, divided by N, is a connection's."""

import subprocess

from method import peers, programs, rounds

POOL_TOUCHES = 20000
POOL_TOUCH_BYTES = 1200


def add_options(parser):
    parser.add_argument("--connections", type=int, default=9000, help="default 9000")


def hold_connections(options, server, connections):
    """Opens them, returns the memory while they are held."""
    words = programs.command_of("{build}/benchmarks/loads/idle_load", options.build)
    words += [server.address, "--connections", str(connections)]
    load = programs.start(words, options.load_core, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        if not load.stdout.readline():
            raise RuntimeError("idle_load: not every connection got its echo")
        return server.memory()
    finally:
        load.stdin.close()
        load.wait()


def run(options):
    connections = getattr(options, "connections", 9000)

    def measure(_, template):
        with programs.Server(template, options) as server:
            programs.run_load(options, "round_trip", [server.address, "--count", POOL_TOUCHES,
                                                  "--size", POOL_TOUCH_BYTES])
            before = server.memory()
            after = hold_connections(options, server, connections)
        return {
            "pool_bytes": before["anonymous"],
            "each_bytes": (after["anonymous"] - before["anonymous"]) / connections,
            "each_resident_bytes": (after["rss"] - before["rss"]) / connections,
        }

    results = rounds.interleave(options, peers.chosen(options, peers.ECHO), measure)
    rows = [[name, f"{rounds.median(own, 'each_bytes'):.0f}",
             f"{rounds.median(own, 'each_resident_bytes'):.0f}",
             f"{rounds.median(own, 'pool_bytes') / 2**20:.2f}"] for name, own in results.items()]
    rounds.print_table(f"{connections} idle connections, one echo on each",
                       ["", "anonymous B each", "resident B each", "fixed MiB"], rows)
    return results
