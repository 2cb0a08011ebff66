#!/usr/bin/env python3
"""The pages tell the truth: their C++ compiles, is what the examples hold, and their links lead
somewhere.

A block behind `<!-- program: FILE -->` is that file, but for white space and its first comment.
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"(?:<!-- program: (?P<file>\S+) -->\n)?```cpp\n(?P<code>.*?)```", re.DOTALL)
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")
ECHO_SERVER_LINES = 5


def tokens(code):
    code = re.sub(r"\A(\s*//[^\n]*\n)+", "", code)
    return re.sub(r"\s+", "", code)


def compile_problem(code):
    run = subprocess.run(
        ["clang++-19", "-std=c++23", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-x", "c++",
         "-I", ROOT, "-"],
        input=code, capture_output=True, text=True,
    )
    return None if run.returncode == 0 else "does not compile\n" + run.stderr


def block_problem(file, code):
    if file:
        if not (ROOT / file).exists():
            return f"there is no {file}"
        if tokens((ROOT / file).read_text()) != tokens(code):
            return f"is not what {file} holds"
    return compile_problem(code)


def echo_server_problem():
    """The claim of the first screen: an echo server in five lines, besides what it includes."""
    block = BLOCK.search((ROOT / "README.md").read_text())
    lines = [
        line for line in block["code"].splitlines()
        if line.strip() and not line.startswith(("#include", "using namespace"))
    ]
    count = len(lines)
    return None if count <= ECHO_SERVER_LINES else f"it has {count} lines"


def pages():
    listed = subprocess.run(
        ["git", "-C", ROOT, "ls-files", "-co", "--exclude-standard", "*.md"],
        check=True, capture_output=True, text=True,
    ).stdout.split()
    return [ROOT / name for name in listed if (ROOT / name).exists()]


def answers():
    for page in pages():
        name, text = page.relative_to(ROOT), page.read_text()
        for number, block in enumerate(BLOCK.finditer(text), 1):
            yield f"{name}, program {number}", block_problem(block["file"], block["code"])
        lost = [link for link in LINK.findall(BLOCK.sub("", text)) if not (page.parent / link).exists()]
        yield f"{name}, links", f"lead nowhere: {', '.join(lost)}" if lost else None
    yield "the README's echo server is five lines", echo_server_problem()


def main():
    failed = False
    for name, problem in answers():
        print(f"not ok {name}: {problem}" if problem else f"ok {name}")
        failed = failed or problem is not None
    sys.exit(failed)


if __name__ == "__main__":
    main()
