"""Round trip of one connection: sleeping ends, and ends that spin (peers named *_spin)."""

from method import peers, programs, rounds


def add_options(parser):
    parser.add_argument("--size", type=int, default=64, help="bytes (default 64)")


def run(options):
    def measure(name, template):
        with programs.Server(template, options) as server:
            arguments = [server.address, "--seconds", options.seconds,
                         "--size", getattr(options, "size", 64)]
            if name.endswith("_spin"):
                arguments.append("--spin")
            return programs.run_load(options, "round_trip", arguments, server)

    results = rounds.interleave(options, peers.chosen(options, peers.ROUND_TRIP), measure)
    reference = peers.reference_of(options, results, "raw_epoll")
    rows = []
    for name, own in results.items():
        rows.append([name, f"{rounds.median(own, 'latency_us.p50'):.2f}",
                     f"{rounds.median(own, 'latency_us.p99'):.2f}",
                     f"{rounds.ratio(own, results[reference], 'latency_us.p50'):.2f}"])
    rounds.print_table(f"round trip of one connection (ratio: {reference} = 1.00)",
                       ["", "p50 us", "p99 us", "ratio"], rows)
    return results
