"""Closes the box from inside, just before a submission runs: limits, then stage 2.

The file lies in the box beside the worker, which calls `lock` when Keras is imported:

    import lockdown
    lockdown.lock()

The limits are in `limits.json`, the filter in `stage_2.bpf`, both beside this file.
With no filter there (no box: macOS, Windows), only the limits hold.
"""

import ctypes
import json
import os
import struct
from pathlib import Path

PID = 0x7E57C0DE  # as in filters.py, which does not lie in the box
SET_NO_NEW_PRIVILEGES, SET_DUMPABLE = 38, 4  # of prctl
DROP_BOUND, AMBIENT, CLEAR_ALL = 24, 47, 4  # likewise
CAPABILITY_VERSION = 0x20080522
SECCOMP = {"x86_64": 317, "aarch64": 277}
SET_MODE_FILTER, ALL_THREADS = 1, 1


class Program(ctypes.Structure):
    """`struct sock_fprog`: how many instructions, and where they are."""

    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_void_p)]


def lock(folder: Path = Path(__file__).parent) -> None:
    """Sets the limits, soft and hard, and loads the filter into all threads.

    Args:
        folder: where `limits.json` and `stage_2.bpf` are.

    Raises:
        OSError: the kernel refused; no submission may run then.
    """
    limits = folder / "limits.json"
    if limits.exists():
        set_limits(json.loads(limits.read_text(encoding="utf-8")))
    filter_file = folder / "stage_2.bpf"
    if filter_file.exists():
        load(filter_file.read_bytes())


def set_limits(limits: dict[str, int]) -> None:
    """Sets limits by name, as `{"NOFILE": 64}`; `CPU` counts from now."""
    import resource

    for name, value in limits.items():
        kind = getattr(resource, f"RLIMIT_{name}", None)
        if kind is None:
            continue
        if name == "CPU":
            value += int(time_used())
        hard = resource.getrlimit(kind)[1]
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)
        resource.setrlimit(kind, (value, value))


def time_used() -> float:
    """Seconds of processor time that this process has used."""
    times = os.times()
    return times.user + times.system


def load(program: bytes) -> None:
    """Loads a filter for good, and makes the process one that leaves no core."""
    program = program.replace(struct.pack("=I", PID), struct.pack("=I", os.getpid()))
    libc = ctypes.CDLL(None, use_errno=True)
    code = ctypes.create_string_buffer(program, len(program))
    header = Program(len(program) // 8, ctypes.cast(code, ctypes.c_void_p))
    done(libc.prctl(SET_DUMPABLE, 0, 0, 0, 0))
    done(libc.prctl(SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0))
    number = SECCOMP[os.uname().machine]
    what = SET_MODE_FILTER, ALL_THREADS, ctypes.byref(header)
    done(libc.syscall(number, *what))


def become(user: int) -> None:
    """Turns root into a user who may do nothing else, for good.

    Raises:
        OSError: the kernel refused.
    """
    os.setgroups([])
    give_up_bound()
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    give_up_capabilities()


def give_up_bound() -> None:
    """Takes all capabilities from what this process could ever get."""
    libc, number = ctypes.CDLL(None, use_errno=True), 0
    while libc.prctl(DROP_BOUND, number, 0, 0, 0) == 0:
        number += 1
    if number < 30:  # the kernel knows about 40, and refuses the first that it doesn't
        raise OSError(ctypes.get_errno(), "capabilities cannot be given up")
    done(libc.prctl(AMBIENT, CLEAR_ALL, 0, 0, 0))


def give_up_capabilities() -> None:
    """Takes all capabilities from this process, for good."""
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0)
    libc = ctypes.CDLL(None, use_errno=True)
    done(libc.capset(header, (ctypes.c_uint32 * 6)()))


def done(result: int) -> None:
    """Raises `OSError` if a call of the C library has failed."""
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"the box cannot be closed: {os.strerror(number)}")
