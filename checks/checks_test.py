#!/usr/bin/env python3
"""Each check is shown a tree with one fault, which it must find, and a sound tree, which it must pass."""

import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

CHECKS = pathlib.Path(__file__).resolve().parent
LONG = "int long_one() {\n" + "    f();\n" * 70 + "}\n"
HEADER = "#pragma once\n"

# What it is about, the check, the files of the tree, and what the check must say ("" for nothing).
CASES = [
    ("a sound tree", "layers",
     {"sockeye/net/a.hpp": '#include "sockeye/core/b.hpp"\n#include <string>\n',
      "sockeye/core/b.hpp": "#include <sys/socket.h>\n"}, ""),
    ("an include upward", "layers",
     {"sockeye/core/a.hpp": '#include "sockeye/net/b.hpp"\n', "sockeye/net/b.hpp": ""},
     "core may not include net"),
    ("a machine that knows the network", "layers",
     {"sockeye/protocols/dns/dns.hpp": '#include "sockeye/net/b.hpp"\n', "sockeye/net/b.hpp": ""},
     "machines may not include net"),
    ("a client that uses the network", "layers",
     {"sockeye/protocols/dns/client.hpp": '#include "sockeye/net/b.hpp"\n', "sockeye/net/b.hpp": ""},
     ""),
    ("the library including the hub", "layers",
     {"sockeye/net/a.cpp": '#include "hub/b.hpp"\n', "hub/b.hpp": ""}, "net may not include hub"),
    ("a library where it does not belong", "layers",
     {"sockeye/net/a.cpp": "#include <liburing.h>\n"}, "net may not include <liburing.h>"),
    ("a library that nobody named", "layers",
     {"hub/a.cpp": "#include <boost/asio.hpp>\n"}, "is of no library"),
    ("a folder without a layer", "layers", {"things/a.cpp": ""}, "belongs to no layer"),
    ("a heavy public header", "layers",
     {"sockeye/sockeye.hpp": '#include "sockeye/core/a.hpp"\n',
      "sockeye/core/a.hpp": "#include <regex>\n"}, "brings in <regex>"),

    ("sound formatting", "formatting", {"hub/a.cpp": "int a() {\n    return 1;\n}\n"}, ""),
    ("bad formatting", "formatting", {"hub/a.cpp": "int a( ){return 1;}\n"}, "clang-format-19 -i"),

    ("a header that stands alone", "headers",
     {"hub/a.hpp": HEADER + "#include <string>\nstd::string a();\n"}, ""),
    ("a header that needs another", "headers",
     {"hub/a.hpp": HEADER + "std::string a();\n"}, "does not compile alone"),

    ("a header that its source does not include first", "headers",
     {"hub/a.hpp": HEADER + "std::string a();\n",
      "hub/a.cpp": '#include <string>\n\n#include "hub/a.hpp"\n'}, "does not compile alone"),

    ("a tidy tree", "tidy",
     {"sockeye/core/a.hpp": HEADER + "bool a(int b);\n", "sockeye/core/a.cpp":
      '#include "sockeye/core/a.hpp"\n' + "namespace x {\nint short_one() {\n" + "    f();\n" * 60
      + "}\n}\n" + "int next() {\n" + "    f();\n" * 60 + "}\n"}, ""),
    ("a long function", "tidy", {"hub/a.cpp": LONG}, "long_one has 72 lines"),
    ("a long member function", "tidy",
     {"hub/a.cpp": "namespace a {\nclass b : c {\n" + LONG + "};\n}\n"}, "long_one has 72 lines"),
    ("a function that became short", "tidy",
     {"hub/a.cpp": "", "+checks/tidy.toml": ('[functions.longer]', '[functions.longer]\n"hub/a.cpp:f" = 80')},
     "short enough now"),
    ("a name that says nothing", "tidy", {"hub/utils.cpp": ""}, "says nothing"),
    ("a folder that says nothing", "tidy", {"hub/detail/a.cpp": ""}, "says nothing"),
    ("a name with a version", "tidy", {"hub/topics_v2.cpp": ""}, "says nothing"),
    ("a word left over", "tidy", {"hub/a.cpp": "// TODO: all of it\n"}, "`TODO`"),
    ("a thing that is not done", "tidy", {"hub/a.cpp": "// not implemented\n"}, "write the real thing"),
    ("a stub resolver is a thing", "tidy", {"hub/a.cpp": "// a stub resolver\n"}, ""),
    ("a path of a machine", "tidy", {"run": "cd /home/ann\n"}, "path of one machine"),
    ("a banned function", "tidy", {"hub/a.cpp": "int a() { return atoi(b); }\n"}, "from_chars"),
    ("a boolean parameter", "tidy",
     {"sockeye/net/a.hpp": HEADER + "void f(int a, bool keep_alive = true);\n",
      "sockeye/net/a.cpp": '#include "sockeye/net/a.hpp"\n'}, "boolean parameter keep_alive"),
    ("a dead header", "tidy", {"hub/a.hpp": HEADER}, "nothing includes it"),
    ("a page that nothing mentions", "tidy", {"docs/lost.md": "# Lost\n"}, "nothing mentions it"),
    ("a header without a guard", "tidy",
     {"hub/a.hpp": "", "hub/a.cpp": '#include "hub/a.hpp"\n'}, "no #pragma once"),
]


def write_tree(root, files):
    subprocess.run(["git", "init", "-q", root], check=True)
    (root / "checks").mkdir()
    for name in ("layers.toml", "tidy.toml"):
        shutil.copy(CHECKS / name, root / "checks")
    shutil.copy(CHECKS.parent / ".clang-format", root)
    # The lists of exceptions of the real tree are about files that are not here.
    text = (root / "checks/tidy.toml").read_text()
    head, tail = text.split("[functions.longer]\n")
    entries = tail[: tail.index("\n#")]
    (root / "checks/tidy.toml").write_text(head + "[functions.longer]\n" + tail[len(entries):])
    for name, content in files.items():
        if name.startswith("+"):
            path = root / name[1:]
            path.write_text(path.read_text().replace(*content))
        else:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(content)


def run(check, root, *arguments):
    result = subprocess.run([sys.executable, CHECKS / f"{check}.py", "--root", root, *arguments],
                            capture_output=True, text=True)
    return result.returncode, result.stdout + result.stderr


def case_problem(check, files, expected):
    """What is wrong with the check's answer, or None."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        write_tree(root, files)
        code, output = run(check, root)
    if expected and (code != 1 or expected not in output):
        return f"expected `{expected}`, got exit code {code}: {output}"
    if not expected and code != 0:
        return f"found fault with a sound tree: {output}"
    return None


def machine_problem(source, expected):
    """The same for checks/machines.py, which looks at objects."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        name = "sockeye/protocols/dns/dns.cpp"
        write_tree(root, {name: source})
        target = root / "build/CMakeFiles/sockeye_library.dir" / f"{name}.o"
        target.parent.mkdir(parents=True)
        subprocess.run(["clang++-19", "-std=c++23", "-c", root / name, "-o", target], check=True)
        code, output = run("machines", root, "build")
    right = code == 1 and expected in output if expected else code == 0
    return None if right else f"expected `{expected}`, got exit code {code}: {output}"


MACHINES = [
    ("a pure machine", "#include <string>\nstd::string f() { return std::string(100, 'a'); }\n", ""),
    ("a machine with a socket",
     "#include <sys/socket.h>\nint f() { return socket(AF_INET, SOCK_STREAM, 0); }\n",
     "may not use socket"),
    ("a machine with a clock",
     "#include <chrono>\nauto f() { return std::chrono::steady_clock::now(); }\nauto g = f();\n",
     "steady_clock"),
    ("a machine with a file", "#include <cstdio>\nvoid f() { std::puts(\"a\"); }\n", "may not use puts"),
    ("a machine with a thread", "#include <thread>\nvoid f() { std::thread([] {}).join(); }\n",
     "may not use _ZNSt6thread"),
    ("a machine that draws lots", "#include <random>\nunsigned f() { return std::random_device{}(); }\n",
     "random_device"),
]


REPORT = """[  FAILED  ] a.b (0 ms)
[  FAILED  ] q/p.x/0, where GetParam() = 1 (0 ms)
[  PASSED  ] 3 tests.
[  SKIPPED ] 1 test.
ok one
not ok two: for a reason
skip three: for another
okay, that is no test
"""


def count_problem():
    """./test must count what failed."""
    counted = subprocess.run(["awk", "-f", CHECKS.parent / "tests/count.awk"], input=REPORT,
                             capture_output=True, text=True, check=True).stdout
    return None if counted == "4 3 2\n" else f"counted {counted}"


def main():
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        answers = [
            (f"{check}: {title}", pool.submit(case_problem, check, files, expected))
            for title, check, files, expected in CASES
        ] + [
            (f"machines: {title}", pool.submit(machine_problem, source, expected))
            for title, source, expected in MACHINES
        ] + [("counting test results", pool.submit(count_problem))]
    for title, answer in answers:
        problem = answer.result()
        print(f"not ok {title}: {problem}" if problem else f"ok {title}")
    sys.exit(any(answer.result() for _, answer in answers))


if __name__ == "__main__":
    main()
