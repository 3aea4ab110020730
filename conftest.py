"""What every test and every docstring example gets: a backend, a seed, no network."""

import importlib.util
import ipaddress
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

collect_ignore = ["tests/tiny_worker.py"]  # runs in a box only

# Read when keras, TensorFlow, XLA and matplotlib are first imported, so set here.
DEFAULTS = {
    "KERAS_BACKEND": "tensorflow",
    "MPLBACKEND": "agg",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "1",  # as `keras_gen` does; tests import Keras first
    # Tolerances are the CPU's; set these two to try the tests on a GPU.
    "JAX_PLATFORMS": "cpu",
    "CUDA_VISIBLE_DEVICES": "-1",
    # Compiling is most of a test's time on JAX, and a second run finds it done.
    "JAX_COMPILATION_CACHE_DIR": str(Path(__file__).parent / ".pytest_cache" / "jax"),
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0.1",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    # The same maths, compiled in half the time; slower only where a test trains long.
    "XLA_FLAGS": "--xla_backend_optimization_level=0",
}
if "PYTEST_XDIST_WORKER" in os.environ:  # a worker a core: more threads only wait
    DEFAULTS |= {
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "TF_NUM_INTRAOP_THREADS": "1",
        "TF_NUM_INTEROP_THREADS": "1",
    }
for name, value in DEFAULTS.items():
    os.environ.setdefault(name, value)


@pytest.fixture(autouse=True)
def seeds():
    """Makes every test start from the same random state, whatever ran before it."""
    import keras

    keras.utils.set_random_seed(0)


class NetworkBlocked(OSError):
    """What a test gets that reaches for the network: an offline machine's OSError."""


def is_local(host) -> bool:
    """Tells whether a host name or address is this machine's own."""
    if host in (None, "", "localhost", b"localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Lets a test talk to this machine only; a subprocess is not watched."""

    def guard(function, host_of):
        def guarded(*arguments, **keywords):
            host = host_of(*arguments)
            if not is_local(host):
                raise NetworkBlocked(
                    f"Tests use no network; this one asked for {host!r}."
                )
            return function(*arguments, **keywords)

        return guarded

    def address(sock, *arguments):  # the last argument of connect and of sendto
        is_unix = sock.family == getattr(socket, "AF_UNIX", None)  # Windows has none
        return None if is_unix else arguments[-1][0]

    for name in ("connect", "connect_ex", "sendto"):
        guarded = guard(getattr(socket.socket, name), address)
        monkeypatch.setattr(socket.socket, name, guarded)
    monkeypatch.setattr(
        socket, "getaddrinfo", guard(socket.getaddrinfo, lambda host, *_: host)
    )


@pytest.fixture
def backend() -> str:
    """The name of the backend that the tests run on."""
    import keras

    return keras.backend.backend()


@pytest.fixture
def other_backend_run(backend, tmp_path):
    """Runs a Python script on the other backend: `stdout = run(script, *arguments)`.

    This is how JAX and TensorFlow are compared, by files under `tmp_path`.  Starting a
    backend takes seconds, so compare many things in one script.
    """
    other = "tensorflow" if backend == "jax" else "jax"
    if not importlib.util.find_spec(other):
        pytest.skip(f"{other} is not installed")

    def run(script: str, *arguments, timeout: int = 600) -> str:
        path = tmp_path / f"on_{other}.py"
        path.write_text(script, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, path, *map(str, arguments)],
            env=os.environ | {"KERAS_BACKEND": other},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
        )
        assert done.returncode == 0, f"On {other}:\n{done.stdout}\n{done.stderr}"
        return done.stdout

    return run


@pytest.fixture(scope="module")
def chromium():
    """The system's Chromium, driven by Playwright; nothing is downloaded.

    Where there is none the test is skipped, or fails if `CI_BROWSER=required` says that
    there has to be one.
    """
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        missing = "there is no Chromium here"
        if os.environ.get("CI_BROWSER") == "required":
            pytest.fail(f"CI_BROWSER=required, and {missing}")
        pytest.skip(missing)
    from playwright.sync_api import sync_playwright

    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    arguments = ["--no-sandbox"] if is_root else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()
