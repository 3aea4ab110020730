"""The boxes where root's own folders do not matter: an ordinary user's, and root's."""

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from keras_gen.grading import landlock, tiers

boxes = runpy.run_path(str(Path(__file__).with_name("boxes.py")))
OLD = sys.platform != "linux" or landlock.version() < landlock.OLDEST
pytestmark = pytest.mark.skipif(
    not tiers.is_root() or bool(os.environ.get("GRADING_WITHOUT_BOX")),
    reason="only root can become another user; others run the tests as themselves",
)


def passed(*words, user, backend) -> int:
    """How many tests pass, of those that pytest is asked for."""
    pytest_ = ("python", "-B", "-m", "pytest", "-q", "-x", "--rootdir=.")
    plugins = ("-p", "no:cacheprovider", "-p", "no:xdist")
    done = subprocess.run(
        boxes["elsewhere"](*pytest_, *plugins, *words, user=user),
        # Pytest names its folder by the user, who has no name.
        env=boxes["environment"](KERAS_BACKEND=backend, LOGNAME=f"user-{user}"),
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "skipped" not in done.stdout
    return int(re.search(r"(\d+) passed", done.stdout)[1])


def test_boxes_as_an_ordinary_user(backend):
    """As nobody, who cannot read root's own folders."""
    files = ["tests/test_box.py", "tests/test_hostile.py"]
    # Attacks on bubblewrap's are tried as root; boxes without Keras on TensorFlow.
    some, least = "not hostile or landlock", 60
    if OLD:
        some, least = "not hostile and not landlock", 30
    if backend == "jax":
        some, least = "keras and not hostile", 1 if OLD else 2
    found = passed(*files, "-k", some, user=boxes["NOBODY"], backend=backend)
    assert found >= least


@pytest.mark.skipif(OLD, reason="the kernel's Landlock is missing, off or too old")
def test_landlock_as_root(backend):
    """Whoever is root without bubblewrap, as in a container."""
    some = "landlock and keras" if backend == "jax" else "landlock and not death"
    files = ["tests/test_box.py", "tests/test_hostile.py"]
    number = passed(*files, "-k", some, user=None, backend=backend)
    assert number > (20 if backend == "tensorflow" else 0)
