"""The two filters of system calls: run on a small filter machine, and by the kernel."""

import os
import platform
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from keras_gen.grading import filters, lockdown

NUMBERS = {
    "x86_64": dict(read=0, write=1, mmap=9, clone=56, clone3=435, execve=59, socket=41),
    "aarch64": dict(
        read=63, write=64, mmap=222, clone=220, clone3=435, execve=221, socket=198
    ),
}
NUMBERS["x86_64"] |= dict(ioctl=16, prlimit64=302, kill=62, fcntl=72, keyctl=250)
NUMBERS["aarch64"] |= dict(ioctl=29, prlimit64=261, kill=129, fcntl=25, keyctl=219)
NUMBERS["x86_64"] |= dict(mount=165, shmget=29, flock=73, prctl=157, futex=202)
NUMBERS["aarch64"] |= dict(mount=40, shmget=194, flock=32, prctl=167, futex=98)
NUMBERS["x86_64"] |= dict(memfd_create=319, fchmodat=268, utimensat=280, fchownat=260)
NUMBERS["aarch64"] |= dict(memfd_create=279, fchmodat=53, utimensat=88, fchownat=54)
THREAD = 0x3D0F00  # the flags with which glibc makes a thread
FORK = 0x1200011
ALLOW, EPERM, ENOSYS, KILL = 0x7FFF0000, 0x50001, 0x50026, 0x80000000
# (call, arguments, what stage 1 says, what stage 2 says)
CALLS = [
    ("read", (), ALLOW, ALLOW),
    ("write", (), ALLOW, ALLOW),
    ("mmap", (2**64 - 1,) * 6, ALLOW, ALLOW),
    ("futex", (), ALLOW, ALLOW),
    ("clone", (THREAD,), ALLOW, ALLOW),
    ("clone", (FORK,), ALLOW, EPERM),
    ("clone", (FORK | 0x10000000,), EPERM, EPERM),
    ("clone", (THREAD | 0x10000000,), EPERM, ALLOW),
    ("clone3", (), ENOSYS, ENOSYS),
    ("execve", (), ALLOW, EPERM),
    ("socket", (1,), ALLOW, EPERM),
    ("socket", (2,), EPERM, EPERM),
    ("socket", (40,), EPERM, EPERM),
    ("socket", (2**32 + 1,), ALLOW, EPERM),
    ("socket", (2**32 + 2,), EPERM, EPERM),
    ("ioctl", (0, 0x5401), ALLOW, ALLOW),
    ("ioctl", (0, 0x5412), EPERM, ALLOW),
    ("ioctl", (0, 0x541C + 2**32), EPERM, ALLOW),
    ("prlimit64", (0, 7, 0), ALLOW, ALLOW),
    ("prlimit64", (0, 7, 8), ALLOW, EPERM),
    ("prlimit64", (0, 7, 2**40), ALLOW, EPERM),
    ("kill", (filters.PID, 9), ALLOW, ALLOW),
    ("kill", (1, 9), ALLOW, EPERM),
    ("kill", (2**64 - 1, 9), ALLOW, EPERM),
    ("fcntl", (0, 3), ALLOW, ALLOW),
    ("fcntl", (0, 6), ALLOW, EPERM),
    ("prctl", (15,), ALLOW, ALLOW),
    ("prctl", (4,), ALLOW, EPERM),
    ("prctl", (1,), ALLOW, EPERM),
    ("keyctl", (), EPERM, ALLOW),
    ("mount", (), EPERM, ALLOW),
    ("shmget", (), EPERM, ALLOW),
    ("flock", (), ALLOW, EPERM),
    ("memfd_create", (), ALLOW, EPERM),
    ("fchmodat", (), ALLOW, ALLOW),
    (454, (), ENOSYS, ENOSYS),
    (0x40000000, (), ENOSYS, ENOSYS),
    (0x40000000 + 59, (), ENOSYS, ENOSYS),
    (2**32 - 1, (), ENOSYS, ENOSYS),
]


def run(program: bytes, architecture: int, number: int, arguments=()) -> int:
    """What a filter answers; linux/filter.h says how it runs."""
    arguments = (*arguments, *[0] * 6)[:6]
    data = struct.pack("=IIQ6Q", number, architecture, 0, *arguments)
    code = [struct.unpack_from("=HBBI", program, i) for i in range(0, len(program), 8)]
    place, loaded = 0, 0
    while True:
        operation, if_true, if_false, value = code[place]
        place += 1
        if operation == 0x06:
            return value
        if operation == 0x20:
            (loaded,) = struct.unpack_from("=I", data, value)
            continue
        true = {
            0x15: loaded == value,
            0x25: loaded > value,
            0x35: loaded >= value,
            0x45: loaded & value != 0,
        }[operation]
        place += if_true if true else if_false


@pytest.mark.parametrize("architecture", filters.ARCHITECTURES)
@pytest.mark.parametrize(("call", "arguments", "first", "second"), CALLS)
def test_filter_answers(architecture, call, arguments, first, second):
    audit = filters.ARCHITECTURES[architecture]
    number = NUMBERS[architecture].get(call, call)
    assert run(filters.stage_1(architecture), audit, number, arguments) == first
    assert run(filters.stage_2(architecture), audit, number, arguments) == second


SHARED = [
    ("fchmodat", (), EPERM),
    ("utimensat", (), EPERM),
    ("fchownat", (), EPERM),
    ("ioctl", (0, 0x5401), ALLOW),  # is it a terminal?
    ("ioctl", (0, 0x541B), ALLOW),
    ("ioctl", (0, 0x5451), ALLOW),
    ("ioctl", (0, 0x5412), EPERM),  # type into it
    ("ioctl", (0, 0x8901), EPERM),  # who gets a socket's signals
    ("ioctl", (0, 0x8902), EPERM),
    ("ioctl", (0, 0x40086602), EPERM),  # attributes of a file
    ("ioctl", (0, 0x5000940E), EPERM),  # subvolumes of Btrfs
    ("socket", (2,), EPERM),
    ("mount", (), EPERM),
    ("read", (), ALLOW),
    ("prctl", (15,), ALLOW),
]


@pytest.mark.parametrize("architecture", filters.ARCHITECTURES)
@pytest.mark.parametrize(("call", "arguments", "answer"), SHARED)
def test_filter_where_files_are_shared(architecture, call, arguments, answer):
    audit, number = filters.ARCHITECTURES[architecture], NUMBERS[architecture][call]
    program = filters.stage_1(architecture, mounts=False)
    assert run(program, audit, number, arguments) == answer


@pytest.mark.parametrize("architecture", filters.ARCHITECTURES)
def test_every_listed_call_is_refused_and_its_neighbours_are_not(architecture):
    audit = filters.ARCHITECTURES[architecture]
    for program, table, rules in (
        (filters.stage_1(architecture), filters.ALWAYS, filters.ALWAYS_ARGUMENTS),
        (filters.stage_2(architecture), filters.FOR_STUDENTS, ()),
        (
            filters.stage_1(architecture, mounts=False),
            f"{filters.ALWAYS}, {filters.WITHOUT_MOUNTS}",
            filters.WITHOUT_MOUNTS_ARGUMENTS,
        ),
    ):
        listed = set(filters.numbers(table, architecture))
        judged = {435} | {filters.numbers(r[0], architecture)[0] for r in rules}
        if not rules:
            judged |= {
                filters.numbers(r[0], architecture)[0]
                for r in filters.STUDENTS_ARGUMENTS
            }
        for number in set(range(454)) - judged:
            answer = run(program, audit, number)
            assert answer == (EPERM if number in listed else ALLOW), number


@pytest.mark.parametrize("architecture", filters.ARCHITECTURES)
@pytest.mark.parametrize("audit", [0x40000003, 0x40000028, 0])  # i386, arm, nothing
def test_other_architectures_end_the_process(architecture, audit):
    assert run(filters.stage_1(architecture), audit, 0) == KILL
    assert run(filters.stage_2(architecture), audit, 0) == KILL


def test_unknown_processor_is_one_sentence():
    with pytest.raises(ValueError, match="No filter for a processor 'riscv64'"):
        filters.stage_1("riscv64")


def test_long_jumps_are_refused():
    table = ", ".join(f"call {n} {n}" for n in range(0, 1200, 2))
    with pytest.raises(ValueError, match="too long"):
        filters.program("x86_64", table, ())


def test_lockdown_knows_the_same_place_for_its_number():
    assert lockdown.PID == filters.PID


LOCKED = """
import os, resource, signal, socket, sys, threading
sys.path.insert(0, sys.argv[1])
import lockdown
ready, go, seen = threading.Event(), threading.Event(), []
def other():
    ready.set()
    go.wait()
    try: os.fork()
    except PermissionError as fault: seen.append(fault.errno)
early = threading.Thread(target=other)
early.start()
ready.wait()
from pathlib import Path
lockdown.lock(Path(sys.argv[2]))
go.set()
early.join()
assert seen == [1], "a thread that was there before is locked too"
late = threading.Thread(target=seen.append, args=(2,))
late.start()
late.join()
assert seen == [1, 2], "threads remain"
def refused(do, *arguments):
    try: do(*arguments)
    except (OSError, ValueError): return
    raise SystemExit(f"{do} was not refused")
refused(os.fork)
refused(os.execv, sys.executable, [sys.executable])
refused(os.posix_spawn, sys.executable, [sys.executable], {})
refused(socket.socket)
refused(socket.socketpair)
refused(os.kill, os.getppid(), 0)
refused(os.kill, 1, 0)
os.kill(os.getpid(), 0)
assert resource.getrlimit(resource.RLIMIT_NOFILE) == (50, 50)
refused(resource.setrlimit, resource.RLIMIT_NOFILE, (49, 49))
refused(os.setsid)
import ctypes
assert ctypes.CDLL(None).prctl(3, 0, 0, 0, 0) == 0, "dumpable"
assert ctypes.CDLL(None).prctl(4, 1, 0, 0, 0) == -1, "dumpable again"
print("closed")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="seccomp is Linux's")
@pytest.mark.skipif(platform.machine() not in filters.ARCHITECTURES, reason="no filter")
def test_kernel_takes_stage_2_in_all_threads(tmp_path):
    (tmp_path / "stage_2.bpf").write_bytes(filters.stage_2())
    (tmp_path / "limits.json").write_text('{"NOFILE": 50, "CORE": 0, "WHAT": 1}')
    folder = Path(lockdown.__file__).parent
    done = subprocess.run(
        [sys.executable, "-P", "-c", LOCKED, folder, tmp_path],
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout == "closed\n", done.stdout + done.stderr
