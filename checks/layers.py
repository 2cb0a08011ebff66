#!/usr/bin/env python3
"""Nothing includes upward: the include graph is held against checks/layers.toml."""

import re
import tomllib

import tree as house

STANDARD = re.compile(r"^[a-z_0-9]+$")
SYSTEM = re.compile(
    r"^((sys|netinet|arpa|net|linux|asm|netpacket)/[a-z0-9_/]+"
    r"|arpa/inet|cerrno|dirent|dlfcn|endian|errno|execinfo|fcntl|ifaddrs|limits|netdb|poll|pthread"
    r"|sched|signal|spawn|stdio|stdlib|string|termios|time|unistd|cxxabi|sanitizer/[a-z_]+"
    r"|immintrin|x86intrin)\.h$"
)
TEST_LIBRARIES = ("gtest/", "gmock/", "liburing", "sqlite3.h", "nlohmann/")


class Layers:
    def __init__(self, table):
        self.patterns = [
            (layer["name"], house.pattern(glob)) for layer in table["layer"] for glob in layer["files"]
        ]
        self.direct = {layer["name"]: layer["on"] for layer in table["layer"]}

    def of(self, path):
        return next((name for name, rule in self.patterns if rule.match(str(path))), None)

    def below(self, name):
        """The layer itself and all that it stands on."""
        found, open_layers = set(), [name]
        while open_layers:
            layer = open_layers.pop()
            if layer not in found:
                found.add(layer)
                open_layers += self.direct[layer]
        return found


def is_test(path):
    return path.stem.endswith(("_test", "_fuzz")) or path.parts[0] == "tests"


def library_problem(name, layer, table, test):
    """Why a header that is not of this project may not be included here, or None."""
    if STANDARD.match(name) or SYSTEM.match(name):
        return None
    if test and name.startswith(TEST_LIBRARIES):
        return None
    for prefix, layers in table["libraries"].items():
        if name.startswith(prefix):
            return None if layer in layers else f"{layer} may not include <{name}>"
    if layer == "benchmarks":
        return None
    return f"<{name}> is of no library that checks/layers.toml knows"


def file_problems(tree, path, layers, table):
    layer = layers.of(path)
    if layer is None:
        yield f"{path}: belongs to no layer of checks/layers.toml"
        return
    allowed = layers.below(layer)
    private = {header: owner for owner, names in table["private"].items() for header in names}
    for line, _, name in tree.includes(path):
        target = layers.of(name)
        if not (tree.root / name).exists() or target is None:
            if not (tree.root / path.parent / name).exists():
                problem = library_problem(name, layer, table, is_test(path))
                if problem:
                    yield f"{path}:{line}: {problem}"
            continue
        if target not in allowed:
            yield f"{path}:{line}: {layer} may not include {target} ({name})"
        elif name in private and layer != private[name] and not is_test(path):
            yield f"{path}:{line}: {name} is private to {private[name]}"


def light_problems(tree, table):
    """The header that everybody includes stays cheap."""
    rule = table["light"]
    seen, open_files = set(), [(rule["header"], rule["header"])]
    while open_files:
        name, way = open_files.pop()
        if name in seen:
            continue
        seen.add(name)
        if name.startswith(tuple(rule["never"])):
            yield f"{rule['header']}: brings in <{name}> ({way})"
        if (tree.root / name).exists():
            open_files += [(inner, f"{way} > {inner}") for _, _, inner in tree.includes(name)]


def check(tree, _):
    table = tomllib.loads(tree.text("checks/layers.toml"))
    layers = Layers(table)
    for path in tree.files("*.hpp", "*.cpp"):
        yield from file_problems(tree, path, layers, table)
    if (tree.root / table["light"]["header"]).exists():
        yield from light_problems(tree, table)


if __name__ == "__main__":
    house.main(__doc__, check)
