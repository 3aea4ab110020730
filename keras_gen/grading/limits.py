"""How much a worker may use, and how much it has used, as the kernel counts it."""

import contextlib
import os
from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path

MEGABYTE = 2**20


@dataclass(frozen=True)
class Limits:
    """What a worker may use; the defaults fit one exercise on a small model.

    Seconds are of the processor, summed over threads, because seconds of the clock
    depend on what else runs. The clock only finds what hangs: a request may take
    `patience` times as long as its seconds of the processor.

    Attributes:
        cpu: seconds of the processor, all requests together.
        start: seconds of the clock until the worker is ready.
        patience: seconds of the clock for one of the processor.
        data: bytes of ordinary memory; beyond it Python raises `MemoryError`.
        address: bytes of address space; also bounds memory that is shared.
        memory: bytes that are in use; beyond it the worker is killed.
        output: bytes that may be printed.
        scratch: bytes of files in the scratch folder.
        scratch_files: number of files there.
        shared: bytes of files in `/dev/shm`.
        file: bytes of one file.
        open_files: files open at once.
        threads: how many; 0 stands for 64, and 16 more a core.
    """

    cpu: float = 120.0
    start: float = 120.0
    patience: float = 5.0
    data: int = 2048 * MEGABYTE
    address: int = 8192 * MEGABYTE
    memory: int = 2560 * MEGABYTE
    output: int = 8 * MEGABYTE
    scratch: int = 64 * MEGABYTE
    scratch_files: int = 4096
    shared: int = 16 * MEGABYTE
    file: int = 16 * MEGABYTE
    open_files: int = 64
    threads: int = 0

    def of_process(self, own_user: bool) -> dict[str, int]:
        """The limits that the worker sets, by the names of `setrlimit`.

        Args:
            own_user: the worker's user has no other process, so that threads can be
                limited: the kernel counts them by user.

        Example:

        >>> Limits(cpu=10).of_process(own_user=False)["CPU"]
        15
        """
        limits = {
            "CPU": int(self.cpu) + 5,  # later than the judge's own watch
            "DATA": self.data,
            "AS": self.address,
            "FSIZE": self.file,
            "NOFILE": self.open_files,
            "CORE": 0,
            "MEMLOCK": 0,
            "MSGQUEUE": 0,
        }
        if own_user:
            limits["NPROC"] = self.threads or 64 + 16 * (os.cpu_count() or 1)
        return limits


def cpu_seconds(pid: int) -> float | None:
    """Seconds of the processor that a process has used; None if it has gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    # Behind the name, which may hold anything: fields 14 and 15 of `man proc`.
    fields = text.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid: int) -> int | None:
    """Bytes that only this process keeps in memory; None if it has gone."""
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    lines = dict(line.partition(":")[::2] for line in text.splitlines())
    own = ("RssAnon", "RssShmem")
    return sum(int(lines[key].split()[0]) * 1024 for key in own if key in lines)


def children(pid: int) -> list[int]:
    """The processes that a process has started and that are still there."""
    try:
        return [
            int(n) for n in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        ]
    except OSError:
        return [n for n in every_process() if parent(n) == pid]


def every_process() -> list[int]:
    """The numbers of all processes that can be seen."""
    return [int(path.name) for path in Path("/proc").glob("[0-9]*")]


def living_in(places: Container[str]) -> set[int]:
    """The processes that run in one of some places.

    Args:
        places: namespaces of processes' numbers, such as
            `os.readlink(f"/proc/{pid}/ns/pid")` gives; or sessions: `session {pid}`.
    """
    found = set()
    for pid in filter(is_running, every_process()):
        with contextlib.suppress(OSError):
            inside = f"session {os.getsid(pid)}" in places
            if inside or os.readlink(f"/proc/{pid}/ns/pid") in places:
                found.add(pid)
    return found


def is_running(pid: int) -> bool:
    """Whether a process is there, and has not ended.

    One that has ended may wait for the machine's init to take note: it holds nothing.
    """
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def parent(pid: int) -> int | None:
    """The process that started this one; None if it has gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    return int(text.rpartition(")")[2].split()[1])


def files_in(folder_fd: int) -> int:
    """How many files and folders a file system holds, by a descriptor in it."""
    found = os.fstatvfs(folder_fd)
    return found.f_files - found.f_ffree
