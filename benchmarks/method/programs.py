"""Servers and loads as pinned processes: started, waited for, always ended."""

import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
START_BOUND_S = 15
STOP_BOUND_S = 15


class Missing(Exception):
    """A program that is not built, or a peer that is not installed."""


def command_of(text, build, address=None):
    """The words of a command template. `{build}`, `{source}` and `{address}` are filled in; an
    address that the template does not mention goes behind it."""
    if address and "{address}" not in text:
        text += " {address}"
    text = text.replace("{build}", build).replace("{source}", ROOT)
    words = shlex.split(text.replace("{address}", address or ""))
    if not shutil.which(words[0]):
        raise Missing(f"{words[0]} is not there (build the target `benchmarks`)")
    return words


def free_address():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


def start(words, core, realtime=False, **more):
    def prepare():
        os.sched_setaffinity(0, core_set(core))
        if realtime:
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))

    return subprocess.Popen(words, preexec_fn=prepare, **more)


def core_set(core):
    return set(range(os.cpu_count())) if core is None else {core}


class Server:
    """A server for the length of a `with` block. `core` None: not pinned."""

    def __init__(self, template, options, core="default", cwd=None):
        self.address = free_address()
        self.words = command_of(template, options.build, self.address)
        self.core = options.server_core if core == "default" else core
        self.realtime = options.realtime
        self.cwd = cwd

    def __enter__(self):
        self.process = start(
            self.words, self.core, self.realtime, cwd=self.cwd, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        self.pid = self.process.pid
        try:
            self.wait_until_listening()
        except BaseException:
            self.__exit__()
            raise
        return self

    def wait_until_listening(self):
        """By the kernel's table, so that the server sees no connection of ours."""
        port = f":{int(self.address.split(':')[1]):04X}"
        end = time.monotonic() + START_BOUND_S
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.words[0]} ended at its start")
            with open("/proc/net/tcp", encoding="ascii") as table:
                for line in table:
                    fields = line.split()
                    if fields[1].endswith(port) and fields[3] == "0A":
                        return
            time.sleep(0.02)
        raise RuntimeError(f"{self.words[0]} does not listen after {START_BOUND_S} s")

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_BOUND_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def memory(self):
        """Anonymous and resident bytes of the process."""
        sizes = {}
        with open(f"/proc/{self.pid}/smaps_rollup", encoding="ascii") as file:
            for line in file:
                words = line.split()
                if words[0] in ("Anonymous:", "Rss:"):
                    sizes[words[0][:-1].lower()] = int(words[1]) * 1024
        return sizes


def run_load(options, name, arguments, server=None):
    """Runs a load to its end on the load's core; returns what it measured."""
    words = command_of(f"{{build}}/benchmarks/loads/{name}_load", options.build)
    words += [str(argument) for argument in arguments]
    if server and server.core is not None:
        words += ["--core", str(server.core)]
    if server:
        words += ["--pid", str(server.pid)]
    process = start(words, options.load_core, options.realtime, stdout=subprocess.PIPE, text=True)
    output, _ = process.communicate()
    if process.returncode and not output.startswith("{"):
        raise RuntimeError(f"{' '.join(words)}: exit status {process.returncode}")
    return json.loads(output)
