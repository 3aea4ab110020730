"""What `conftest.py` promises every test."""

import os
import socket
import tempfile
import urllib.error
import urllib.request

import keras
import pytest


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
