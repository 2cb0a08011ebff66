"""A hub for a test, and its readers."""

import http.client
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = (ROOT / os.environ.get("SOCKEYE_BUILD", "build/release")).resolve()
PATIENCE = 30  # seconds, for whatever must happen
# AddressSanitizer keeps 256 MiB of what was freed, which would look like a hub that grows.
ENVIRONMENT = dict(os.environ, ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") +
                   ":quarantine_size_mb=4")


class Hub:
    """A running hub on a port of its own."""

    def __init__(self, folder, *options, listen="127.0.0.1:0", before=()):
        self.data = os.path.join(folder, "data")
        self.process = subprocess.Popen(
            [*before, BUILD / "sockeye", "hub", "--listen", listen, "--data", self.data, *options],
            stderr=subprocess.PIPE, text=True, env=ENVIRONMENT)
        self.said = ""
        while True:
            line = self.process.stderr.readline()
            assert line, f"the hub did not start: {self.said}"
            self.said += line
            found = re.search(r"http://(\S+):(\d+)/", line)
            if found:
                break
        self.port = int(found[2])
        self.host = f"127.0.0.1:{self.port}"
        threading.Thread(target=self.listen_to_errors, daemon=True).start()

    def listen_to_errors(self):
        for line in self.process.stderr:
            self.said += line

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def connect(self, receive_buffer=None):
        client = socket.socket()
        if receive_buffer:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        client.settimeout(PATIENCE)
        client.connect(("127.0.0.1", self.port))
        return client

    def request(self, method, target, body=None, **fields):
        """Status, fields and body of one request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        headers = {name.replace("_", "-"): value for name, value in fields.items()}
        connection.request(method, target, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, answer.headers, content

    def publish(self, topic, body, **fields):
        status, _, content = self.request("POST", f"/topics/{topic}", body, **fields)
        assert status == 200, f"publish: {status} {content}"
        return json.loads(content)["id"]

    def history(self, target):
        status, _, content = self.request("GET", target)
        assert status == 200, f"history: {status} {content}"
        return [json.loads(line) for line in content.splitlines()]

    def metric(self, name):
        _, _, content = self.request("GET", "/metrics")
        return float(re.search(rf"^sockeye_{name} (\S+)$", content.decode(), re.MULTILINE)[1])

    def raw(self, sent):
        """All that comes back until the hub closes."""
        with self.connect() as client:
            client.sendall(sent)
            return b"".join(iter(lambda: client.recv(65536), b""))


class EventStream:
    """A live reader."""

    def __init__(self, hub, target, last_id=None, receive_buffer=None):
        self.client = hub.connect(receive_buffer)
        resume = f"Last-Event-ID: {last_id}\r\n" if last_id is not None else ""
        self.client.sendall(f"GET {target} HTTP/1.0\r\nHost: {hub.host}\r\n"
                            f"Accept: text/event-stream\r\n{resume}\r\n".encode())
        self.file = self.client.makefile("rb")
        status = self.file.readline()
        assert b" 200 " in status, status
        while self.file.readline().strip():
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.client.close()

    def blocks(self):
        """Each block's fields, comments left out."""
        block = {}
        for line in self.file:
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name in ("id", "data", "event"):
                block[name] = value
            elif not name and block:
                yield block
                block = {}

    def events(self, count):
        found = []
        for block in self.blocks():
            if "data" in block and "event" not in block:
                found.append((int(block["id"]) if "id" in block else None,
                              json.loads(block["data"])))
                if len(found) == count:
                    return found
        raise AssertionError(f"the stream ended after {len(found)} of {count} events")


def request_text(hub, method="GET", target="/health", fields="", body=""):
    return f"{method} {target} HTTP/1.1\r\nHost: {hub.host}\r\n{fields}\r\n{body}".encode()


def check(test, argument):
    try:
        test(argument)
    except Exception as why:  # each failure is one line, and the rest goes on
        place = why.__traceback__
        while place.tb_next:
            place = place.tb_next
        print(f"not ok {test.__name__}: line {place.tb_lineno}: {type(why).__name__} {why}",
              flush=True)
        return False
    print(f"ok {test.__name__}", flush=True)
    return True
