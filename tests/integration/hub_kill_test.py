#!/usr/bin/env python3
"""Kills the hub under load, again and again: nothing that it acknowledged is lost or doubled. And,
since a kill proves nothing about power: the order of its system calls.

SOCKEYE_BUILD is the build folder, build/release by default; SOCKEYE_KILLS how many times (50).
"""

import collections
import hashlib
import http.client
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

from hub_process import PATIENCE, Hub, check

KILLS = int(os.environ.get("SOCKEYE_KILLS", "50"))
PUBLISHERS = 6
UPLOADERS = 2
# What a connection to a hub that was just killed may end with.
BROKEN = (OSError, http.client.HTTPException)


class Publisher:
    """Sends numbered events, each with a key; what has no answer is sent again to the next hub."""

    def __init__(self, name):
        self.name = name
        self.sent = 0  # answered, all of them
        self.ids = {}  # by payload

    def run(self, hub):
        connection = http.client.HTTPConnection("127.0.0.1", hub.port, timeout=PATIENCE)
        try:
            while True:
                payload = f"{self.name}-{self.sent}"
                connection.request("POST", "/topics/kill/" + self.name, payload,
                                   {"Idempotency-Key": payload})
                answer = connection.getresponse()
                content = answer.read()
                assert answer.status == 200, f"{answer.status} {content}"
                self.ids[payload] = json.loads(content)["id"]
                self.sent += 1
        except BROKEN:
            pass
        finally:
            connection.close()


class Uploader:
    """Stores files of many sizes, each under a name of its own, now and then over an old one."""

    def __init__(self, name):
        self.name = name
        self.random = random.Random(name)
        self.number = 0
        self.stored = {}   # path: hash of the content that was acknowledged
        self.pending = {}  # path: hashes that may be there too, since no answer came

    def run(self, hub):
        connection = http.client.HTTPConnection("127.0.0.1", hub.port, timeout=PATIENCE)
        try:
            while True:
                path = f"{self.name}/{self.number // 2}"
                content = self.random.randbytes(self.random.choice([0, 10, 5000, 300_000]))
                self.number += 1
                digest = hashlib.sha256(content).hexdigest()
                self.pending.setdefault(path, set()).add(digest)
                connection.request("PUT", "/files/" + path, content)
                answer = connection.getresponse()
                answered = answer.read()
                assert answer.status in (200, 201), f"{answer.status} {answered}"
                self.stored[path] = digest
                del self.pending[path]
        except BROKEN:
            pass
        finally:
            connection.close()

    def look(self, hub):
        """Each file that was touched since the last look is one that may be there, whole."""
        for path in set(self.stored) | set(self.pending):
            status, _, content = hub.request("GET", "/files/" + path)
            allowed = set(self.pending.get(path, ()))
            if path in self.stored:
                allowed.add(self.stored[path])
                assert status == 200, f"{path} was acknowledged: {status}"
            if status == 200:
                found = hashlib.sha256(content).hexdigest()
                assert found in allowed, f"{path} has a content that nobody stored last"
            else:
                assert status == 404, f"{path}: {status}"
        self.stored.clear()
        self.pending.clear()


def read_all(hub, since):
    """Everything on the publishers' topics after an id."""
    found = []
    while True:
        page = hub.history(f"/topics/kill/%23?since={since}&limit=100000")
        if not page:
            return found
        found += page
        since = page[-1]["id"]


def kill_once(folder, workers, chance):
    with Hub(folder) as hub:
        threads = [threading.Thread(target=each.run, args=[hub]) for each in workers]
        for each in threads:
            each.start()
        time.sleep(chance.uniform(0.05, 0.5))
        hub.process.kill()
        hub.process.wait()
        for each in threads:
            each.join()


def killed_under_load(folder):
    publishers = [Publisher(f"p{i}") for i in range(PUBLISHERS)]
    uploaders = [Uploader(f"u{i}") for i in range(UPLOADERS)]
    chance = random.Random(1)
    seen, since = collections.Counter(), 0
    for _ in range(KILLS):
        kill_once(folder, publishers + uploaders, chance)
        with Hub(folder) as hub:
            for event in read_all(hub, since):
                assert event["id"] > since, "ids do not grow"
                since = event["id"]
                seen[event["payload"]] += 1
                for publisher in publishers:
                    told = publisher.ids.get(event["payload"])
                    assert told in (None, event["id"]), f"{told} was told, {event['id']} is stored"
            for each in uploaders:
                each.look(hub)
            hub.process.kill()
    acknowledged = [payload for each in publishers for payload in each.ids]
    lost = [payload for payload in acknowledged if not seen[payload]]
    doubled = [payload for payload, count in seen.items() if count > 1]
    assert not lost and not doubled, f"lost {lost[:5]}, doubled {doubled[:5]}"
    assert len(acknowledged) >= 10 * KILLS, f"only {len(acknowledged)} were acknowledged"
    assert len(seen) <= len(acknowledged) + PUBLISHERS


# --- the order of system calls

def traced(folder):
    """The system calls of a hub that stores an event and a file: (name and arguments, number of the
    line where it began, and where it ended)."""
    output = os.path.join(folder, "calls")
    calls = "fsync,fdatasync,pwrite64,write,rename,renameat,renameat2,link,linkat,sendto,sendmsg"
    strace = ["strace", "-f", "-y", "-s", "512", "-e", f"trace={calls}", "-o", output]
    # Sends are calls of their own with epoll alone.
    with Hub(folder, "--engine", "epoll", before=strace) as hub:
        hub.publish("traced", b"an event")
        assert hub.request("PUT", "/files/traced", b"a file")[0] == 201
        child = subprocess.run(["ps", "--ppid", str(hub.process.pid), "-o", "pid="],
                               capture_output=True, text=True, check=True)
        os.kill(int(child.stdout), 15)
        hub.process.wait(PATIENCE)
    found, open_calls = [], {}
    with open(output, encoding="utf-8", errors="replace") as lines:
        for number, line in enumerate(lines):
            thread, _, text = line.strip().partition(" ")
            text = text.strip()
            if text.endswith("<unfinished ...>"):
                open_calls[thread] = (text, number)
            elif text.startswith("<... "):
                began, start = open_calls.pop(thread, ("", number))
                found.append((began + text, start, number))
            else:
                found.append((text, number, number))
    return found


def last_before(calls, pattern, line):
    """The number of the last call like this that had ended before a line; -1."""
    return max((end for text, _, end in calls if re.search(pattern, text) and end < line),
               default=-1)


def first_after(calls, pattern, line):
    return min((start for text, start, _ in calls if re.search(pattern, text) and start > line),
               default=-1)


def synced_before_the_answer(folder):
    calls = traced(folder)
    wal_write, wal_sync = r"^pwrite64\(\d+<\S*log\.db-wal>", r"^f(data)?sync\(\d+<\S*log\.db-wal>"
    answers = sorted(start for text, start, _ in calls
                     if re.match(r"send(to|msg)\(", text) and r'{\"id\":' in text)
    assert len(answers) == 2, f"{len(answers)} answers"
    for answer in answers:
        written, synced = last_before(calls, wal_write, answer), last_before(calls, wal_sync, answer)
        assert 0 <= written < synced, f"written {written}, synced {synced}, answered {answer}"
    # The file: its content, the name of its content, and the directory, before its row.
    content = last_before(calls, r"^fsync\(\d+<\S*/uploads/", answers[1])
    named = first_after(calls, r"^(rename|link).*/uploads/.*/objects/", content)
    directory = first_after(calls, r"^fsync\(\d+<\S*/objects/[0-9a-f]+>", named)
    row = first_after(calls, wal_write, directory)
    order = [answers[0], content, named, directory, row, answers[1]]
    assert -1 not in order and order == sorted(order), order


def main():
    passed = True
    with tempfile.TemporaryDirectory() as folder:
        passed &= check(killed_under_load, folder)
    if not shutil.which("strace"):
        print("skip synced_before_the_answer: there is no strace")
        return 0 if passed else 1
    with tempfile.TemporaryDirectory() as folder:
        passed &= check(synced_before_the_answer, folder)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
