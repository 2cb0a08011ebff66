"""Interleaved rounds, medians, tables, and results kept as JSON."""

import datetime
import json
import os
import statistics
import sys

from method import machine, programs

DISTURBED_SHARE = 0.05


def interleave(options, entries, measure):
    """Runs `measure(name, template)` for every entry, A B C A B C ...; returns the results by
    name, one a round. What is not built is left out with a word, but not what was asked for."""
    results = {name: [] for name in entries}
    missing = set()
    for number in range(options.rounds):
        for name, template in entries.items():
            if name in missing:
                continue
            progress(f"round {number + 1} of {options.rounds}: {name}")
            try:
                results[name].append(measure(name, template))
            except programs.Missing as reason:
                if name in options.only:
                    raise
                progress(f"{name} left out: {reason}", end="\n")
                missing.add(name)
                del results[name]
    progress("")
    return results


def progress(text, end=""):
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end=end, file=sys.stderr, flush=True)
    elif end:
        print(text, file=sys.stderr)


def add_cost(result, count):
    """CPU per operation in microseconds: the core's busy time, and the server's own."""
    count = max(count, 1)
    result["per_second"] = count / result["seconds"]
    result["busy_us"] = result["busy_seconds"] / count * 1e6
    result["process_us"] = result["process_seconds"] / count * 1e6
    other = result["busy_seconds"] - result["process_seconds"]
    result["other_share"] = max(0.0, other / result["seconds"])
    return result


def pick(result, key):
    for part in key.split("."):
        result = result[part]
    return result


def median(results, key):
    return statistics.median(pick(result, key) for result in results)


def least(results, key):
    """The best round: on a disturbed machine nearer to the truth than the median."""
    return min(pick(result, key) for result in results)


def ratio(numerators, denominators, key):
    """The median of the rounds' ratios: what drifts between rounds falls out."""
    pairs = zip(numerators, denominators)
    return statistics.median(pick(a, key) / max(pick(b, key), 1e-9) for a, b in pairs)


def print_table(title, columns, rows):
    """`columns` are headings, `rows` lists of words of the same length."""
    table = [columns] + [[str(word) for word in row] for row in rows]
    widths = [max(len(row[i]) for row in table) for i in range(len(columns))]
    print(f"\n{title}")
    for row in table:
        cells = [row[0].ljust(widths[0])]
        cells += [word.rjust(width) for word, width in zip(row[1:], widths[1:])]
        print("  " + "  ".join(cells).rstrip())


def warn_if_disturbed(results):
    for name, rounds in results.items():
        share = max((result.get("other_share", 0) for result in rounds), default=0)
        if share > DISTURBED_SHARE:
            print(f"  disturbed: {share:.0%} of the server's core went elsewhere beside {name}")


def save(options, name, content):
    if options.no_save:
        return
    folder = os.path.join(programs.ROOT, "benchmarks", "results")
    os.makedirs(folder, exist_ok=True)
    date = datetime.date.today().isoformat()
    path = os.path.join(folder, f"{date}-{name}.json")
    kept = {"name": name, "machine": machine.describe(), "seconds": options.seconds,
            "rounds": options.rounds, "results": content}
    with open(path, "w", encoding="utf-8") as file:
        json.dump(kept, file, indent=1)
        file.write("\n")
    print(f"\nkept: {os.path.relpath(path)}")
