"""What tests of boxes share: which box, and how to be another user elsewhere.

    boxes = runpy.run_path(str(Path(__file__).with_name("boxes.py")))

GRADING_TIER=landlock in the environment has the hostile files run in that box instead
of in the best one.
"""

import os
import shutil
import sys
from pathlib import Path

import numpy as np

from keras_gen.grading import tiers

TIER = os.environ.get("GRADING_TIER") or tiers.best()
NO_BOX = sys.platform != "linux" or bool(os.environ.get("GRADING_WITHOUT_BOX"))
NOBODY = 60599  # a user whom nobody is, nor any box (users.NUMBERS)
PROJECT = Path(__file__).resolve().parents[1]


def elsewhere(*command: str, user: int | None = None) -> list[str]:
    """The command that runs a command where everybody can read Python and the project.

    Only for root. `python` as its first word is this Python.

    Args:
        command: words; paths in the project are relative to it.
        user: whose it is to be; None remains root's.
    """
    python = Path("/mnt/python/bin", Path(sys.executable).resolve().name)
    words = [str(python) if word == "python" else word for word in command]
    site = Path(np.__file__).parents[1]
    mounts = {sys.base_prefix: "python", str(site): "site", str(PROJECT): "code"}
    lines = ["set -e", "mount -t tmpfs -o mode=0755 tmpfs /mnt"]
    for outside, inside in mounts.items():
        lines += [f"mkdir /mnt/{inside}", f"mount --bind '{outside}' /mnt/{inside}"]
    lines += ["cd /mnt/code", 'exec "$@"']
    if user is not None:
        become = f"--reuid={user} --regid={user} --clear-groups".split()
        words = [shutil.which("setpriv"), *become, *words]
    unshare = [shutil.which("unshare"), "--mount", "sh", "-c", "\n".join(lines), "sh"]
    return unshare + words


def environment(**more: str) -> dict[str, str]:
    """The environment of what runs `elsewhere`."""
    values = {"PATH": os.environ["PATH"], "PYTHONPATH": "/mnt/code:/mnt/site"}
    values["LD_LIBRARY_PATH"] = f"/mnt/python/{sys.platlibdir}"  # not the system's own
    return values | {"HOME": "/mnt", "TMPDIR": "/var/tmp", **more}
