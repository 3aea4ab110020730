"""Starts a worker in bubblewrap: the command lines, and what they need.

The recipes have what the manual does not say: nearly every line stands for a trap that
was met, and `tests/test_box.py` has a test for it.
"""

import contextlib
import json
import math
import os
import select
import shutil
import subprocess
import time
from pathlib import Path

from keras_gen.grading import compiled, filters, runtime, users
from keras_gen.grading.launched import OPTIONS, SCRATCH, Launched, environment
from keras_gen.grading.limits import Limits

NAMESPACES = ("pid", "net", "ipc", "uts", "cgroup")


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
    return [seen.python, *OPTIONS, f"/rt/{file}", str(channel.fileno())]


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
