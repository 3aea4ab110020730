"""Starts a worker as a process like any other: shut in by Landlock, or by nothing."""

import functools
import json
import os
import subprocess
import sys
from pathlib import Path

from keras_gen.grading import filters, runtime, scratch, users
from keras_gen.grading.launched import OPTIONS, SCRATCH, Launched, environment

# What libraries ask of the system, where a box has no /proc, /sys and /dev of its own.
OWN_FILES = ("/proc/self/cmdline", "/proc/self/status")
SYSTEM_FILES = ("/dev/urandom", "/proc/cpuinfo", "/proc/meminfo")
SYSTEM_FILES += ("/sys/devices/system/cpu",)


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
