"""Workers that start in a moment, forked in a box from a process that has Keras.

A zygote is a box in which `forks.py` has imported Keras, and run nothing. It is kept
for the next worker with the same files and limits, for as long as the thread that
started it lives. Only root can make one: each of its workers is another user, so that
none can touch the zygote or another worker; an ordinary user has only himself.

What a worker may see and do is the same as without (`tests/test_box.py` runs with and
without), and the judge looks, from outside, at each one before it is used.
"""

import atexit
import contextlib
import functools
import hashlib
import json
import os
import select
import signal
import socket
import subprocess
import threading
from pathlib import Path

from keras_gen.grading import bubblewrap, compiled, filters, launch, runtime, users
from keras_gen.grading.launched import SCRATCH, Launched
from keras_gen.grading.limits import Limits
from keras_gen.grading.printed import Printed

OFF = "GRADING_WITHOUT_ZYGOTE"  # in the environment: every worker is started afresh
KEPT = 3  # zygotes without a worker, for each thread
FORK = 30.0  # seconds of the clock that a fork may take
_mine = threading.local()


class Broken(Exception):
    """A zygote gives no worker; the message says why."""


def start(tier: str, files: dict, channel, backend, limits: Limits):
    """Starts a worker: by a zygote where one is possible, else as `launch.start` does.

    Args and errors are those of `launch.start`.
    """
    fresh = functools.partial(launch.start, tier, files, channel, backend, limits)
    if tier != "bwrap-root" or os.environ.get(OFF) or "forks.py" not in files:
        return fresh()
    for _ in range(2):  # it may have been killed since
        zygote = None
        try:
            zygote = _kept(files, backend, limits)
            return zygote.fork(channel)
        except (Broken, OSError):
            if zygote is not None:
                _forget(zygote)
    return fresh()


class Zygote:
    """A process in a box that forks workers.

    Args:
        files: contents by name.
        backend: Keras's, or None.
        limits: of its workers.

    Raises:
        Broken: it does not start.
    """

    def __init__(self, files: dict, backend: str | None, limits: Limits):
        self.jobs, self.owner, self._launched = 0, os.getpid(), None
        self._stack, self._printed = contextlib.ExitStack(), Printed()
        settings = {
            "folders": {SCRATCH: limits.scratch, "/dev/shm": limits.shared},
            "files": 2 * limits.scratch_files + 64,  # the judge is to see it first
            "scratch": SCRATCH,
            "keras": backend is not None,
        }
        files = files | {
            "limits.json": json.dumps(limits.of_process(own_user=True)).encode(),
            "forks.json": json.dumps(settings).encode(),
            "stage_1.bpf": filters.stage_1(),
            "stage_2.bpf": filters.stage_2(),
        }
        self.control, inside = socket.socketpair(type=socket.SOCK_SEQPACKET)
        self._output, printed = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._stack.callback(os.close, self._output)
        os.set_blocking(printed, True)
        options = bubblewrap.namespaces()
        options += bubblewrap.capabilities("SYS_ADMIN", "SETUID", "SETGID", "SETPCAP")
        command = bubblewrap.program(runtime.find(), "forks.py", inside)
        what = (files, backend, limits)
        with inside, os.fdopen(printed, "wb") as printed:
            self._launched = bubblewrap.bubblewrap(
                self._stack, options, command, what, inside, printed, None
            )
        self.control.settimeout(limits.start)
        try:
            if self.control.recv(64) != b"ready":
                raise OSError("it has ended")
        except OSError as fault:
            self._printed.drain(self._output)
            self.close()
            raise Broken(f"{fault}; it printed: {self._printed.text()}") from None

    def fork(self, channel) -> Launched:
        """Starts a worker.

        Args:
            channel: the worker's end of the socket pair.

        Raises:
            Broken: nothing was started.
            OSError: it has gone.
        """
        self._printed.drain(self._output)
        with contextlib.ExitStack() as stack:
            user = stack.enter_context(users.lease())
            output, printed = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
            stack.callback(os.close, output)
            told, tell = socket.socketpair(type=socket.SOCK_SEQPACKET)
            stack.enter_context(told)
            with tell, os.fdopen(printed, "wb"):
                os.set_blocking(printed, True)
                given = [channel.fileno(), printed, tell.fileno()]
                socket.send_fds(self.control, [str(user).encode()], given)
            told.settimeout(FORK)
            message, handles, _, _ = socket.recv_fds(told, 512, 1)
            for handle in handles:
                stack.callback(os.close, handle)
            if message != b"started" or not handles:
                raise Broken(message.decode("utf-8", "replace") or "it has ended")
            first = number_of(handles[0])
            if first is None:
                raise Broken("the worker has ended")
            job = Launched(Job(first, told), output, first, handles[0])
            job.check = functools.partial(check, job, user)
            self.jobs += 1
            stack.callback(self._ended)
            job.resources = stack.pop_all()
        return job

    def _ended(self):
        self.jobs -= 1

    def close(self) -> None:
        """Ends it, and its workers."""
        self.control.close()
        launched, self._launched = self._launched, None
        if launched and os.getpid() == self.owner:
            launched.kill()
        self._stack.close()

    def __del__(self):  # where its thread ends, for it is the thread's
        with contextlib.suppress(AttributeError):
            self.close()


class Job:
    """A worker's box as `subprocess.Popen` would show it.

    Args:
        pid: of its first process.
        told: socket on which that process tells how the worker ended.
    """

    def __init__(self, pid: int, told):
        self.pid, self.returncode, self._told = pid, None, told

    def poll(self) -> int | None:
        """The exit status of the worker, negative for a signal; None if it runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float) -> int:
        """Waits for its end; raises `subprocess.TimeoutExpired`."""
        if self.returncode is None:
            if not select.select([self._told], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("worker", timeout)
            text = self._told.recv(512).decode("ascii", "replace")
            known = text.lstrip("-").isdigit()
            self.returncode = int(text) if known else -signal.SIGKILL
        return self.returncode

    def kill(self) -> None:
        """Nothing: the end of its first process is its end."""


def number_of(handle: int) -> int | None:
    """The number, seen from here, of a process by its handle; None if it has gone."""
    lines = Path(f"/proc/self/fdinfo/{handle}").read_text().splitlines()
    number = int(next(line for line in lines if line.startswith("Pid:")).split()[1])
    return number if number > 0 else None


def check(job, user: int) -> None:
    """Looks at a worker from outside.

    Raises:
        OSError: it is not shut in.
    """
    users.shut_in(job.worker(), user)
    for name in ("mnt", "pid", "net", "ipc", "cgroup"):
        if os.readlink(f"/proc/{job.worker()}/ns/{name}") == os.readlink(
            f"/proc/self/ns/{name}"
        ):
            raise OSError(f"a worker has this process's namespace {name}")


# ----------------------------------------------------------- the zygotes of a thread


def _kept(files: dict, backend, limits: Limits) -> Zygote:
    """The thread's zygote of this kind; a new one if there is none."""
    if getattr(_mine, "pid", None) != os.getpid():  # a fork has the parent's
        _mine.pid, _mine.zygotes = os.getpid(), {}
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(f"{name} {len(files[name])} ".encode() + files[name])
    programs = tuple(compiled.mounted()[0]) if backend else ()
    kind = backend, limits, digest.digest(), programs
    zygotes = _mine.zygotes
    if kind not in zygotes:
        idle = [key for key, zygote in zygotes.items() if not zygote.jobs]
        for key in idle[: max(0, len(idle) + 1 - KEPT)]:  # the oldest
            zygotes.pop(key).close()
        zygotes[kind] = Zygote(files, backend, limits)
    return zygotes[kind]


def _forget(zygote: Zygote) -> None:
    """Drops a zygote that is broken; one that still has workers ends with them."""
    for key, one in list(_mine.zygotes.items()):
        if one is zygote:
            del _mine.zygotes[key]
    if not zygote.jobs:
        zygote.close()


@atexit.register
def close_all() -> None:
    """Ends the zygotes of this thread; those of others end with their threads."""
    for zygote in getattr(_mine, "zygotes", {}).values():
        if zygote.owner == os.getpid():
            zygote.close()
    _mine.zygotes = {}
