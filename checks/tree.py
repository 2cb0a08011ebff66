"""What the checks share: the files of the tree, their includes, and how a check reports."""

import argparse
import pathlib
import re
import subprocess
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def pattern(glob):
    """`**` is any number of folders, `*` any part of one name; without a slash, any folder's file."""
    parts = (re.escape(part).replace(r"\*", "[^/]*") for part in glob.split("**"))
    anywhere = "(.*/)?" if "/" not in glob else ""
    return re.compile(anywhere + ".*".join(parts) + "$")


class Tree:
    """The project's files, with paths relative to its root."""

    def __init__(self, root):
        self.root = pathlib.Path(root).resolve()

    def files(self, *patterns):
        """Paths of the files that git tracks or would add, sorted; all, or those that match."""
        rules = [pattern(glob) for glob in patterns]
        listed = subprocess.run(
            ["git", "-C", self.root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            check=True, capture_output=True, text=True,
        ).stdout.split("\0")
        paths = sorted({pathlib.PurePosixPath(name) for name in listed if name})
        return [
            path for path in paths
            if (self.root / path).is_file()
            and (not rules or any(rule.match(str(path)) for rule in rules))
        ]

    def text(self, path):
        return (self.root / path).read_text(encoding="utf-8", errors="replace")

    def includes(self, path):
        """(line, form, name) of each include; the form is `<` or `"`."""
        for number, line in enumerate(self.text(path).splitlines(), 1):
            found = INCLUDE.match(line)
            if found:
                yield number, found[1], found[2]


def main(doc, check):
    """Runs check(tree, arguments), prints each problem it yields, and exits 1 if there was one."""
    parser = argparse.ArgumentParser(description=doc)
    parser.add_argument("--root", default=pathlib.Path(__file__).parent.parent)
    parser.add_argument("arguments", nargs="*")
    options = parser.parse_args()
    problems = list(check(Tree(options.root), options.arguments))
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)
