#!/usr/bin/env python3
"""machines.py BUILD: a protocol's machine does no I/O and asks no clock.

Reads what the objects of each machine import. Time, randomness and bytes are handed in by the
caller, so none of them may import a symbol of sockets, files, clocks, threads or chance.
"""

import re
import subprocess
import tomllib

import layers
import tree as house

SYSTEM_CALLS = """
    socket socketpair connect bind listen accept accept4 send sendto sendmsg sendmmsg recv recvfrom
    recvmsg recvmmsg shutdown setsockopt getsockopt getpeername getsockname getaddrinfo select
    pselect poll ppoll epoll_create1 epoll_ctl epoll_wait ioctl fcntl fcntl64 pipe pipe2 eventfd
    open open64 openat openat64 creat close read write pread pread64 pwrite pwrite64 readv writev
    fsync fdatasync sendfile sendfile64 splice stat fstat lstat unlink rename mkdir opendir readdir
    fopen fopen64 fdopen fclose fread fwrite fputs fputc puts printf fprintf vfprintf putchar fflush
    time clock clock_gettime clock_nanosleep gettimeofday nanosleep usleep sleep localtime
    localtime_r gmtime gmtime_r timerfd_create alarm
    rand srand random srandom rand_r drand48 getrandom getentropy arc4random
    getenv secure_getenv system popen fork execve kill signal sigaction syscall
""".split()
DENIED = re.compile(
    "^(" + "|".join(SYSTEM_CALLS) + ")(@.*)?$"
    r"|^pthread_|^io_uring_|^SSL_|^sqlite3_"
    r"|^_ZNSt6chrono3_V2\d+\w+_clock3nowEv"  # std::chrono clocks
    r"|^_ZNSt6thread|^_ZNSt18condition_variable|^_ZNSt13random_device"
    r"|^_ZNSt1[34]basic_[io]?f(ile|stream)|^_ZSt4(cout|cerr|clog)|^_ZSt3cin"
)


def imports(path):
    listing = subprocess.run(["nm", "-u", path], check=True, capture_output=True, text=True).stdout
    return [line.split()[-1] for line in listing.splitlines() if line.strip()]


def check(tree, arguments):
    build = tree.root / arguments[0]
    table = layers.Layers(tomllib.loads(tree.text("checks/layers.toml")))
    for path in tree.files("sockeye/protocols/**.cpp"):
        if table.of(path) != "machines" or layers.is_test(path):
            continue
        name = f"CMakeFiles/sockeye_library.dir/{path}.o"
        if not (build / name).exists():
            yield f"{path}: {name} is not there; build first"
            continue
        for symbol in imports(build / name):
            if DENIED.match(symbol):
                yield f"{path}: a machine may not use {symbol}"


if __name__ == "__main__":
    house.main(__doc__, check)
