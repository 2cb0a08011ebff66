"""TCP echo: CPU per request, many connections, one message in flight on each."""

from method import peers, programs, rounds

CASES = ((50, 64), (1000, 64), (1000, 1024))


def add_options(parser):
    parser.add_argument("--case", action="append", metavar="CONNECTIONSxBYTES",
                        help="such as 1000x64; several times (default 50x64 1000x64 1000x1024)")


def cases_of(options):
    if not getattr(options, "case", None):
        return CASES
    return [tuple(int(part) for part in text.split("x")) for text in options.case]


def measure_case(options, connections, size):
    def measure(_, template):
        with programs.Server(template, options) as server:
            arguments = [server.address, "--connections", connections, "--size", size,
                         "--seconds", options.seconds]
            result = programs.run_load(options, "echo", arguments, server)
        return rounds.add_cost(result, result["requests"])

    return rounds.interleave(options, peers.chosen(options, peers.ECHO), measure)


def show(options, connections, size, results):
    reference = peers.reference_of(options, results, "raw_uring")
    rows = []
    for name, own in results.items():
        rows.append([
            name, f"{rounds.median(own, 'busy_us'):.2f}", f"{rounds.median(own, 'process_us'):.2f}",
            f"{rounds.least(own, 'process_us'):.2f}",
            f"{rounds.ratio(results[reference], own, 'busy_us'):.2f}",
            f"{rounds.median(own, 'per_second'):,.0f}",
            f"{rounds.median(own, 'latency_us.p50'):.0f}",
            f"{rounds.median(own, 'latency_us.p99'):.0f}",
        ])
    rounds.print_table(
        f"echo, {connections} connections, {size} B (efficiency: {reference} = 1.00)",
        ["", "us/request", "own us", "least own us", "efficiency", "requests/s", "p50 us", "p99 us"],
        rows)
    rounds.warn_if_disturbed(results)


def run(options):
    content = {}
    for connections, size in cases_of(options):
        results = measure_case(options, connections, size)
        show(options, connections, size, results)
        content[f"{connections}x{size}"] = results
    return content
