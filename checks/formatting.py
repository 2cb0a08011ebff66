#!/usr/bin/env python3
"""Every C++ file is as clang-format 19 would write it."""

import subprocess

import tree as house


def check(tree, _):
    files = tree.files("*.hpp", "*.cpp")
    if not files:
        return
    run = subprocess.run(
        ["clang-format-19", "--dry-run", "-Werror", "--style=file", *files],
        cwd=tree.root, capture_output=True, text=True,
    )
    wrong = sorted({line.split(":")[0] for line in run.stderr.splitlines() if ": error: " in line})
    for path in wrong:
        yield f"{path}: run clang-format-19 -i {path}"
    if run.returncode != 0 and not wrong:
        yield run.stderr.strip()


if __name__ == "__main__":
    house.main(__doc__, check)
