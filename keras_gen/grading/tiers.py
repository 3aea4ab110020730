"""Which box works on this machine, found by trying."""

import functools
import os
import sys
from pathlib import Path

from keras_gen.grading import landlock
from keras_gen.grading.box import Box, Died, own_files

# Worst of what a recipe could get wrong: root, capabilities, more than a loopback, and
# files that lie outside.
PROBE = b"""
import os, socket, sys
import lockdown, wire
sock = socket.socket(fileno=int(sys.argv[1]))
wire.send(sock, {"op": "ready"}, {}, 60)
header, _ = wire.receive(sock, 60)
def read(path):
    try:
        return open(path).read().splitlines()
    except OSError:
        return []
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
lines = read("/proc/net/dev")
interfaces = [line.split(":")[0].strip() for line in lines if ":" in line]
lockdown.lock()
try:
    forked = os.fork()
except PermissionError:
    forked = None
wire.send(sock, {
    "id": header["id"],
    "user": os.getuid(),
    "capabilities": int(status["CapEff"], 16) | int(status["CapPrm"], 16),
    "bound": int(status["CapBnd"], 16),
    "interfaces": interfaces,
    "reads": [path for path in header["outside"] if read(path)],
    "forks": forked is not None,
}, {}, 60)
"""
WANTED = {"capabilities": 0, "forks": False, "reads": []}
BY_MOUNTS = {"bound": 0, "interfaces": ["lo"]}
BY_LANDLOCK = {"interfaces": []}  # nothing is told of them; there are no sockets
BOXES = ("bwrap-root", "bwrap-user", "landlock")
SWITCH = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")


def tier(wanted: str | None = None) -> str:
    """The best box that works here.

    Args:
        wanted: the only one that will do; None takes the best.

    Returns:
        `bwrap-root`, `bwrap-user`, `landlock` (weaker: `results.WEAKER` says how), or
        `none`: a plain process, for honest code only.

    Raises:
        RuntimeError: the wanted one does not work; the message says why.

    Example:

    >>> tier("none")
    'none'
    """
    if wanted is None:
        return next(name for name in (best(), "landlock", "none") if not why_not(name))
    reason = why_not(wanted)
    if reason:
        raise RuntimeError(f"The box {wanted!r} does not work here: {reason}")
    return wanted


@functools.lru_cache
def why_not(name: str) -> str | None:
    """Why a box does not work here, in one sentence; None if it does.

    It is tried once a process, with a worker that looks around.
    """
    if name == "none":
        return None
    if name not in BOXES:
        return f"it is none of {', '.join(BOXES)} and none."
    if sys.platform != "linux":
        return "it needs Linux; use WSL2, or a virtual machine."
    if name not in (best(), "landlock"):
        return f"it is {'not ' if is_root() else ''}for root."
    if name == "landlock" and landlock.version() < landlock.OLDEST:
        return "the kernel's Landlock is missing, off, or older than that of Linux 6.2."
    files = own_files() | {"worker.py": PROBE}
    del files["forks.py"]  # started afresh: what is forked is looked at each time
    try:
        with Box(tier=name, files=files) as box:
            outside = {"outside": ["/etc/passwd", __file__]}
            found, _ = box.request(outside, {}, seconds=20)
    except Died as death:
        return death.message + (remedy() if name == best() else "")
    wanted = WANTED | (BY_LANDLOCK if name == "landlock" else BY_MOUNTS)
    wrong = {key: found.get(key) for key in wanted if found.get(key) != wanted[key]}
    if wrong or not found.get("user"):
        return f"it keeps less than it should: {wrong or 'it runs as root'}."
    return None


def best() -> str:
    """The box that keeps most, if it works."""
    return "bwrap-root" if is_root() else "bwrap-user"


def is_root() -> bool:
    """Tells whether this process belongs to root; never on Windows."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def remedy() -> str:
    """What to do on systems that are known to refuse user namespaces."""
    try:
        restricted = SWITCH.read_text().strip() == "1"
    except OSError:
        return ""
    if is_root() or not restricted:
        return ""
    return (
        " AppArmor refuses user namespaces to programs that it does not know: "
        "install apparmor-profiles and load its profile bwrap-userns-restrict."
    )
