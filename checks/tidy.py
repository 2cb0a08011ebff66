#!/usr/bin/env python3
"""The part of the style that a program can check; checks/tidy.toml says what it looks for."""

import re
import tomllib

import tree as house

NOT_CODE = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<mark>[^(]*)\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'',
    re.DOTALL,
)
# A quote between digits is a separator, and starts no character.
SEPARATOR = re.compile(r"(?<=[0-9a-fA-F])'(?=[0-9a-fA-F])")
CONTROL = re.compile(r"^(if|for|while|switch|do|else|try|catch|return)\b")
SCOPE = re.compile(r"\b(namespace|class|struct|union|enum)\b|^extern\b")
BOOLEAN = re.compile(r"[(,]\s*(?:const\s+)?bool(?:\s+(\w+))?\s*(?:=[^,()]*)?(?=[,)])")


def without_comments_and_strings(text):
    """The same text, line for line, with blanks for what is no code."""
    text = SEPARATOR.sub(" ", text)
    return NOT_CODE.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)


def functions(text):
    """(name, first line, number of lines) of each function body that is not inside another."""
    code = without_comments_and_strings(text)
    code = re.sub(r"^[ \t]*#[^\n]*(?:\\\n[^\n]*)*", lambda f: re.sub(r"[^\n]", " ", f[0]), code,
                  flags=re.MULTILINE)
    stack, header_start = [], 0
    for position, character in enumerate(code):
        if character == "{":
            header = code[header_start:position].strip()
            outer_is_scope = all(kind == "scope" for kind, _, _ in stack)
            signature = re.sub(r"^(template\s*<[^{}]*?>\s*)", "", header)
            if not outer_is_scope or "=" in signature.split("(")[0].replace("operator", ""):
                kind = "other"
            elif "(" in signature and not CONTROL.match(signature):
                kind = "function"
            else:
                kind = "scope" if SCOPE.search(signature) else "other"
            blank = len(code[header_start:position]) - len(code[header_start:position].lstrip())
            stack.append((kind, signature, header_start + blank))
            header_start = position + 1
        elif character == "}":
            if stack:
                kind, signature, start = stack.pop()
                if kind == "function":
                    name = re.search(r"([~\w:]+|operator[^\s(]+)\s*\(", signature)
                    first = code.count("\n", 0, start) + 1
                    last = code.count("\n", 0, position) + 1
                    yield (name[1] if name else signature[:40]), first, last - first + 1
            header_start = position + 1
        elif character == ";":
            header_start = position + 1


def long_functions(tree, table):
    limit, longer = table["functions"]["limit"], dict(table["functions"]["longer"])
    for path in tree.files("*.cpp", "*.hpp"):
        for name, line, lines in functions(tree.text(path)):
            if lines <= limit:
                continue
            known = longer.pop(f"{path}:{name}", None)
            if known is None:
                yield f"{path}:{line}: {name} has {lines} lines, and {limit} is the limit"
            elif lines > known:
                yield f"{path}:{line}: {name} grew from {known} to {lines} lines"
            elif lines < known:
                yield f"checks/tidy.toml: {path}:{name} has {lines} lines now: write that"
    for entry in longer:
        yield f"checks/tidy.toml: {entry} is short enough now, or gone: take it out"


def banned_names(tree, table):
    banned = re.compile("^(" + "|".join(table["names"]["banned"]) + ")$")
    for path in tree.files():
        for part in path.parts:
            if banned.match(part.split(".")[0]):
                yield f"{path}: `{part}` says nothing: name it after what it holds"


PICTURES = (".png", ".ico")  # any letters may stand in their bytes


def banned_tokens(tree, table):
    rules = [
        (re.compile(rule["find"]), rule["instead"], [house.pattern(glob) for glob in rule["files"]])
        for rule in table["token"]
    ]
    for path in tree.files():
        # This check and its test have to name what they look for.
        if path.parts[0] == "checks" or path.name == "LICENSE" or path.suffix in PICTURES:
            continue
        mine = [
            (find, instead) for find, instead, files in rules
            if any(rule.match(str(path)) for rule in files)
        ]
        for number, line in enumerate(tree.text(path).splitlines(), 1):
            for find, instead in mine:
                found = find.search(line)
                if found:
                    yield f"{path}:{number}: `{found[0].strip()}`; instead: {instead}"


def boolean_parameters(tree, table):
    for path in tree.files("sockeye/**.hpp"):
        code = without_comments_and_strings(tree.text(path))
        for found in BOOLEAN.finditer(code):
            name = f"{path}: {found[1] or 'unnamed'}"
            if name not in table["booleans"]["allowed"]:
                line = code.count("\n", 0, found.start()) + 1
                yield f"{path}:{line}: boolean parameter {found[1] or ''}: an enum or options say it"


def dead_files(tree, table):
    """Headers that nothing includes, and pages and scripts that nothing mentions."""
    files = tree.files()
    sources = [path for path in files if path.suffix in (".cpp", ".hpp", ".c", ".h")]
    included = {name for path in sources for _, _, name in tree.includes(path)}
    included |= {name.rpartition("/")[2] for name in included if "/" not in name}
    texts = {path: tree.text(path) for path in files if path.suffix not in PICTURES}
    for path in files:
        if str(path) in table["dead"]["allowed"]:
            continue
        if path.suffix == ".hpp" and str(path) not in included and path.name not in included:
            yield f"{path}: nothing includes it"
        elif path.suffix in (".md", ".cmake") and len(path.parts) > 1:
            if not any(path.stem in text for other, text in texts.items() if other != path):
                yield f"{path}: nothing mentions it"


def pragma_once(tree, _):
    for path in tree.files("*.hpp"):
        if "#pragma once" not in tree.text(path):
            yield f"{path}: has no #pragma once"


def check(tree, _):
    table = tomllib.loads(tree.text("checks/tidy.toml"))
    for rule in (long_functions, banned_names, banned_tokens, boolean_parameters, dead_files,
                 pragma_once):
        yield from rule(tree, table)


if __name__ == "__main__":
    house.main(__doc__, check)
