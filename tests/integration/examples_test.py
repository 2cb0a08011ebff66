#!/usr/bin/env python3
"""Runs the example programs against each other and against Python's own sockets.

SOCKEYE_BUILD is the build folder, build/release by default. Prints `ok NAME` or `not ok NAME` for
each test, and fails when one did.
"""
import contextlib
import os
import pathlib
import socket
import subprocess
import sys
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = pathlib.Path(os.environ.get("SOCKEYE_BUILD", SOURCE / "build/release")) / "examples"
PATIENCE = 10  # seconds, for whatever must happen


def free_address():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return "127.0.0.1:%d" % probe.getsockname()[1]


def connect(address):
    host, port = address.rsplit(":", 1)
    return socket.create_connection((host, int(port)), PATIENCE)


@contextlib.contextmanager
def running(name, *arguments, engine=None, ends_with=None):
    """A server of ours on a free port; the address it serves. It is ended with SIGTERM."""
    address = free_address()
    environment = {**os.environ, "SOCKEYE_ENGINE": engine} if engine else None
    server = subprocess.Popen([EXAMPLES / name, address, *arguments], stderr=subprocess.DEVNULL,
                              env=environment)
    try:
        deadline = time.monotonic() + PATIENCE
        while True:
            assert server.poll() is None, f"{name} ended with {server.returncode}"
            try:
                connect(address).close()
                break
            except ConnectionRefusedError:
                assert time.monotonic() < deadline, f"{name} does not listen"
                time.sleep(0.01)
        yield address
        assert server.poll() is None, f"{name} ended with {server.returncode}"
    finally:
        server.terminate()
        code = server.wait(PATIENCE)
    assert ends_with in (None, code), f"{name} ended with {code}, not {ends_with}"


def run(name, *arguments):
    return subprocess.run([EXAMPLES / name, *arguments], capture_output=True, text=True,
                          timeout=PATIENCE)


def read_all(connection):
    return b"".join(iter(lambda: connection.recv(4096), b""))


def greeting_server_blocking_greets_by_name():
    with running("greeting_server_blocking") as address:
        for name in (b"Ada", "Zoë".encode(), b""):
            with connect(address) as client:
                client.sendall(name[:1])
                time.sleep(0.02)
                client.sendall(name[1:])
                client.shutdown(socket.SHUT_WR)
                assert read_all(client) == b"Hello, " + name + b"!\n"


def greeting_server_blocking_survives_a_rude_client():
    with running("greeting_server_blocking") as address:
        with connect(address) as rude:
            rude.sendall(b"x" * 200)
            assert read_all(rude) == b"What a long name!\n"
        with connect(address) as resetting:
            resetting.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        assert run("greeting_client_blocking", address, "Ada").stdout == "Hello, Ada!\n"


def greeting_client_blocking_prints_the_greeting():
    with running("greeting_server_blocking") as address:
        done = run("greeting_client_blocking", address, "Grace")
    assert (done.returncode, done.stdout, done.stderr) == (0, "Hello, Grace!\n", ""), done


def blocking_examples_explain_their_failures():
    address = free_address()
    refused = run("greeting_client_blocking", address, "Ada")
    assert refused.returncode == 1, refused
    assert refused.stderr == f"connect {address}: connection refused\n", refused
    with running("greeting_server_blocking") as taken:
        second = run("greeting_server_blocking", taken)
        assert second.returncode == 1, second
        assert second.stderr == f"bind {taken}: address already in use\n", second
    for name in ("greeting_server_blocking", "greeting_client_blocking"):
        misused = run(name)
        assert misused.returncode == 2 and misused.stderr.startswith(f"usage: {name} "), misused


def engines():
    """The engines that this machine allows."""
    for engine in ("uring", "epoll"):
        probe = subprocess.Popen([EXAMPLES / "tcp_echo_server", free_address(), "--engine", engine],
                                 stderr=subprocess.DEVNULL)
        time.sleep(0.3)
        if probe.poll() is None:
            yield engine
        probe.terminate()
        probe.wait(PATIENCE)


def greetings_between_blocking_and_asynchronous():
    for engine in engines():
        os.environ["SOCKEYE_ENGINE"] = engine
        try:
            for server in ("greeting_server", "greeting_server_blocking"):
                ends_with = 0 if server == "greeting_server" else None
                with running(server, ends_with=ends_with) as address:
                    for client in ("greeting_client", "greeting_client_blocking"):
                        done = run(client, address, "Grace")
                        assert (done.returncode, done.stdout, done.stderr) == (
                            0, "Hello, Grace!\n", ""), (engine, server, client, done)
        finally:
            del os.environ["SOCKEYE_ENGINE"]


def greeting_server_survives_a_rude_client():
    with running("greeting_server", ends_with=0) as address:
        with connect(address) as rude, connect(address) as slow:
            rude.sendall(b"x" * 200)
            rude.shutdown(socket.SHUT_WR)
            assert read_all(rude) == b"What a long name!\n"
            with connect(address) as resetting:
                resetting.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            assert run("greeting_client", address, "Ada").stdout == "Hello, Ada!\n"
            slow.sendall(b"Linus")
            slow.shutdown(socket.SHUT_WR)
            assert read_all(slow) == b"Hello, Linus!\n"


def asynchronous_examples_explain_their_failures():
    address = free_address()
    refused = run("greeting_client", address, "Ada")
    assert refused.returncode == 1, refused
    assert refused.stderr == f"connect {address}: connection refused\n", refused
    with running("greeting_server") as taken:
        second = run("greeting_server", taken)
        assert second.returncode == 1, second
        assert second.stderr == f"listen {taken}: address already in use\n", second


def tcp_echo_server_takes_its_options():
    for options in ([], ["--threads", "2"], ["--engine", "epoll"], ["--spin", "50"],
                    ["--engine", "epoll", "--threads", "2", "--spin", "50"]):
        with running("tcp_echo_server", *options, ends_with=0) as address:
            clients = [connect(address) for _ in range(20)]
            for number, client in enumerate(clients):
                client.sendall(b"%d" % number * 1000)
            for number, client in enumerate(clients):
                expected, got = b"%d" % number * 1000, b""
                while len(got) < len(expected):
                    got += client.recv(65536) or b"the end"
                assert got == expected, options
            # The last clients stay: an idle one does not hold up the end.
            for client in clients[5:]:
                client.close()
    assert run("tcp_echo_server", "--threads", "many").returncode == 2


TESTS = [
    greeting_server_blocking_greets_by_name,
    greeting_server_blocking_survives_a_rude_client,
    greeting_client_blocking_prints_the_greeting,
    blocking_examples_explain_their_failures,
    greetings_between_blocking_and_asynchronous,
    greeting_server_survives_a_rude_client,
    asynchronous_examples_explain_their_failures,
    tcp_echo_server_takes_its_options,
]


def main():
    failed = 0
    for test in TESTS:
        try:
            test()
            print("ok", test.__name__)
        except (AssertionError, OSError, subprocess.SubprocessError) as failure:
            failed += 1
            print("not ok", test.__name__, "-", failure)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
