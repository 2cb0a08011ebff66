#!/usr/bin/env python3
"""Runs the curl commands of docs/guide/hub.md as they stand, in their order, against one hub.

SOCKEYE_BUILD is the build folder, build/release by default.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

import hub_process

PHOTO = bytes(range(256)) * 8
STOPPED_BY_TIME = 28  # curl's exit code: how a live stream ends here


def commands():
    text = (hub_process.ROOT / "docs/guide/hub.md").read_text()
    return re.findall(r"^    (curl .*)$", text, re.MULTILINE)


def run(hub, folder, command):
    """What it prints."""
    is_live = "text/event-stream" in command
    here = command.replace("127.0.0.1:8080", hub.host)
    here = here.replace("curl", "curl -fsS --max-time " + ("1" if is_live else "20"), 1)
    result = subprocess.run(here, shell=True, cwd=folder, capture_output=True, text=True,
                            errors="replace", timeout=hub_process.PATIENCE)
    expected = STOPPED_BY_TIME if is_live else 0
    assert result.returncode == expected, f"curl ended with {result.returncode}: {result.stderr}"
    return result.stdout


def problem_of(hub, folder, command):
    try:
        said = run(hub, folder, command)
        if "Last-Event-ID: 1" in command:
            assert "21.4" in said and "it is warm" not in said, f"resumed elsewhere: {said}"
        elif "-d " in command:
            assert re.fullmatch(r'\{"id":\d+\}\s*', said), f"no id: {said}"
        elif command.endswith("/topics/home/%23") and "-N" not in command:
            assert "it is warm" in said, f"not there: {said}"
        elif "copy.jpg" in command:
            assert (folder / "copy.jpg").read_bytes() == PHOTO, "the file came back different"
    except (AssertionError, OSError, subprocess.TimeoutExpired) as why:
        return str(why)
    return None


def main():
    failed = False
    found = commands()
    if len(found) < 10:
        sys.exit(f"not ok commands: {len(found)} of them are too few to be all")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "photo.jpg").write_bytes(PHOTO)
        with hub_process.Hub(name) as hub:
            for number, command in enumerate(found, 1):
                problem = problem_of(hub, folder, command)
                print(f"not ok {number}, {command}: {problem}" if problem
                      else f"ok {number}, {command}")
                failed = failed or problem is not None
            code = hub.stop()
            print("ok the end" if code == 0 else f"not ok the end: the hub ended with {code}")
    sys.exit(failed or code != 0)


if __name__ == "__main__":
    main()
