"""A worker that was started, what is seen of it and its end; what all boxes share."""

import contextlib
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from keras_gen.grading import runtime, scratch
from keras_gen.grading.limits import children, files_in

SCRATCH = "/tmp"
OPTIONS = ("-P", "-u", "-B")  # of Python


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
        "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",  # what is compiled runs a few times
        "CUDA_VISIBLE_DEVICES": "-1",
    }
    return values | (dict(KERAS_BACKEND=backend) if backend else {})
