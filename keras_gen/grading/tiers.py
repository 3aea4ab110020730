"""Which box works on this machine, found by trying."""

import functools
import os
import sys
from pathlib import Path

from keras_gen.grading.box import Box, Died, own_files

# Worst of what a recipe could get wrong: root, capabilities, more than a loopback.
PROBE = b"""
import os, socket, sys
import lockdown, wire
sock = socket.socket(fileno=int(sys.argv[1]))
wire.send(sock, {"op": "ready"}, {}, 60)
header, _ = wire.receive(sock, 60)
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
lines = open("/proc/net/dev").read().splitlines()
interfaces = [line.split(":")[0].strip() for line in lines if ":" in line]
lockdown.lock()
try:
    forked = os.fork()
except PermissionError:
    forked = None
wire.send(sock, {
    "id": header["id"],
    "user": os.getuid(),
    "capabilities": int(status["CapEff"], 16) | int(status["CapBnd"], 16),
    "interfaces": interfaces,
    "forks": forked is not None,
}, {}, 60)
"""
WANTED = {"capabilities": 0, "interfaces": ["lo"], "forks": False}
SWITCH = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")


def tier(wanted: str | None = None) -> str:
    """The best box that works here.

    Args:
        wanted: the only one that will do; None takes the best.

    Returns:
        `bwrap-root`, `bwrap-user`, or `none`: a plain process, for honest code only.

    Raises:
        RuntimeError: the wanted one does not work; the message says why.

    Example:

    >>> tier("none")
    'none'
    """
    if wanted is None:
        boxed = "bwrap-root" if is_root() else "bwrap-user"
        return "none" if why_not(boxed) else boxed
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
    if name not in ("bwrap-root", "bwrap-user"):
        return "it is none of bwrap-root, bwrap-user and none."
    if sys.platform != "linux":
        return "it needs Linux; use WSL2, or a virtual machine."
    if is_root() != (name == "bwrap-root"):
        return f"it is {'not ' if is_root() else ''}for root."
    files = own_files() | {"worker.py": PROBE}
    del files["forks.py"]  # started afresh: what is forked is looked at each time
    try:
        with Box(tier=name, files=files) as box:
            found, _ = box.request({}, {}, seconds=20)
    except Died as death:
        return death.message + remedy()
    wrong = {key: found.get(key) for key in WANTED if found.get(key) != WANTED[key]}
    if wrong or not found.get("user"):
        return f"it keeps less than it should: {wrong or 'it runs as root'}."
    return None


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
