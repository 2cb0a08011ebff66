"""Who is measured, by what command. `{build}` is the build folder, `{address}` is HOST:PORT."""

SOCKEYE = "{build}/examples/tcp_echo_server {address}"
PEER = "{build}/benchmarks/peers/"

ECHO = {
    "raw_uring": PEER + "raw_uring",
    "sockeye": SOCKEYE + " --engine uring",
    "raw_epoll": PEER + "raw_epoll",
    "sockeye_epoll": SOCKEYE + " --engine epoll",
    "asio_callbacks": PEER + "asio_callbacks",
    "asio_coroutines": PEER + "asio_coroutines",
    "asio_uring": PEER + "asio_uring",
    "libuv": PEER + "libuv",
    "asyncio": "python3 {source}/benchmarks/peers/asyncio_protocol.py",
}

CHURN = {
    "raw_epoll": PEER + "raw_epoll",
    "sockeye": SOCKEYE + " --engine uring",
    "sockeye_epoll": SOCKEYE + " --engine epoll",
    "raw_uring": PEER + "raw_uring --addresses",
}

ROUND_TRIP = {
    "raw_epoll": PEER + "raw_epoll",
    "raw_epoll_spin": PEER + "raw_epoll --spin 1000",
    "raw_uring_spin": PEER + "raw_uring --spin 1000",
    "sockeye": SOCKEYE + " --engine uring",
    "sockeye_spin": SOCKEYE + " --engine uring --spin 1000",
    "sockeye_epoll_spin": SOCKEYE + " --engine epoll --spin 1000",
}

BULK = {
    "bulk_loop": PEER + "bulk_loop {way} {address}",
    "sockeye": "{build}/benchmarks/sockeye_bulk {way} {address} --seconds {life}",
}

HUB = "{build}/sockeye hub --listen {address} --data {data}"


def chosen(options, known):
    """The peers of a measure: all known, or those of --only; with those of --peer behind."""
    entries = {name: known[name] for name in known if not options.only or name in options.only}
    for text in options.peer:
        name, mark, command = text.partition("=")
        if not mark or not command:
            raise SystemExit(f"--peer {text}: NAME=COMMAND is needed")
        entries[name] = command
    if not entries:
        raise SystemExit(f"--only: none of {', '.join(known)}")
    return entries


def reference_of(options, results, default):
    name = options.reference or default
    if name not in results:
        return next(iter(results))
    return name
