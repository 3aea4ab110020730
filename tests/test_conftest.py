"""What `conftest.py` promises every test."""

import os
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

import keras
import pytest

PROJECT = Path(__file__).resolve().parent.parent


def test_backend_is_the_chosen_one(backend):
    assert backend == keras.backend.backend() == os.environ["KERAS_BACKEND"]


@pytest.mark.parametrize("_", range(2))
def test_every_test_starts_from_the_same_seed(_, seen=[]):  # noqa: B006
    seen.append(float(keras.ops.sum(keras.random.normal((3,)))))
    assert len(set(seen)) == 1


@pytest.mark.parametrize("url", ["http://example.org", "http://192.0.2.1/x"])
def test_network_is_off(url):
    with pytest.raises(urllib.error.URLError, match="Tests use no network"):
        urllib.request.urlopen(url, timeout=5)


def test_datagrams_are_off_too():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        with pytest.raises(OSError, match="Tests use no network"):
            sock.sendto(b"x", ("192.0.2.1", 9))


def test_this_machine_can_be_reached():
    with socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection(("localhost", server.getsockname()[1])):
            pass


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="Windows has none")
def test_unix_sockets_can_be_reached():
    with tempfile.TemporaryDirectory() as folder:  # tmp_path may be too long a name
        with (
            socket.socket(socket.AF_UNIX) as server,
            socket.socket(socket.AF_UNIX) as s,
        ):
            server.bind(f"{folder}/s")
            server.listen()
            s.connect(f"{folder}/s")


def test_other_backend_runs_scripts(other_backend_run, backend):
    script = "import os, sys; print(os.environ['KERAS_BACKEND'], *sys.argv[1:])"
    other = {"jax": "tensorflow", "tensorflow": "jax"}[backend]
    assert other_backend_run(script, "a b", 1) == f"{other} a b 1\n"


def test_other_backend_shows_what_failed(other_backend_run):
    with pytest.raises(AssertionError, match="no such thing"):
        other_backend_run("raise SystemExit('no such thing')")


def test_a_missing_browser_fails_where_there_has_to_be_one(tmp_path):
    uses = tmp_path / "test_it.py"
    uses.write_text("def test_it(chromium): pass\n")
    command = [sys.executable, "-m", "pytest", "-q", "-c", PROJECT / "pyproject.toml"]
    command += ["-p", "no:cacheprovider", "-p", "conftest", "--noconftest", uses]
    told = {}
    for required in ("required", ""):
        env = os.environ | {"PATH": "", "CI_BROWSER": required}
        env["PYTHONPATH"] = str(PROJECT)
        done = subprocess.run(command, env=env, capture_output=True, text=True)
        told[required] = done.returncode, done.stdout
    assert told["required"][0] == 1 and "CI_BROWSER=required" in told["required"][1]
    assert told[""][0] == 0 and "there is no Chromium here" in told[""][1]
