"""The box for an ordinary user, where the tests themselves run as root."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from keras_gen.grading import tiers

HERE = Path(__file__).resolve()
ROOT = tiers.is_root()


@pytest.mark.skipif(not ROOT, reason="the other file is already an ordinary user's")
def test_box_as_an_ordinary_user(backend):
    """Runs the tests of the box as nobody, who cannot read root's own folders."""
    unshare, setpriv = shutil.which("unshare"), shutil.which("setpriv")
    site = Path(np.__file__).parents[1]
    mounts = {
        sys.base_prefix: "python",
        str(site): "site",
        str(HERE.parents[1]): "code",
    }
    lines = ["set -e", "mount -t tmpfs -o mode=0755 tmpfs /mnt"]
    for outside, inside in mounts.items():
        lines += [f"mkdir /mnt/{inside}", f"mount --bind '{outside}' /mnt/{inside}"]
    python = Path("/mnt/python/bin", Path(sys.executable).resolve().name)
    pytest_line = f"{python} -B -m pytest -q -x -p no:cacheprovider -p no:xdist"
    pytest_line += " --rootdir=/mnt/code /mnt/code/tests/test_box.py"
    user = f"{setpriv} --reuid=61183 --regid=61183 --clear-groups"
    lines += ["cd /mnt/code", f"exec {user} {pytest_line}"]
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": "/mnt/code:/mnt/site"}
    env |= {"KERAS_BACKEND": backend, "HOME": "/mnt", "TMPDIR": "/var/tmp"}
    done = subprocess.run(
        [unshare, "--mount", "sh", "-c", "\n".join(lines)],
        env=env,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) > 30
    assert "skipped" not in done.stdout
