"""Accept-and-close churn: CPU per connection, with and without one exchange on each."""

from method import peers, programs, rounds


def add_options(parser):
    parser.add_argument("--exchange", type=int, action="append", metavar="BYTES",
                        help="echoed on each connection before it ends (default 0 and 64)")


def measure_exchange(options, exchange):
    def measure(_, template):
        with programs.Server(template, options) as server:
            arguments = [server.address, "--exchange", exchange, "--seconds", options.seconds]
            result = programs.run_load(options, "churn", arguments, server)
        return rounds.add_cost(result, result["connections"])

    return rounds.interleave(options, peers.chosen(options, peers.CHURN), measure)


def show(options, exchange, results):
    reference = peers.reference_of(options, results, "raw_epoll")
    rows = []
    for name, own in results.items():
        rows.append([
            name, f"{rounds.median(own, 'busy_us'):.2f}", f"{rounds.median(own, 'process_us'):.2f}",
            f"{rounds.least(own, 'process_us'):.2f}",
            f"{rounds.ratio(results[reference], own, 'busy_us'):.2f}",
            f"{rounds.median(own, 'per_second'):,.0f}",
        ])
    what = f"{exchange} B echoed on each" if exchange else "nothing sent"
    rounds.print_table(f"churn, {what} (efficiency: {reference} = 1.00)",
                       ["", "us/connection", "own us", "least own us", "efficiency",
                        "connections/s"], rows)
    rounds.warn_if_disturbed(results)


def run(options):
    content = {}
    for exchange in getattr(options, "exchange", None) or (0, 64):
        results = measure_exchange(options, exchange)
        show(options, exchange, results)
        content[str(exchange)] = results
    return content
