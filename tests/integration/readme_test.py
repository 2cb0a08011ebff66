#!/usr/bin/env python3
"""Does what the README's first screen does: starts its echo server, and runs its commands.

SOCKEYE_BUILD is the build folder, build/release by default.
"""

import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = (ROOT / os.environ.get("SOCKEYE_BUILD", "build/release")).resolve()
PATIENCE = 20  # seconds, for whatever must happen
ECHO_PORT = 12345  # the README's


def connect(server, port):
    """A connection to the server that was just started."""
    deadline = time.monotonic() + PATIENCE
    while True:
        assert server.poll() is None, f"the server ended with {server.returncode}"
        try:
            return socket.create_connection(("localhost", port), PATIENCE)
        except ConnectionRefusedError:
            assert time.monotonic() < deadline, "the server does not listen"
            time.sleep(0.02)


def stop(server):
    server.send_signal(signal.SIGTERM)
    code = server.wait(PATIENCE)
    assert code == 0, f"the server ended with {code} after SIGTERM"


def echo_server():
    server = subprocess.Popen([BUILD / "examples/echo"])
    try:
        with connect(server, ECHO_PORT) as client:
            sent = bytes(range(256)) * 1000
            client.sendall(sent)
            client.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda: client.recv(65536), b""))
            assert answer == sent, f"sent {len(sent)} bytes, {len(answer)} came back, not the same"
        stop(server)
    finally:
        server.kill()
        server.wait()


def readme_commands():
    """The lines of the README that begin with curl, without their comments."""
    text = (ROOT / "README.md").read_text()
    return [line.partition("  #")[0] for line in re.findall(r"^curl .*$", text, re.MULTILINE)]


def publish_and_read(commands, run):
    publish, read, live, upload = commands
    assert '"id"' in run(publish), "publishing gives no id"
    assert "it is warm" in run(read), "what was published is not there"
    watcher = subprocess.Popen(live, shell=True, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, text=True)
    try:
        time.sleep(0.3)
        run(publish)
        lines = iter(watcher.stdout.readline, "")
        assert any("it is warm" in line for line in lines), "the event did not come live"
    finally:
        watcher.kill()
        watcher.wait()
    run(upload)


def hub_commands():
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "photo.jpg").write_bytes(b"not really a photo")
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        commands = [command.replace("8080", str(port)) for command in readme_commands()]
        hub = subprocess.Popen([BUILD / "sockeye", "hub", "--listen", f"127.0.0.1:{port}"],
                               cwd=folder, stderr=subprocess.DEVNULL)

        def run(command):
            result = subprocess.run(command.replace("curl", "curl -fsS", 1), shell=True, cwd=folder,
                                    capture_output=True, text=True, timeout=PATIENCE)
            assert result.returncode == 0, f"{command}: {result.stderr}"
            return result.stdout

        try:
            connect(hub, port).close()
            publish_and_read(commands, run)
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/files/photo.jpg") as photo:
                assert photo.read() == b"not really a photo", "the file came back different"
            stop(hub)
        finally:
            hub.kill()
            hub.wait()


def main():
    failed = False
    for test in (echo_server, hub_commands):
        try:
            test()
            print(f"ok {test.__name__}")
        except (AssertionError, OSError, subprocess.TimeoutExpired) as problem:
            print(f"not ok {test.__name__}: {problem}")
            failed = True
    sys.exit(failed)


if __name__ == "__main__":
    main()
