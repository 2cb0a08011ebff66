#!/usr/bin/env python3
"""Every header compiles alone: nobody has to know what to include before it.

A header that its own source includes first is proved by the build. Of the others, one that passed
is not compiled again until it, or something of ours that it includes, changes.
"""

import concurrent.futures
import hashlib
import os
import subprocess

import tree as house

COMPILER = ["clang++-19", "-std=c++23", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-x", "c++"]


def fingerprint(tree, path):
    """Changes whenever the header or a file of ours below it does."""
    seen, open_files = set(), [str(path)]
    while open_files:
        name = open_files.pop()
        if name not in seen and (tree.root / name).is_file():
            seen.add(name)
            open_files += [inner for _, _, inner in tree.includes(name)]
    digest = hashlib.sha256(" ".join(COMPILER).encode())
    for name in sorted(seen):
        digest.update(name.encode() + b"\0" + (tree.root / name).read_bytes())
    return digest.hexdigest()


def proved_by_its_source(tree, path):
    source = path.with_suffix(".cpp")
    if not (tree.root / source).is_file():
        return False
    _, _, first = next(tree.includes(source), (0, "", ""))
    return first == str(path)


def compile_alone(tree, path, stamps):
    stamp = stamps / fingerprint(tree, path)
    if stamp.exists():
        return None
    run = subprocess.run(
        [*COMPILER, "-I", tree.root, "-"], input=f'#include "{path}"\n',
        capture_output=True, text=True,
    )
    if run.returncode != 0:
        return f"{path}: does not compile alone\n{run.stderr}"
    stamp.touch()
    return None


def check(tree, _):
    stamps = tree.root / "build" / "header-stamps"
    stamps.mkdir(parents=True, exist_ok=True)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        paths = [
            path for path in tree.files("*.hpp")
            if path.parts[0] != "benchmarks" and not proved_by_its_source(tree, path)
        ]
        for problem in pool.map(lambda path: compile_alone(tree, path, stamps), paths):
            if problem:
                yield problem


if __name__ == "__main__":
    house.main(__doc__, check)
