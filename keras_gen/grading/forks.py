"""Runs in a box as root: imports Keras once, then forks a worker for each job.

    python forks.py FD          FD is the socket to the judge

A job gets namespaces of its own, in them an empty scratch folder, a user, and no way to
see or touch this process or another job; then it runs `worker.py` as if it had been
started for it. Nothing of a submission ever runs here.

No operation of Keras may be run before a fork: a backend then starts threads, and a
copy of a process whose threads are gone hangs.
"""

import ctypes
import gc
import importlib
import json
import os
import runpy
import socket
import sys
import traceback
from pathlib import Path

try:  # in the box, where the files lie side by side
    import lockdown
except ImportError:
    from keras_gen.grading import lockdown

# linux/sched.h and linux/mount.h
NEW_NAMESPACES = 0x00020000 | 0x02000000 | 0x08000000 | 0x20000000 | 0x40000000
READ_ONLY, NO_SUID, NO_DEVICES, NO_PROGRAMS = 1, 2, 4, 8
RECURSIVE, PRIVATE = 16384, 1 << 18
HERE = Path(__file__).parent
# Beside what the backends need anyway; whatever is missing is passed over.
NUMERIC = ("numpy", "scipy.linalg", "scipy.special", "scipy.spatial", "scipy.stats")
TRUSTED = ("wire", "source", "operations", "gradients", "beginning")
TRUSTED += ("probes_vae", "probes_diffusion", "probes_text_to_image")

libc = ctypes.CDLL(None, use_errno=True)


def main(descriptor):
    """Forks a worker for each message, until the judge hangs up."""
    control = socket.socket(fileno=descriptor)
    settings = json.loads((HERE / "forks.json").read_text(encoding="utf-8"))
    stage_1 = (HERE / "stage_1.bpf").read_bytes()
    prepare(settings["keras"])
    control.send(b"ready")
    while True:
        message, given, _, _ = socket.recv_fds(control, 64, 3)
        if not message:
            return
        job = os.fork()
        if job == 0:
            control.close()
            begin(int(message), *given, settings, stage_1)
        for descriptor in given:
            os.close(descriptor)
        os.waitpid(job, 0)  # it only starts the job


def prepare(with_keras):
    """Imports what jobs need."""
    names = [name for name in TRUSTED if (HERE / f"{name}.py").exists()]
    if with_keras:
        importlib.import_module("keras")
    else:  # what lies here imports Keras where it is needed
        names = [name for name in names if name in ("wire", "source", "operations")]
    for name in (*NUMERIC, *names):
        try:
            importlib.import_module(name)
        except ImportError:
            continue
    gc.collect()
    gc.freeze()


def begin(user, channel, printed, told, settings, stage_1):
    """Starts a job in new namespaces; its first process only waits for the worker."""
    told = socket.socket(fileno=told)
    try:  # where memory is short, the kernel ends a job, and not this process
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
        lockdown.done(libc.unshare(NEW_NAMESPACES))
        if os.fork() != 0:
            os._exit(0)
        mount(None, "/", None, RECURSIVE | PRIVATE)
        options = NO_SUID | NO_DEVICES | NO_PROGRAMS
        mount("proc", "/proc", "proc", options | READ_ONLY)
        for folder, size in settings["folders"].items():
            limits = f"mode=1777,size={size},nr_inodes={settings['files']}"
            mount("tmpfs", folder, "tmpfs", NO_SUID | NO_DEVICES, limits)
        os.chdir(settings["scratch"])
        first = os.pidfd_open(os.getpid())
        socket.send_fds(told, [b"started"], [first])
        os.close(first)
        worker = os.fork()
        if worker == 0:
            told.close()
            work(user, channel, printed, stage_1)
        lockdown.give_up_capabilities()
        os.close(channel)
        os.close(printed)
        ended = status = None
        while ended != worker:
            ended, status = os.wait()
        told.send(str(os.waitstatus_to_exitcode(status)).encode())
        os._exit(0)
    except BaseException as fault:
        line = traceback.extract_tb(fault.__traceback__)[0].line
        told.send(f"{type(fault).__name__}: {fault} ({line})".encode()[:500])
        os._exit(1)


def work(user, channel, printed, stage_1):
    """Becomes the user, loads the first filter, and runs the worker."""
    code = 70
    try:
        os.dup2(printed, 1)
        os.dup2(printed, 2)
        os.close(printed)
        lockdown.become(user)
        lockdown.load(stage_1)
        sys.argv = [str(HERE / "worker.py"), str(channel)]
        runpy.run_path(sys.argv[0], run_name="__main__")
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        code = 1
    finally:
        os._exit(code & 255)


def mount(source, target, kind, flags, options=None):
    """As `man 2 mount` describes it."""
    texts = [None if t is None else t.encode() for t in (source, target, kind)]
    options = None if options is None else options.encode()
    lockdown.done(libc.mount(*texts, ctypes.c_ulong(flags), options))


if __name__ == "__main__":
    main(int(sys.argv[1]))
