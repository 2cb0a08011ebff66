#!/usr/bin/env python3
"""The hub over the wire: every route, every refusal, and what it promises to its readers.

SOCKEYE_BUILD is the build folder, build/release by default.
"""

import base64
import contextlib
import http.client
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time

from hub_process import BUILD, PATIENCE, EventStream, Hub, check, request_text


# --- topics

def publish_and_read_history(hub):
    first = hub.publish("home/kitchen", "it is w\u00e4rm".encode(), Content_Type="text/plain")
    second = hub.publish("home/door", b"\xff\x00\xfe", Content_Type="image/x-raw")
    assert second > first
    lines = hub.history("/topics/home/%2B")
    assert [line["id"] for line in lines] == [first, second], lines
    assert lines[0]["topic"] == "home/kitchen" and lines[0]["payload"] == "it is w\u00e4rm"
    assert lines[0]["content_type"] == "text/plain" and "encoding" not in lines[0]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", lines[0]["time"]), lines[0]
    assert lines[1]["encoding"] == "base64"
    assert base64.b64decode(lines[1]["payload"]) == b"\xff\x00\xfe"
    assert [e["id"] for e in hub.history(f"/topics/home/%23?since={first}")] == [second]
    assert [e["id"] for e in hub.history("/topics/home/%23?limit=1")] == [first]
    both = hub.history("/events?topic=home/kitchen&topic=home/door")
    assert [e["id"] for e in both] == [first, second]
    assert hub.history("/topics/nothing/here") == []


def history_in_pages(hub):
    with hub.connect() as client:
        client.sendall(request_text(hub, "POST", "/topics/many", "Content-Length: 1\r\n", "m") * 2500)
        answers = b""
        while answers.count(b'{"id":') < 2500:
            answers += client.recv(1 << 16)
    assert len(hub.history("/topics/many")) == 1000
    ids = [e["id"] for e in hub.history("/topics/many?limit=2400")]
    assert len(ids) == 2400 and ids == sorted(set(ids))


def publish_refusals(hub):
    for topic, fields, expected in [
            ("a/%23/b", {}, 400), ("a+b%2B", {}, 400), ("", {}, 400), ("%zz", {}, 400),
            ("a", {"Sockeye_Retain": "maybe"}, 400), ("a", {"Sockeye_Expiry": "soon"}, 400),
            ("a", {"Sockeye_Expiry": "-1"}, 400), ("a", {"Idempotency_Key": "k" * 300}, 400),
            ("big", {"Content_Length": str(1 << 30)}, 413)]:
        status, _, content = hub.request("POST", f"/topics/{topic}", b"x", **fields)
        assert status == expected, f"{topic} {fields}: {status} {content}"
    for target in ("/topics/%23/x", "/topics/a?since=x", "/topics/a?limit=0", "/topics/a?limit=-1",
                   "/events?topic=%zz", "/events?topic="):
        status, _, content = hub.request("GET", target)
        assert status == 400, f"{target}: {status} {content}"


def idempotency(hub):
    first = hub.publish("keyed", b"one", Idempotency_Key="key-1")
    status, _, content = hub.request("POST", "/topics/keyed", b"two", Idempotency_Key="key-1")
    assert status == 200 and json.loads(content) == {"id": first, "repeated": True}, content
    assert hub.publish("keyed", b"three", Idempotency_Key="key-2") > first
    assert [e["payload"] for e in hub.history("/topics/keyed")] == ["one", "three"]


def expiry(hub):
    hub.publish("short", b"gone soon", Sockeye_Expiry="50ms")
    kept = hub.publish("short", b"stays", Sockeye_Expiry="3600")
    time.sleep(0.2)
    assert [e["id"] for e in hub.history("/topics/short")] == [kept]


# --- live

def live_events(hub):
    with EventStream(hub, "/topics/live/%23") as reader:
        ids = [hub.publish(f"live/{i}", f"event {i}".encode()) for i in range(20)]
        hub.publish("elsewhere", b"not for us")
        found = reader.events(20)
        assert [id for id, _ in found] == ids
        assert [e["payload"] for _, e in found] == [f"event {i}" for i in range(20)]


def two_filters_no_double(hub):
    with EventStream(hub, "/events?topic=two/%23&topic=two/a") as reader:
        ids = [hub.publish("two/a", b"x") for _ in range(5)]
        assert [id for id, _ in reader.events(5)] == ids


def chunked_stream(hub):
    with hub.connect() as client:
        client.sendall(request_text(hub, target="/topics/chunky",
                                    fields="Accept: text/event-stream\r\n"))
        answer = http.client.HTTPResponse(client)
        answer.begin()
        assert answer.headers["Content-Type"] == "text/event-stream"
        assert answer.headers["Transfer-Encoding"] == "chunked"
        hub.publish("chunky", b"in a chunk")
        while True:
            line = answer.readline()
            assert line, "the stream ended"
            if line.startswith(b"data: "):
                assert json.loads(line[6:])["payload"] == "in a chunk"
                break


def resume_without_gap_or_double(hub):
    """Readers come and go while somebody publishes; each goes on where it was."""
    total, stop = 3000, threading.Event()

    def publish():
        with hub.connect() as client:
            request = request_text(hub, "POST", "/topics/resume", "Content-Length: 1\r\n", "r")
            for _ in range(total // 10):
                client.sendall(request * 10)
                answers = b""
                while answers.count(b'{"id":') < 10:
                    answers += client.recv(65536)
        stop.set()

    last = hub.publish("resume", b"the first one")
    publisher = threading.Thread(target=publish)
    publisher.start()
    seen = []
    while len(seen) < total:
        with EventStream(hub, "/topics/resume", last) as reader:
            for id, _ in reader.events(min(157, total - len(seen))):
                seen.append(id)
            last = seen[-1]
    publisher.join()
    stored = [e["id"] for e in hub.history(f"/topics/resume?limit={total + 1}")][1:]
    assert seen == stored, f"{len(seen)} seen, {len(set(seen))} different, {len(stored)} stored"


def since_in_the_target(hub):
    first = hub.publish("since", b"1")
    second = hub.publish("since", b"2")
    with EventStream(hub, f"/topics/since?since={first}") as reader:
        assert [id for id, _ in reader.events(1)] == [second]


def retained_first(hub):
    hub.publish("state/a", b"old", Sockeye_Retain="true")
    hub.publish("state/a", b"new", Sockeye_Retain="true")
    hub.publish("state/b", b"not retained")
    with EventStream(hub, "/topics/state/%23") as reader:
        (id, event), = reader.events(1)
        assert event["payload"] == "new" and event["retain"] and id is None
        later = hub.publish("state/b", b"live")
        assert reader.events(1)[0][0] == later
    hub.publish("state/a", b"", Sockeye_Retain="true")  # clears it
    with EventStream(hub, "/topics/state/%23") as reader:
        later = hub.publish("state/c", b"live")
        assert reader.events(1)[0][0] == later


def fresh_reader_knows_its_place(hub):
    """A browser that is cut off before its first event resumes from where it began."""
    newest = hub.publish("place", b"before")
    with EventStream(hub, "/topics/place") as reader:
        block = next(reader.blocks())
        assert block == {"id": str(newest)}, block


def gap_is_told(folder):
    with Hub(folder, "--keep-events", "50") as hub:
        with hub.connect() as client:
            request = request_text(hub, "POST", "/topics/gap", "Content-Length: 1\r\n", "g")
            for _ in range(20):
                client.sendall(request * 50)
                answers = b""
                while answers.count(b'{"id":') < 50:
                    answers += client.recv(65536)
        deadline = time.monotonic() + PATIENCE
        while hub.metric("pruned_up_to_id") < 2:
            assert time.monotonic() < deadline, "nothing is pruned"
            hub.publish("gap", b"more")
            time.sleep(0.05)
        with EventStream(hub, "/topics/gap", 1) as reader:
            block = next(reader.blocks())
            assert block["event"] == "gap", block
            assert json.loads(block["data"])["since"] == 1
            id, _ = reader.events(1)[0]
            assert id > json.loads(block["data"])["pruned_up_to"]
        status, fields, _ = hub.request("GET", "/topics/gap?since=1")
        assert status == 200 and int(fields["Sockeye-Pruned-Up-To"]) > 1


def slow_reader_is_bounded(hub):
    """One reader takes nothing for a while: memory stays, the other gets everything, and the slow
    one still reads all of it in order once it goes on."""
    count, size = 1200, 100_000
    with EventStream(hub, "/topics/heavy") as quick, \
            EventStream(hub, "/topics/heavy", receive_buffer=4096) as slow:
        quick_ids = []
        thread = threading.Thread(
            target=lambda: quick_ids.extend(id for id, _ in quick.events(count)))
        thread.start()
        before = resident_kib(hub)
        ids = [hub.publish("heavy", b"h" * size) for _ in range(count)]
        thread.join(PATIENCE)
        assert quick_ids == ids, f"the quick one has {len(quick_ids)}"
        grown = resident_kib(hub) - before
        assert grown < 64 * 1024, f"{grown} KiB more for {count * size // 1024} KiB of events"
        assert hub.metric("sse_behind_total") > 0
        assert [id for id, _ in slow.events(count)] == ids


def resident_kib(hub):
    with open(f"/proc/{hub.process.pid}/status", encoding="ascii") as status:
        return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1])


# --- files

def files(hub):
    content = os.urandom(700_000)
    status, _, answer = hub.request("PUT", "/files/a/b%20c.bin", content,
                                    Content_Type="application/x-own")
    assert status == 201 and json.loads(answer)["id"] > 0
    status, fields, found = hub.request("GET", "/files/a/b%20c.bin")
    assert status == 200 and found == content
    assert fields["Content-Type"] == "application/x-own"
    assert fields["Content-Security-Policy"] == "sandbox"
    assert fields["X-Content-Type-Options"] == "nosniff"
    assert fields["Content-Disposition"] == "attachment"
    status, head, found = hub.request("HEAD", "/files/a/b%20c.bin")
    assert status == 200 and found == b"" and head["Content-Length"] == "700000"
    assert head["ETag"] == fields["ETag"]
    assert hub.request("PUT", "/files/a/b%20c.bin", b"new")[0] == 200
    assert hub.request("GET", "/files/a/b%20c.bin")[2] == b"new"
    events = hub.history("/topics/files/%23")
    assert [e["file"]["size"] for e in events if e["topic"] == "files/a/b c.bin"] == [700000, 3]
    assert hub.request("DELETE", "/files/a/b%20c.bin")[0] == 200
    assert hub.request("GET", "/files/a/b%20c.bin")[0] == 404
    assert hub.request("DELETE", "/files/a/b%20c.bin")[0] == 404
    assert hub.history("/topics/files/%23")[-1]["file"]["change"] == "removed"


def chunked_upload(hub):
    body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in [b"a" * 5000, b"b" * 70000])
    answer = hub.raw(request_text(hub, "PUT", "/files/chunked", "Transfer-Encoding: chunked\r\n"
                                  "Connection: close\r\n") + body + b"0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 201 "), answer
    assert hub.request("GET", "/files/chunked")[2] == b"a" * 5000 + b"b" * 70000


def ranges_and_conditions(hub):
    hub.request("PUT", "/files/range", b"0123456789", Content_Type="text/plain")
    status, fields, content = hub.request("GET", "/files/range", Range="bytes=2-4")
    assert (status, content) == (206, b"234") and fields["Content-Range"] == "bytes 2-4/10"
    assert "Content-Disposition" not in fields
    assert hub.request("GET", "/files/range", Range="bytes=-3")[2] == b"789"
    assert hub.request("GET", "/files/range", Range="bytes=7-")[2] == b"789"
    status, fields, content = hub.request("GET", "/files/range", Range="bytes=10-")
    assert (status, content) == (416, b"") and fields["Content-Range"] == "bytes */10"
    assert hub.request("GET", "/files/range", Range="bytes=x")[0] == 200
    many = "bytes=" + ",".join(f"{i % 10}-{i % 10}" for i in range(1000))
    assert hub.request("GET", "/files/range", Range=many)[0] in (200, 416)
    tag = fields["ETag"]
    assert hub.request("GET", "/files/range", If_None_Match=tag)[0] == 304
    assert hub.request("GET", "/files/range", If_None_Match='"other"')[0] == 200
    assert hub.request("GET", "/files/range", If_Match='"other"')[0] == 412
    assert hub.request("GET", "/files/range", Range="bytes=0-0", If_Range='"other"')[0] == 200
    assert hub.request("GET", "/files/range", Range="bytes=0-0", If_Range=tag)[0] == 206
    assert hub.request("PUT", "/files/range", b"x", If_None_Match="*")[0] == 412
    assert hub.request("PUT", "/files/range", b"x", If_Match='"other"')[0] == 412
    assert hub.request("PUT", "/files/range", b"0", If_Match=tag)[0] == 200
    assert hub.request("PUT", "/files/range", b"x", Content_Range="bytes 0-0/1")[0] == 400


def listings(hub):
    hub.request("PUT", "/files/list/%3Cb%3E", b"x")
    hub.request("PUT", "/files/list/sub/deep", b"x")
    status, _, content = hub.request("GET", "/files/list/")
    entries = json.loads(content)["entries"]
    assert status == 200 and [(e["type"], e["path"]) for e in entries] == [
        ("file", "list/<b>"), ("directory", "list/sub")], entries
    status, fields, content = hub.request("GET", "/files/list/", Accept="text/html,*/*;q=0.8")
    assert status == 200 and fields["Content-Type"].startswith("text/html")
    assert b"&lt;b&gt;" in content and b"<b>" not in content
    assert "script-src 'self'" in fields["Content-Security-Policy"]
    status, fields, _ = hub.request("GET", "/files/list")
    assert status == 308 and fields["Location"] == "/files/list/"
    assert hub.request("GET", "/files/none/")[0] == 404
    assert hub.request("GET", "/files/")[0] == 200


def bad_paths(hub):
    for path in ("../x", "a/../../x", "%2e%2e/x", "a%00b", "a//b", "/x", "a%5Cb", "%ff", "%zz"):
        for method in ("PUT", "GET", "DELETE"):
            status, _, content = hub.request(method, f"/files/{path}", b"x")
            assert status == 400, f"{method} {path}: {status} {content}"
    assert hub.request("PUT", "/files/dir/below", b"x")[0] == 201
    assert hub.request("PUT", "/files/dir", b"x")[0] == 409
    assert hub.request("PUT", "/files/dir/below/that", b"x")[0] == 409


def aborted_upload_leaves_nothing(hub):
    before = files_on_disk(hub)
    with hub.connect() as client:
        client.sendall(request_text(hub, "PUT", "/files/half", "Content-Length: 1000000\r\n"))
        client.sendall(b"h" * 400_000)
        time.sleep(0.2)
    deadline = time.monotonic() + PATIENCE
    while files_on_disk(hub) != before:
        assert time.monotonic() < deadline, files_on_disk(hub)
        time.sleep(0.02)
    assert hub.request("GET", "/files/half")[0] == 404
    assert hub.history("/topics/files/half") == []


def files_on_disk(hub):
    return sorted(str(path) for path in pathlib.Path(hub.data).rglob("*")
                  if path.is_file() and not path.name.startswith("log.db"))


def quota_is_507(folder):
    with Hub(folder, "--file-bytes", "100000") as hub:
        assert hub.request("PUT", "/files/fits", b"f" * 60_000)[0] == 201
        with hub.connect() as client:  # refused before the body is sent
            client.sendall(request_text(hub, "PUT", "/files/beyond",
                                        "Content-Length: 200000\r\nExpect: 100-continue\r\n"))
            assert client.recv(4096).startswith(b"HTTP/1.1 507 ")
        assert hub.request("PUT", "/files/beyond", b"b" * 60_000)[0] == 507
        assert hub.request("GET", "/files/beyond")[0] == 404
        assert hub.publish("alive", b"yes") > 0
        assert hub.request("GET", "/files/fits")[2] == b"f" * 60_000


# --- HTTP

def pipelined(hub):
    """Answers in the order of the requests, in few commits, errors at their place."""
    before = hub.metric("commits_total")
    requests = b"".join(
        request_text(hub, "POST", "/topics/pipe", "Content-Length: 4\r\n", f"{i:04}")
        for i in range(500))
    requests += request_text(hub, "POST", "/topics/%23", "Content-Length: 1\r\n", "x")
    requests += request_text(hub, target="/health")
    requests += request_text(hub, "POST", "/topics/pipe", "Content-Length: 1\r\n", "z")
    requests += request_text(hub, target="/nothing", fields="Connection: close\r\n")
    answer = hub.raw(requests)
    statuses = re.findall(rb"HTTP/1\.1 (\d+)", answer)
    assert statuses == [b"200"] * 500 + [b"400", b"200", b"200", b"404"], statuses[495:]
    ids = [int(id) for id in re.findall(rb'"id":(\d+)', answer)]
    stored = hub.history("/topics/pipe?limit=1000")
    assert [e["id"] for e in stored] == ids
    assert [e["payload"] for e in stored][:500] == [f"{i:04}" for i in range(500)]
    commits = hub.metric("commits_total") - before
    assert commits < 100, f"{commits} commits for 501 events"


def split_anywhere(hub):
    request = request_text(hub, "POST", "/topics/split", "Content-Length: 5\r\n", "split")
    with hub.connect() as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(1, len(request), 7):
            client.sendall(request[:at])
            time.sleep(0.002)
            client.sendall(request[at:])
            assert client.recv(4096).startswith(b"HTTP/1.1 200 ")


def continue_100(hub):
    with hub.connect() as client:
        client.sendall(request_text(hub, "POST", "/topics/go",
                                    "Content-Length: 2\r\nExpect: 100-continue\r\n"))
        assert client.recv(4096) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"go")
        assert client.recv(4096).startswith(b"HTTP/1.1 200 ")


def wrong_methods(hub):
    for method, target, allowed in [("PUT", "/topics/a", "POST"), ("DELETE", "/events", "GET"),
                                    ("POST", "/files/a", "PUT"), ("POST", "/metrics", "GET")]:
        status, fields, _ = hub.request(method, target)
        assert status == 405 and allowed in fields["Allow"], f"{method} {target}: {status}"
    assert hub.request("GET", "/nothing")[0] == 404


HOST = "Host: {host}\r\n"
REFUSED = [
    # request line
    ("GET / HTTP/0.9\r\n" + HOST, 400), ("GET / HTTP/1\r\n" + HOST, 400),
    ("GET / HTTP/1.32\r\n" + HOST, 400), ("GET / HTTP/01.01\r\n" + HOST, 400),
    ("GET / HTTP/9.9\r\n" + HOST, 505), ("GET\t/ HTTP/1.1\r\n" + HOST, 400),
    ("GET  / HTTP/1.1\r\n" + HOST, 400), ("GET /\xe9 HTTP/1.1\r\n" + HOST, 400),
    ("GET /\0 HTTP/1.1\r\n" + HOST, 400), ("GET * HTTP/1.1\r\n" + HOST, 400),
    ("CONNECT {host} HTTP/1.1\r\n" + HOST, 405),
    # Host
    ("GET / HTTP/1.1\r\n", 400), ("GET / HTTP/1.1\r\n" + HOST + HOST, 400),
    ("GET / HTTP/1.1\r\nHost: \r\n", 400), ("GET / HTTP/1.1\r\nHost: a,b\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: u@{host}\r\n", 400),
    # lines
    ("GET / HTTP/1.1\r\n" + HOST + "A: b\rc\r\n", 400), ("GET / HTTP/1.1\n" + HOST, 400),
    ("GET / HTTP/1.1\r\n" + HOST + "A: b\r\n c\r\n", 400),
    ("GET / HTTP/1.1\r\n" + HOST + "A : b\r\n", 400),
    ("GET / HTTP/1.1\r\n A: b\r\n" + HOST, 400), ("GET / HTTP/1.1\r\n" + HOST + "A\r\n", 400),
    ("GET / HTTP/1.1\r\n" + HOST + ": b\r\n", 400),
    ("GET / HTTP/1.1\r\n" + HOST + "A(: b\r\n", 400),
    ("GET / HTTP/1.1\r\n" + HOST + "A: b\0\r\n", 400),
    ("GET / HTTP/1.1\r\n" + HOST + "A: b\x01\r\n", 400),
    # framing
    *[("POST /topics/a HTTP/1.1\r\n" + HOST + fields, status) for fields, status in [
        ("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", 400),
        ("Content-Length: 1\r\nContent-Length: 1\r\n", 400),
        ("Content-Length: 1\r\nContent-Length: 2\r\n", 400), ("Content-Length: \r\n", 400),
        ("Content-Length: +1\r\n", 400), ("Content-Length: -1\r\n", 400),
        ("Content-Length: 0x1\r\n", 400), ("Content-Length: 1 1\r\n", 400),
        ("Content-Length: 1,1\r\n", 400), ("Content-Length: 99999999999999999999\r\n", 400),
        ("Transfer-Encoding: chunked, gzip\r\n", 400),
        ("Transfer-Encoding: chunked, chunked\r\n", 400),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 400),
        ("Transfer-Encoding: gzip, chunked\r\n", 501),
        ("Transfer-Encoding: \x0bchunked\r\n", 400),
        ("Transfer-Encoding: chunked\xa0\r\n", (400, 501)),
        ("Expect: something\r\n", 417)]],
    ("POST /topics/a HTTP/1.0\r\n" + HOST + "Transfer-Encoding: chunked\r\n", 400),
    # limits
    ("GET /" + "t" * 20000 + " HTTP/1.1\r\n" + HOST, 414),
    ("GET / HTTP/1.1\r\n" + HOST + "A: " + "v" * 40000 + "\r\n", 431),
    ("GET / HTTP/1.1\r\n" + HOST + "A: v\r\n" * 200, 431),
]
CHUNKS = ["\r\nx\r\n", "0x1\r\nx\r\n", "+1\r\nx\r\n", "-1\r\nx\r\n", "1_0\r\nx\r\n", " 1\r\nx\r\n",
          "1 \r\nx\r\n", "fffffffffffffffff\r\nx\r\n", "1;\r\nx\r\n", "1;a\nb\r\nx\r\n",
          "1;a=\0\r\nx\r\n", "1\r\nxx\r\n", "1\r\nx0\r\n\r\n", "1\nx\n", "1;" + "e" * 70000]


def status_of(answer):
    found = re.match(rb"HTTP/1\.1 (\d+) ", answer)
    return int(found[1]) if found else None


def refusals(hub):
    """400 (or what is said beside it) and the end of the connection, and never a second answer."""
    for text, expected in REFUSED:
        sent = text.replace("{host}", hub.host).encode("latin-1") + b"\r\n"
        answer = hub.raw(sent + request_text(hub))
        expected = expected if isinstance(expected, tuple) else (expected,)
        assert status_of(answer) in expected, f"{sent[:200]!r}: {answer[:200]!r}"
        assert answer.count(b"HTTP/1.1 ") == 1, f"{sent[:200]!r}: {answer!r}"
        assert b"onnection: close" in answer, f"{sent[:200]!r}: {answer[:400]!r}"
    for chunk in CHUNKS:
        sent = request_text(hub, "POST", "/topics/a", "Transfer-Encoding: chunked\r\n")
        answer = hub.raw(sent + chunk.encode("latin-1") + b"0\r\n\r\n")
        assert status_of(answer) == 400, f"{chunk[:60]!r}: {answer[:200]!r}"
    assert hub.history("/topics/a") == []


def good_then_bad(hub):
    answer = hub.raw(request_text(hub) + b"NOT HTTP\r\n\r\n")
    assert re.findall(rb"HTTP/1\.1 (\d+)", answer) == [b"200", b"400"], answer


def states(hub):
    answer = hub.raw(b"GET /health HTTP/1.0\r\nHost: %s\r\n\r\n" % hub.host.encode())
    assert answer.startswith(b"HTTP/1.1 200 ") and b"100 Continue" not in answer
    answer = hub.raw(b"\r\n" + request_text(hub, fields="Connection: close\r\n"))
    assert status_of(answer) == 200, answer
    upgrade = "Connection: upgrade, close\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n"
    assert status_of(hub.raw(request_text(hub, fields=upgrade))) == 200
    trailers = request_text(hub, "POST", "/topics/trailers", "Transfer-Encoding: chunked\r\n",
                            "1\r\nt\r\n0\r\nContent-Length: 5\r\n\r\n")
    answer = hub.raw(trailers + request_text(hub, fields="Connection: close\r\n"))
    assert re.findall(rb"HTTP/1\.1 (\d+)", answer) == [b"200", b"200"], answer
    big = request_text(hub, "POST", "/nothing", "Content-Length: 3000000\r\n")
    answer = hub.raw(big + b"b" * 100_000)  # unread: the answer comes, then the end
    assert status_of(answer) == 405 and answer.count(b"HTTP/1.1 ") == 1, answer


def slow_head_is_408(hub):
    """Trickling does not help."""
    with hub.connect() as client:
        start = time.monotonic()
        client.sendall(b"GET / HTTP/1.1\r\n")
        answer = b""
        client.settimeout(0.5)
        while not answer:
            assert time.monotonic() - start < PATIENCE
            with contextlib.suppress(TimeoutError):
                answer = client.recv(4096)
            if not answer:
                client.sendall(b"A: b\r\n")
        assert status_of(answer) == 408, answer
        assert 8 < time.monotonic() - start < 15


def slow_body_is_408(hub):
    with hub.connect() as client:
        start = time.monotonic()
        client.sendall(request_text(hub, "POST", "/topics/slow", "Content-Length: 100\r\n", "s"))
        assert status_of(client.recv(4096)) == 408
        assert time.monotonic() - start < 30
    assert hub.history("/topics/slow") == []


# --- who may

def host_and_origin(hub):
    for name in ("localhost", "127.0.0.1", "LOCALHOST", "[::1]"):
        assert hub.request("GET", "/health", Host=f"{name}:{hub.port}")[0] == 200, name
    for name in ("evil.example", f"evil.example:{hub.port}", "localhost", "127.0.0.1:1",
                 f"localhost.evil.example:{hub.port}", f"10.0.0.1:{hub.port}"):
        assert hub.request("GET", "/health", Host=name)[0] == 421, name
    own = f"http://{hub.host}"
    for fields, expected in [
            ({}, 200), ({"Origin": own}, 200), ({"Sec_Fetch_Site": "same-origin"}, 200),
            ({"Sec_Fetch_Site": "none"}, 200), ({"Sec_Fetch_Site": "cross-site"}, 403),
            ({"Sec_Fetch_Site": "same-site"}, 403), ({"Origin": "http://evil.example"}, 403),
            ({"Origin": "null"}, 403), ({"Origin": f"https://{hub.host}"}, 403),
            ({"Origin": "http://127.0.0.1:1"}, 403)]:
        assert hub.request("POST", "/topics/origin", b"x", **fields)[0] == expected, fields
        assert hub.request("PUT", "/files/origin", b"x", **fields)[0] in (expected, 201), fields
    assert len(hub.history("/topics/origin")) == 4
    answer = hub.request("GET", "/health", Origin="http://evil.example")
    assert not [name for name in answer[1] if name.lower().startswith("access-control")]


def pages(hub):
    status, fields, content = hub.request("GET", "/")
    assert status == 200 and b"<title>" in content
    assert "frame-ancestors 'none'" in fields["Content-Security-Policy"]
    assert fields["X-Content-Type-Options"] == "nosniff"
    for path in re.findall(rb'(?:src|href)="([^":#]+)"', content):
        assert hub.request("GET", "/" + path.decode())[0] == 200, path
    assert json.loads(hub.request("GET", "/health")[2]) == {"status": "ok"}
    assert hub.metric("events_stored_total") == hub.metric("last_event_id")


# --- life

def only_loopback(folder):
    for address in ("0.0.0.0:0", "[::]:0", "192.0.2.1:80", "example.com:80", "nonsense"):
        ended = subprocess.run([BUILD / "sockeye", "hub", "--listen", address, "--data",
                                os.path.join(folder, "data")], capture_output=True, timeout=PATIENCE)
        assert ended.returncode == 2 and b"--listen" in ended.stderr, ended
    assert not os.path.exists(os.path.join(folder, "data"))


def second_hub_is_refused(folder):
    with Hub(folder) as hub:
        ended = subprocess.run([BUILD / "sockeye", "hub", "--listen", "127.0.0.1:0", "--data",
                                hub.data], capture_output=True, timeout=PATIENCE)
        assert ended.returncode == 1 and b"in use" in ended.stderr, ended
        ended = subprocess.run([BUILD / "sockeye", "hub", "--listen", hub.host, "--data",
                                os.path.join(folder, "other")], capture_output=True,
                               timeout=PATIENCE)
        assert ended.returncode == 1 and b"address already in use" in ended.stderr, ended
        assert hub.publish("still", b"here") > 0


def drains(folder, *options):
    """A request under way is answered, streams end well, and what was stored is there again."""
    with Hub(folder, *options) as hub:
        with EventStream(hub, "/topics/drain") as reader, hub.connect() as client, \
                hub.connect() as idle:
            first = hub.publish("drain", b"one")
            assert reader.events(1)[0][0] == first
            client.sendall(request_text(hub, "POST", "/topics/drain", "Content-Length: 3\r\n", "two")
                           * 50)
            start = time.monotonic()
            code = hub.stop()
            assert code == 0, f"exit {code}: {hub.said}"
            assert time.monotonic() - start < 8
            answers = b"".join(iter(lambda: client.recv(65536), b""))
            assert reader.file.read() is not None and idle.recv(10) == b""
    acknowledged = [int(id) for id in re.findall(rb'"id":(\d+)', answers)]
    with Hub(folder, *options) as hub:
        stored = [e["id"] for e in hub.history("/topics/drain")]
        assert set(acknowledged) <= set(stored) and stored[0] == first
        assert hub.stop() == 0


def drains_with_two_loops(folder):
    drains(folder, "--threads", "2")


def drains_on_epoll(folder):
    drains(folder, "--engine", "epoll")


def two_loops(folder):
    """Readers on both loops hear publishers on both."""
    with Hub(folder, "--threads", "2") as hub, contextlib.ExitStack() as stack:
        readers = [stack.enter_context(EventStream(hub, "/topics/both")) for _ in range(8)]
        ids = [hub.publish("both", b"x") for _ in range(30)]
        for reader in readers:
            assert [id for id, _ in reader.events(30)] == ids
        assert hub.metric("sse_readers") == 8


SHARED = [publish_and_read_history, history_in_pages, publish_refusals, idempotency, expiry,
          live_events, two_filters_no_double, chunked_stream, resume_without_gap_or_double,
          since_in_the_target, retained_first, fresh_reader_knows_its_place,
          slow_reader_is_bounded, files, chunked_upload, ranges_and_conditions, listings,
          bad_paths, aborted_upload_leaves_nothing, pipelined, split_anywhere, continue_100,
          wrong_methods, refusals, good_then_bad, states, host_and_origin, pages]
PATIENT = [slow_head_is_408, slow_body_is_408]  # beside the others, since they only wait
OWN = [gap_is_told, quota_is_507, only_loopback, second_hub_is_refused, drains,
       drains_with_two_loops, drains_on_epoll, two_loops]


def main():
    chosen = sys.argv[1:]
    results = []

    def run(test, argument):
        if not chosen or test.__name__ in chosen:
            results.append(check(test, argument))

    def run_in_folder(test):
        with tempfile.TemporaryDirectory() as folder:
            run(test, folder)

    def run_with_hub(test):
        with tempfile.TemporaryDirectory() as folder, Hub(folder) as hub:
            run(test, hub)

    waiting = [threading.Thread(target=run_with_hub, args=[test]) for test in PATIENT]
    for each in waiting:
        each.start()
    with tempfile.TemporaryDirectory() as folder, Hub(folder) as hub:
        for test in SHARED:
            run(test, hub)
        if hub.process.poll() is not None or hub.stop() != 0:
            print(f"not ok the_hub_lives: {hub.process.returncode} {hub.said}")
            results.append(False)
    for test in OWN:
        run_in_folder(test)
    for each in waiting:
        each.join()
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
