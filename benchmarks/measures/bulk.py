"""Bulk TCP, one core a side: bytes a second, and CPU per gigabyte of the measured side."""

from method import peers, programs, rounds

FAR_END = {"send": "drain", "receive": "feed"}


def add_options(parser):
    parser.add_argument("--way", action="append", choices=sorted(FAR_END), help="default both")


def measure_way(options, way):
    life = options.seconds + 30

    def measure(_, template):
        template = template.replace("{way}", way).replace("{life}", str(life))
        with programs.Server(template, options) as server:
            arguments = [FAR_END[way], server.address, "--seconds", options.seconds]
            result = programs.run_load(options, "bulk", arguments, server)
        rounds.add_cost(result, result["bytes"])
        result["gigabytes_per_second"] = result["bytes"] / result["seconds"] / 1e9
        result["busy_ms_per_gigabyte"] = result["busy_seconds"] / result["bytes"] * 1e12
        return result

    return rounds.interleave(options, peers.chosen(options, peers.BULK), measure)


def run(options):
    content = {}
    for way in getattr(options, "way", None) or FAR_END:
        results = measure_way(options, way)
        reference = peers.reference_of(options, results, "bulk_loop")
        rows = [[name, f"{rounds.median(own, 'gigabytes_per_second'):.2f}",
                 f"{rounds.ratio(own, results[reference], 'gigabytes_per_second'):.2f}",
                 f"{rounds.median(own, 'busy_ms_per_gigabyte'):.0f}"]
                for name, own in results.items()]
        rounds.print_table(f"bulk {way} (ratio: {reference} = 1.00)",
                           ["", "GB/s", "ratio", "busy ms/GB"], rows)
        rounds.warn_if_disturbed(results)
        content[way] = results
    return content
