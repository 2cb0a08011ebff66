"""The machine a figure was measured on: kept beside every result."""

import datetime
import os
import platform
import subprocess


def read_line(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.readline().strip()
    except OSError:
        return "unknown"


def processor_name():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()


def commit():
    here = os.path.dirname(os.path.abspath(__file__))
    command = ["git", "-C", here, "describe", "--always", "--dirty"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return found.stdout.strip() or "unknown"


def describe():
    return {
        "time": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "kernel": platform.release(),
        "processor": processor_name(),
        "cores": os.cpu_count(),
        "congestion_control": read_line("/proc/sys/net/ipv4/tcp_congestion_control"),
        "load_average": read_line("/proc/loadavg"),
        "commit": commit(),
    }


def print_machine(machine):
    print(
        f"kernel {machine['kernel']}, {machine['cores']} x {machine['processor']}, "
        f"congestion control {machine['congestion_control']}, commit {machine['commit']}, "
        f"load average {machine['load_average']}"
    )
