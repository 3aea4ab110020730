"""Starts a worker in its box: the command lines of each tier, and what they need.

The recipes are bubblewrap's, with what its manual does not say: nearly every line
stands for a trap that was met, and `tests/test_box.py` has a test for it.
"""

import contextlib
import functools
import json
import math
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from keras_gen.grading import compiled, filters, runtime, scratch, users
from keras_gen.grading.limits import Limits, children, files_in

TIERS = ("bwrap-root", "bwrap-user", "landlock", "none")
SCRATCH = "/tmp"
NAMESPACES = ("pid", "net", "ipc", "uts", "cgroup")
OPTIONS = ("-P", "-u", "-B")  # of Python
# What libraries ask of the system, where a box has no /proc, /sys and /dev of its own.
OWN_FILES = ("/proc/self/cmdline", "/proc/self/status")
SYSTEM_FILES = ("/dev/urandom", "/proc/cpuinfo", "/proc/meminfo")
SYSTEM_FILES += ("/sys/devices/system/cpu",)


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
        folder: its scratch folder on this machine's disk, where it has no other one.
    """

    process: Any  # Popen, or what behaves like it
    output: int
    first: int | None = None
    handle: int | None = None
    resources: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    check: Callable | None = None
    folder: Path | None = None

    def worker(self) -> int | None:
        """The number of the worker's process, seen from here; None if it has gone."""
        if self.first is None:
            return self.process.pid
        found = children(self.first)
        return found[0] if found else None

    def watch_scratch(self, most: int) -> Callable[[], tuple[int, int]] | None:
        """What tells the files and bytes in the scratch folder; None without a box.

        Args:
            most: more files than these need not be counted.
        """
        if self.folder is not None:
            return lambda: scratch.used(self.folder, most)
        if self.first is None:
            return None
        place = f"/proc/{self.first}/root{SCRATCH}"
        inside = os.open(place, os.O_PATH | os.O_DIRECTORY)
        self.resources.callback(os.close, inside)
        return lambda: (files_in(inside), 0)  # its file system bounds the bytes

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
        own_user = tier == "bwrap-root" or (tier == "landlock" and os.geteuid() == 0)
        files = files | {
            "limits.json": json.dumps(limits.of_process(own_user)).encode()
        }
        output, printed = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        stack.callback(os.close, output)
        os.set_blocking(printed, True)
        with os.fdopen(printed, "wb") as printed:
            begin = {"none": unboxed, "landlock": landlocked}.get(tier, boxed)
            launched = begin(stack, tier, files, channel, backend, limits, printed)
        launched.output = output
        launched.resources = stack.pop_all()
    return launched


def environment(backend: str | None, root: str = "") -> dict[str, str]:
    """What a worker's environment is, whatever the judge's own one is.

    Args:
        backend: Keras's, or None.
        root: folder that stands for the box's root.
    """
    place = root + SCRATCH
    values = {
        "HOME": place,
        "USER": "student",
        "TMPDIR": place,
        "KERAS_HOME": f"{place}/.keras",
        "MPLCONFIGDIR": place,
        "MPLBACKEND": "agg",
        "LC_ALL": "C.UTF-8",
        "PYTHONPATH": f"{root}/rt:{root}{runtime.SITE}",
        # An interpreter looks for its own library where that is outside, and would
        # take the system's, of another version.
        "LD_LIBRARY_PATH": f"{root}{runtime.PYTHON}/{sys.platlibdir}",
        "PYTHONHASHSEED": "0",
        "HDF5_USE_FILE_LOCKING": "FALSE",  # locks are refused, and h5py takes them
        "OPENBLAS_NUM_THREADS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "JAX_PLATFORMS": "cpu",
        "CUDA_VISIBLE_DEVICES": "-1",
    }
    return values | (dict(KERAS_BACKEND=backend) if backend else {})


def unboxed(stack, tier, files, channel, backend, limits, printed) -> Launched:
    """Starts a worker with the same files and environment, and no box."""
    root = on_disk(stack, files)
    packages = os.environ.get("PYTHONPATH")
    paths = os.pathsep.join([f"{root}/rt", *filter(None, [packages])])
    values = environment(backend, str(root)) | {"PYTHONPATH": paths}
    command = [sys.executable, *OPTIONS, f"{root}/rt/worker.py"]
    return Launched(process(root, command, values, channel, printed), -1)


def landlocked(stack, tier, files, channel, backend, limits, printed) -> Launched:
    """Starts a worker that shuts itself in by Landlock before it does anything else."""
    seen, user = runtime.find(), None
    stage_1 = filters.stage_1(mounts=False)
    files = files | {"stage_1.bpf": stage_1, "stage_2.bpf": filters.stage_2()}
    root = on_disk(stack, files)
    read = [f"{root}/rt", *runtime.links(seen, root), *SYSTEM_FILES, *OWN_FILES]
    folder = Path(f"{root}{SCRATCH}")
    if os.geteuid() == 0:
        user = stack.enter_context(users.lease())
        os.chown(folder, user, user)
        for place, _, _ in os.walk(root):
            os.chmod(place, 0o755)
        if private := runtime.private(read):
            raise RuntimeError(
                f"root's worker is another user, who cannot look into {private}: "
                "install Python and its packages where everybody can read them."
            )
    settings = {"read": read, "write": [str(folder), os.devnull]}
    settings |= {"user": user, "judge": os.getpid()}
    told = root / "rt" / "landlock.json"
    told.write_text(json.dumps(settings))
    told.chmod(0o444)
    values = environment(backend, str(root)) | {"PYTHONHOME": f"{root}{runtime.PYTHON}"}
    command = [f"{root}{seen.python}", *OPTIONS, f"{root}/rt/landlock.py"]
    started = process(root, command, values, channel, printed)
    launched = Launched(started, -1, folder=folder)
    launched.handle = os.pidfd_open(started.pid)
    stack.callback(os.close, launched.handle)
    for name in OWN_FILES:  # a rule is of a file that the kernel keeps while it is open
        kept = os.open(name.replace("self", str(started.pid)), os.O_PATH)
        stack.callback(os.close, kept)
    launched.check = functools.partial(
        users.shut_in,
        started.pid,
        os.geteuid() if user is None else user,
        user is not None,
    )
    return launched


def on_disk(stack, files: dict) -> Path:
    """A folder with a worker's files in `rt`, and an empty one for its scratch."""
    root = stack.enter_context(scratch.folder())
    for name in ("rt", SCRATCH.strip("/")):
        (root / name).mkdir(0o755)
    for name, content in files.items():
        (root / "rt" / name).write_bytes(content)
        (root / "rt" / name).chmod(0o444)
    return root


def process(root, command, values, channel, printed) -> subprocess.Popen:
    """Starts a worker as a process like any other."""
    return subprocess.Popen(
        [*command, str(channel.fileno())],
        env=values,
        cwd=f"{root}{SCRATCH}",
        stdin=subprocess.DEVNULL,
        stdout=printed,
        stderr=subprocess.STDOUT,
        pass_fds=[channel.fileno()],
        start_new_session=True,
    )


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
