"""Starts a worker in its box: the command lines of each tier, and what they need.

The recipes are bubblewrap's, with what its manual does not say: nearly every line
stands for a trap that was met, and `tests/test_box.py` has a test for it.
"""

import contextlib
import json
import math
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from keras_gen.grading import compiled, filters, runtime, users
from keras_gen.grading.limits import Limits, children

TIERS = ("bwrap-root", "bwrap-user", "none")
SCRATCH = "/tmp"
NAMESPACES = ("pid", "net", "ipc", "uts", "cgroup")


@dataclass
class Launched:
    """A worker that was started.

    Attributes:
        process: what was started here, bubblewrap or the worker itself.
        output: descriptor from which to read what the worker prints.
        first: the number of the box's first process, as seen from here, or None.
        handle: a descriptor of that process, or None.
        resources: what is to be given back at the end.
        check: raises `OSError` if the worker, which is ready, is not shut in; or None.
    """

    process: Any  # Popen, or what behaves like it
    output: int
    first: int | None = None
    handle: int | None = None
    resources: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    check: Callable | None = None

    def worker(self) -> int | None:
        """The number of the worker's process, seen from here; None if it has gone."""
        if self.first is None:
            return self.process.pid
        found = children(self.first)
        return found[0] if found else None

    def open_scratch(self) -> int | None:
        """A descriptor of the box's own scratch folder; None if there is no box."""
        if self.first is None:
            return None
        return os.open(f"/proc/{self.first}/root{SCRATCH}", os.O_PATH | os.O_DIRECTORY)

    def kill(self) -> None:
        """Ends all that runs in the box; when it returns, nothing does."""
        if self.handle is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        else:
            # The end of its first process is the end of a box. bubblewrap then ends by
            # itself, and leaves no orphan for the machine to collect.
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.handle, signal.SIGKILL)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(5)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait(5)
        if self.handle is not None:
            select.select([self.handle], [], [], 5)


def start(tier: str, files: dict, channel, backend, limits: Limits) -> Launched:
    """Starts a worker.

    Args:
        tier: one of `TIERS`.
        files: contents by name; `worker.py` is run.
        channel: the worker's end of the socket pair.
        backend: Keras's backend, or None for no Keras.
        limits: what the worker may use.

    Returns:
        What was started. It may have ended again already.

    Raises:
        OSError: a program could not be started.
        RuntimeError: a program is missing.
        ValueError: no filter is known for this processor.
    """
    with contextlib.ExitStack() as stack:
        own_user = tier == "bwrap-root"
        files = files | {
            "limits.json": json.dumps(limits.of_process(own_user)).encode()
        }
        output, printed = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        stack.callback(os.close, output)
        os.set_blocking(printed, True)
        with os.fdopen(printed, "wb") as printed:
            begin = unboxed if tier == "none" else boxed
            launched = begin(stack, tier, files, channel, backend, limits, printed)
        launched.output = output
        launched.resources = stack.pop_all()
    return launched


def environment(backend: str | None) -> dict[str, str]:
    """What a worker's environment is, whatever the judge's own one is."""
    values = {
        "HOME": SCRATCH,
        "USER": "student",
        "TMPDIR": SCRATCH,
        "KERAS_HOME": f"{SCRATCH}/.keras",
        "MPLCONFIGDIR": SCRATCH,
        "MPLBACKEND": "agg",
        "LC_ALL": "C.UTF-8",
        "PYTHONPATH": f"/rt:{runtime.SITE}",
        # An interpreter looks for its own library where that is outside, and would
        # take the system's, of another version.
        "LD_LIBRARY_PATH": f"{runtime.PYTHON}/{sys.platlibdir}",
        "PYTHONHASHSEED": "0",
        "HDF5_USE_FILE_LOCKING": "FALSE",  # locks are refused, and h5py takes them
        "OPENBLAS_NUM_THREADS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "JAX_PLATFORMS": "cpu",
        "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",  # what is compiled runs a few times
        "CUDA_VISIBLE_DEVICES": "-1",
    }
    return values | (dict(KERAS_BACKEND=backend) if backend else {})


def unboxed(stack, tier, files, channel, backend, limits, printed) -> Launched:
    """Starts a worker with the same files and environment, and no box."""
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="keras-gen-"))
    for name, content in files.items():
        Path(folder, name).write_bytes(content)
    scratch = Path(folder, "scratch")
    scratch.mkdir()
    values = environment(backend)
    values = {
        key: value.replace(SCRATCH, str(scratch), 1) if value[:4] == SCRATCH else value
        for key, value in values.items()
    }
    values["PYTHONPATH"] = os.pathsep.join(
        [folder, *filter(None, [os.environ.get("PYTHONPATH")])]
    )
    program = [sys.executable, "-P", "-u", "-B", f"{folder}/worker.py"]
    process = subprocess.Popen(
        [*program, str(channel.fileno())],
        env=values,
        cwd=scratch,
        stdin=subprocess.DEVNULL,
        stdout=printed,
        stderr=subprocess.STDOUT,
        pass_fds=[channel.fileno()],
        start_new_session=True,
    )
    return Launched(process, -1)


def boxed(stack, tier, files, channel, backend, limits, printed) -> Launched:
    """Starts a worker in bubblewrap."""
    seen = runtime.find()
    command = program(seen, "worker.py", channel)
    if tier == "bwrap-root":
        if seen.setpriv is None:
            raise RuntimeError("util-linux (the program setpriv) is not installed.")
        user = stack.enter_context(users.lease())
        command = [*become(seen.setpriv, user), *command]
    options = privileges(tier)
    inside = (files | {"stage_2.bpf": filters.stage_2()}, backend, limits)
    return bubblewrap(
        stack, options, command, inside, channel, printed, filters.stage_1()
    )


def program(seen: runtime.Runtime, file: str, channel) -> list[str]:
    """The command that runs one of the files in a box."""
    return [seen.python, "-P", "-u", "-B", f"/rt/{file}", str(channel.fileno())]


def bubblewrap(stack, options, command, inside, channel, printed, stage_1):
    """Starts a command in bubblewrap.

    Args:
        stack: takes what is to be given back at the end.
        options: of namespaces and capabilities.
        command: what runs inside.
        inside: `(files, backend, limits)`, what is there for it.
        channel: socket that it inherits.
        printed: file for what it prints.
        stage_1: filter of system calls, or None.

    Returns:
        What was started, as `Launched`.

    Raises:
        RuntimeError: bubblewrap is not installed.
    """
    bwrap, (files, backend, limits) = shutil.which("bwrap"), inside
    if bwrap is None:
        raise RuntimeError("bubblewrap (the program bwrap) is not installed.")
    with contextlib.ExitStack() as until_started:
        told, tell = os.pipe2(os.O_CLOEXEC)
        until_started.callback(os.close, told)
        with os.fdopen(tell, "wb"):
            fds = [channel.fileno(), tell]

            def in_memory(content: bytes) -> int:
                fds.append(os.memfd_create("keras-gen"))
                until_started.callback(os.close, fds[-1])
                os.write(fds[-1], content)
                os.lseek(fds[-1], 0, os.SEEK_SET)
                return fds[-1]

            options = options + mounts(runtime.find(), limits)
            for name, content in files.items():
                options += ["--perms", "0444", "--file", in_memory(content)]
                options += [f"/rt/{name}"]
            values = environment(backend)
            if backend and "--unshare-user" not in options:
                more, added = compiled.mounted()
                options += more
                values |= added
            options += ["--remount-ro", "/dev", "--remount-ro", "/"]
            if stage_1 is not None:
                options += ["--seccomp", in_memory(stage_1)]
            options += ["--info-fd", tell, "--chdir", SCRATCH, "--clearenv"]
            for key, value in values.items():
                options += ["--setenv", key, value]
            arguments = in_memory("".join(f"{part}\0" for part in options).encode())
            process = subprocess.Popen(
                # What stands in a command line can be read from inside,
                [bwrap, "--args", str(arguments), "--", *command],
                env={},  # and so can the environment of bubblewrap itself.
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
                pass_fds=fds,
            )
        first = first_process(told)
    return with_handle(stack, Launched(process, -1, first))


def with_handle(stack, launched: Launched) -> Launched:
    """Opens a handle of the box's first process; without one, there is no box."""
    try:
        if launched.first is not None:
            launched.handle = os.pidfd_open(launched.first)
            stack.callback(os.close, launched.handle)
            return launched
    except ProcessLookupError:
        launched.first = None
    launched.process.kill()  # its words are in the pipe
    launched.process.wait()
    return launched


def first_process(told: int) -> int | None:
    """What bubblewrap tells: the number of the box's first process, or nothing."""
    deadline, text = time.monotonic() + 30, b""
    while (left := deadline - time.monotonic()) > 0:
        if select.select([told], [], [], left)[0]:
            got = os.read(told, 4096)
            text += got
            if not got or text.rstrip().endswith(b"}"):
                break
    try:
        return json.loads(text)["child-pid"]
    except (ValueError, KeyError):
        return None


def privileges(tier: str) -> list:
    """Options for namespaces and capabilities."""
    if tier == "bwrap-root":  # what setpriv needs, and gives away
        return namespaces() + capabilities("SETUID", "SETGID", "SETPCAP")
    user = "--unshare-user --disable-userns --uid 1000 --gid 1000"
    return namespaces() + user.split()


def namespaces() -> list:
    """Options for a box that shares nothing with this machine, and may do nothing."""
    # Not --unshare-all: as root it maps a user onto root.
    options = [f"--unshare-{name}" for name in NAMESPACES]
    options += ["--die-with-parent", "--new-session", "--hostname", "box"]
    return [*options, "--cap-drop", "ALL"]


def capabilities(*names: str) -> list[str]:
    """Options that leave these capabilities."""
    return [part for name in names for part in ("--cap-add", f"CAP_{name}")]


def become(setpriv: str, user: int) -> list[str]:
    """The command that gives up all that root may do."""
    options = f"--reuid={user} --regid={user} --clear-groups --inh-caps=-all"
    return [setpriv, *options.split(), "--ambient-caps=-all", "--bounding-set=-all"]


def mounts(seen: runtime.Runtime, limits: Limits) -> list:
    """Options for what the box sees; parents that it would make itself are 0700."""
    options = ["--proc", "/proc", "--dev", "/dev"]
    made, mounted = {Path("/")}, [inside for _, inside in seen.binds]
    for outside, inside in seen.binds:
        for folder in reversed(Path(inside).parents):
            if folder not in made and not any(map(folder.is_relative_to, mounted)):
                options += ["--perms", "0755", "--dir", folder]
            made.add(folder)
        options += ["--ro-bind", outside, inside]
    for target, inside in seen.links:
        options += ["--symlink", target, inside]
    for inside in seen.hidden:
        options += ["--perms", "0555", "--size", 4096, "--tmpfs", inside]
        options += ["--remount-ro", inside]
    for folder, size in ((SCRATCH, limits.scratch), ("/dev/shm", limits.shared)):
        options += ["--perms", "1777", "--size", math.ceil(size), "--tmpfs", folder]
    return options
