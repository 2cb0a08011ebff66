#!/usr/bin/env python3
"""without_io_uring.py COMMAND [ARG...]: runs a command for which the kernel refuses io_uring.

A seccomp filter answers EPERM to the io_uring system calls, as Docker's default profile does. A
program that is started so must work all the same, on epoll.
"""

import ctypes
import os
import platform
import struct
import sys

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
SECCOMP_RET_ERRNO, SECCOMP_RET_ALLOW, EPERM = 0x00050000, 0x7FFF0000, 1
LOAD_WORD, JUMP_IF_EQUAL, JUMP_IF_AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06
AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
IO_URING_SETUP, IO_URING_REGISTER = 425, 427  # the same numbers on every architecture


def refuse_io_uring():
    """Installs the filter in this process; it outlives exec."""
    program = [
        (LOAD_WORD, 0, 0, 4),  # the architecture
        (JUMP_IF_EQUAL, 0, 4, AUDIT_ARCH[platform.machine()]),
        (LOAD_WORD, 0, 0, 0),  # the number of the system call
        (JUMP_IF_AT_LEAST, 0, 2, IO_URING_SETUP),
        (JUMP_IF_AT_LEAST, 1, 0, IO_URING_REGISTER + 1),
        (RETURN, 0, 0, SECCOMP_RET_ERRNO | EPERM),
        (RETURN, 0, 0, SECCOMP_RET_ALLOW),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *i) for i in program))
    header = ctypes.create_string_buffer(
        struct.pack("@HP", len(program), ctypes.addressof(code))
    )
    libc = ctypes.CDLL(None, use_errno=True)
    for arguments in ((PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, header)):
        if libc.prctl(*arguments) != 0:
            raise OSError(ctypes.get_errno(), "prctl: " + os.strerror(ctypes.get_errno()))
    # A filter that refuses nothing would let every test behind it pass for the wrong reason.
    if libc.syscall(IO_URING_SETUP, 0, None) != -1 or ctypes.get_errno() != EPERM:
        raise RuntimeError("io_uring_setup is not refused")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    refuse_io_uring()
    os.execvp(sys.argv[1], sys.argv[1:])
