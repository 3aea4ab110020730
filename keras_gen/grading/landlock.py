"""Shuts a worker in where there are no namespaces: by Landlock, from its first line.

    python landlock.py FD       FD is the socket to the judge; it becomes `worker.py`

Landlock takes from a process, for good, what its rules do not allow: here all files but
those of the runtime, which may be read, and one scratch folder; all of TCP; signals to
and abstract sockets of processes outside (Linux 6.12). The filters of system calls do
the rest, as in every box. `man 7 landlock` and `linux/landlock.h` describe it.

`landlock.json` beside this file says `read` and `write` (paths), `user` (whom root is
to become, or null) and `judge` (the process with which the worker ends).
"""

import ctypes
import errno
import json
import os
import runpy
import signal
import struct
import sys
from pathlib import Path

try:  # in the box, where the files lie side by side
    import lockdown
except ImportError:
    from keras_gen.grading import lockdown

OLDEST = 3  # Linux 6.2: before, any file of the user's could be cut to nothing
CREATE, ADD_RULE, RESTRICT = 444, 445, 446  # the same on every processor
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, REMOVE_DIR, REMOVE_FILE = (
    1 << bit for bit in range(6)
)
MAKE_DIR, MAKE_REG, REFER, TRUNCATE, IOCTL = (1 << bit for bit in (7, 8, 13, 14, 15))
READ = READ_FILE | READ_DIR  # and nothing may be executed
WRITE = READ | WRITE_FILE | TRUNCATE | MAKE_DIR | MAKE_REG | REMOVE_DIR | REMOVE_FILE
WRITE |= REFER  # rename into another folder
OF_A_FILE = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL
SET_PARENT_DEATH_SIGNAL = 1  # of prctl


def main(descriptor):
    """Shuts this process in, and runs the worker in it."""
    here = Path(__file__).parent
    settings = json.loads((here / "landlock.json").read_text(encoding="utf-8"))
    stage_1 = (here / "stage_1.bpf").read_bytes()
    # Where memory is short, the kernel ends this process, and not the judge.
    Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    restrict(settings["read"], settings["write"])
    if settings["user"] is not None:
        lockdown.become(settings["user"])
    end_with(settings["judge"])
    lockdown.load(stage_1)
    sys.argv = [str(here / "worker.py"), descriptor]
    runpy.run_path(sys.argv[0], run_name="__main__")


def version() -> int:
    """The version of Landlock's interface; 0 where the kernel has none."""
    return max(0, ctypes.CDLL(None).syscall(CREATE, None, ctypes.c_size_t(0), 1))


def restrict(read, write) -> None:
    """Allows this process, and all that it ever starts, these paths and no others.

    Must come before there is a second thread, which would not be restricted.

    Args:
        read: files and folders; those that are missing are passed over.
        write: likewise; in folders files can be made and removed.

    Raises:
        OSError: the kernel has no Landlock, or too old a one, or refuses.
    """
    found = version()
    if found < OLDEST:
        text = "Landlock is missing, off, or older than that of Linux 6.2"
        raise OSError(errno.ENOSYS, text)
    kinds = (1 << (16 if found >= 5 else 15)) - 1
    tcp, scopes = 3 if found >= 4 else 0, 3 if found >= 6 else 0
    rules = call(CREATE, struct.pack("=3Q", kinds, tcp, scopes), ctypes.c_size_t(24), 0)
    for paths, allowed in ((read, READ), (write, WRITE)):
        for path in paths:
            add(rules, path, allowed)
    lockdown.done(ctypes.CDLL(None).prctl(lockdown.SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0))
    call(RESTRICT, rules, 0)
    os.close(rules)


def add(rules: int, path: str, allowed: int) -> None:
    """Adds what is allowed with a path, and below it."""
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not os.path.isdir(path):
            allowed &= OF_A_FILE
        call(ADD_RULE, rules, 1, struct.pack("=Qi", allowed, place), 0)
    finally:
        os.close(place)


def end_with(judge: int) -> None:
    """Makes the kernel end this process when the judge's thread ends."""
    libc = ctypes.CDLL(None, use_errno=True)
    lockdown.done(libc.prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0))
    if os.getppid() != judge:  # it has ended before
        raise SystemExit("The judge has gone.")


def call(*arguments) -> int:
    """A system call; raises `OSError`."""
    made = ctypes.CDLL(None, use_errno=True).syscall(*arguments)
    if made < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return made


if __name__ == "__main__":
    main(sys.argv[1])
