"""The box keeps what it promises; each test is a trap that a box has fallen into."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import keras
import numpy as np
import pytest

from keras_gen.grading import bubblewrap, landlock, plain, scratch, tiers, zygote
from keras_gen.grading.box import Box, Died, own_files
from keras_gen.grading.limits import Limits, every_process, living_in
from keras_gen.grading.printed import Printed, printable
from keras_gen.grading.watch import mark

ROOT = tiers.is_root()
BEST = tiers.best()
WORKER = Path(__file__).with_name("tiny_worker.py").read_bytes()
HERE = Path(__file__).resolve()
REASON = tiers.why_not(BEST)
# Where bubblewrap should work, its absence is a failure and no reason to pass.
if REASON and not os.environ.get("GRADING_WITHOUT_BOX"):
    pytestmark = pytest.mark.skipif(sys.platform != "linux", reason=REASON)
elif REASON:
    pytestmark = pytest.mark.skip(reason=REASON)
MOUNTED = ["forked", "afresh"][not ROOT :]  # only root's workers are forked
by_mounts = pytest.mark.parametrize("started", MOUNTED, indirect=True, scope="module")
once = pytest.mark.parametrize(  # what the judge does whatever the box is
    "started", MOUNTED[-1:], indirect=True, scope="module"
)
by_landlock = pytest.mark.parametrize(
    "started", ["landlock"], indirect=True, scope="module"
)
now = {"tier": BEST}


def tiny(backend=None, worker=WORKER, tier=None, **limits):
    """A box with the tiny worker."""
    files = own_files() | {"worker.py": worker}
    return Box(backend, Limits(**limits), tier=tier or now["tier"], files=files)


def run(box, source, seconds=20):
    """Runs source in a box and returns its `result`; an error is a text."""
    request = {"op": "run", "source": textwrap.dedent(source)}
    header, _ = box.request(request, {}, seconds)
    return header.get("error") or header["result"]


@pytest.fixture(scope="module", autouse=True, params=[*MOUNTED, "landlock"])
def started(request):
    """How workers start; each box has to keep the same promises."""
    if request.param == "landlock" and (reason := tiers.why_not("landlock")):
        pytest.skip(reason)  # test_box_as_user.py runs it where nothing prevents it
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(now, "tier", "landlock" if request.param == "landlock" else BEST)
        if request.param == "afresh":
            patch.setenv(zygote.OFF, "1")
        yield request.param


@pytest.fixture(autouse=True)
def once_is_enough(request):
    """Most boxes here hold no Keras, and are the same on each backend."""
    on_jax = keras.backend.backend() == "jax"
    if on_jax and "backend" not in request.fixturenames:
        pytest.skip("no Keras in this box: tried in the run on TensorFlow")


@pytest.fixture(scope="module")
def first(started):
    """A box in which only the first filter is loaded."""
    with tiny() as box:
        yield box


@pytest.fixture(scope="module")
def locked(started):
    """A box that is closed, as for a submission."""
    with tiny() as box:
        box.request({"op": "lock"}, {}, 20)
        yield box


def refused(*lines: str, setup: str = "") -> str:
    """Source whose result names the lines that were not refused."""
    return textwrap.dedent(f"""
import ctypes, mmap, os, pathlib, signal, socket, subprocess, sys, threading
import lockdown, numpy
rt = os.path.dirname(lockdown.__file__)
libc = ctypes.CDLL(None, use_errno=True)
def check(value):
    if value == -1: raise OSError(ctypes.get_errno(), "refused")
{setup}
result = []
for line in {list(lines)!r}:
    try: exec(line)
    except (OSError, ValueError) as fault: continue
    result.append(line)
""")


# What the judge sees


def test_questions_are_answered_and_time_is_counted():
    with tiny() as box:
        assert run(box, "answer = lambda x: 2 * x + 1\nresult = 7") == 7
        x = np.random.default_rng(0).normal(size=(3, 4))
        header, arrays = box.request({"op": "call"}, {"x": x}, 20)
        assert header == {}
        np.testing.assert_array_equal(arrays["y"], 2 * x + 1)
        assert run(box, "result = 1 / 0") == "ZeroDivisionError: division by zero"
        before = box.cpu_seconds
        run(box, "import time\nwhile time.process_time() < 1: pass")
        run(box, "")
        assert 0.3 < box.cpu_seconds - before < 3
    with pytest.raises(Died, match="The box is closed"):
        run(box, "")


@once
def test_request_that_cannot_be_sent_is_the_judges_own_mistake(first):
    with pytest.raises(ValueError, match="cannot be sent"):
        first.request({"op": object()}, {}, 5)
    assert run(first, "result = 1") == 1


@once
def test_output_is_kept_cut_and_made_safe():
    with tiny() as box:
        run(box, r"print('ä \x1b[31m red \u202e', flush=True)")
        assert box.output == "ä \\x1b[31m red \\u202e\n"
        run(box, "print('x' * 100_000); print('end')")
        run(box, "")
        assert 16_384 <= len(box.output) < 20_000
        assert "\n[…]\n" in box.output and box.output.endswith("x\nend\n")


@once
def test_printable_and_printed():
    assert printable("a\tb\n\r\0\x9b\udc80") == "a\tb\n\\r\\x00\\x9b\\udc80"
    come, go = os.pipe()
    os.set_blocking(come, False)
    os.write(go, b"a" * 8192 + b"b" * 8192)
    printed = Printed()
    printed.drain(come)
    assert printed.text() == "a" * 8192 + "b" * 8192 and not printed.ended
    os.write(go, "ä".encode()[:1])
    os.close(go)
    printed.drain(come)
    os.close(come)
    assert printed.ended and printed.count == 16385
    assert printed.text().endswith("b\\xc3") and "[…]" in printed.text()


DEATHS = {
    "exit": ("os._exit(0)", "died", "exit status 0"),
    "exit code": ("os._exit(77)", "died", "exit status 77"),
    "crash": ("import ctypes; ctypes.string_at(0)", "died", "SIGSEGV"),
    "spin": ("while True: pass", "timeout", "seconds of the processor"),
    "sleep": ("import time; time.sleep(1000)", "timeout", "waits or hangs"),
    "flood": ("while True: print('x' * 1000)", "output", "printed more"),
    "nothing asked": (
        "sock.setblocking(True); sock.sendall(b'x' * 99)",
        "protocol",
        "",
    ),
    "another number": ("wire.send(sock, {'id': 1}, {}, 9)", "protocol", "not asked"),
    "hangs up": ("import time; sock.close(); time.sleep(99)", "protocol", "went on"),
    "shared memory": (
        "import mmap; m = mmap.mmap(-1, 2**30)\n"
        "for i in range(0, 2**30, 4096): m[i] = 1",
        "memory",
        "400 MiB",
    ),
    "folders": (
        "for i in range(10**6): os.mkdir(str(i))",
        "output",
        "500 files",
    ),
}


@pytest.mark.parametrize("name", DEATHS)
def test_death_has_a_verdict_and_leaves_nothing(name):
    source, verdict, words = DEATHS[name]
    patience = 1.5 if name == "sleep" else 20
    seconds = 20 if verdict == "memory" else 2  # some machines are slow to give it
    with tiny(memory=400 * 2**20, patience=patience, scratch_files=500) as box:
        space = mark(box)
        assert living_in({space})
        box.request({"op": "lock"}, {}, 20)
        start = time.monotonic()
        with pytest.raises(Died) as death:
            run(box, f"import os\n{source}", seconds)
            run(box, "", seconds)
        assert (death.value.verdict, living_in({space})) == (verdict, set())
        assert words in death.value.message
        assert time.monotonic() - start < 60
        with pytest.raises(Died) as again:
            run(box, "")
        assert again.value.verdict == verdict


@once
def test_answer_before_the_question_is_a_breach():
    with tiny() as box:
        run(box, "")
        run(box, "import threading, time\nthreading.Timer(0.1, wire.send,"
                 " (sock, {'id': 1}, {}, 9)).start()")  # fmt: skip
        time.sleep(0.5)
        with pytest.raises(Died, match="before the question") as death:
            run(box, "")
        assert death.value.verdict == "protocol"


@by_mounts
def test_total_of_the_processors_seconds_is_bounded():
    with tiny(cpu=1.5) as box, pytest.raises(Died) as death:
        for _ in range(20):
            run(box, "import time\nt = time.process_time()\n"
                     "while time.process_time() < t + 0.3: pass")  # fmt: skip
    assert death.value.verdict == "timeout"


@by_mounts
@pytest.mark.parametrize(
    ("worker", "words"),
    [
        (b"print('no luck'); raise SystemExit(3)", "no luck"),
        (b"import time; time.sleep(100)", "waits or hangs"),
        (WORKER.replace(b'"ready"', b'"steady"'), "is ready"),
        (b"import sys, os; os.write(int(sys.argv[1]), b'12345678' * 9)", "protocol"),
    ],
)
def test_death_before_the_start_is_no_fault_of_a_submission(worker, words):
    with tiny(worker=worker, start=3) as box, pytest.raises(Died, match=words) as death:
        run(box, "")
    assert death.value.verdict == "harness_error"


@by_mounts
def test_box_that_cannot_be_made_is_a_harness_error(monkeypatch):
    monkeypatch.setenv(zygote.OFF, "1")
    monkeypatch.setattr(bubblewrap, "NAMESPACES", ("nonsense",))
    with pytest.raises(Died, match="nonsense") as death, tiny() as box:
        run(box, "")
    assert death.value.verdict == "harness_error"
    monkeypatch.setattr(bubblewrap.shutil, "which", lambda name: None)
    with pytest.raises(Died, match="bubblewrap .* is not installed") as death:
        tiny()
    assert death.value.verdict == "harness_error"


# What the worker is


def by_user_of_its_own():
    """Whether the worker is another user, if only by a namespace."""
    return ROOT or now["tier"] != "landlock"


def test_worker_is_nobody_and_may_nothing(first):
    status = run(first, "result = open('/proc/self/status').read()")
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    # Who is nobody by Landlock could never have got what is in its bounding set.
    rights = ["Inh", "Prm", "Eff", "Amb", "Bnd"][: 5 if by_user_of_its_own() else 4]
    for name in rights:
        assert int(fields[f"Cap{name}"], 16) == 0, name
    assert fields["NoNewPrivs"] == "1" and fields["Seccomp"] == "2"
    assert 0 not in map(int, fields["Uid"].split() + fields["Gid"].split())
    groups = [] if by_user_of_its_own() else os.getgroups()
    assert run(first, "import os; result = os.getgroups()") in (groups, [65534])
    # As the machine sees it: not root, not even by a mapping.
    status = Path(f"/proc/{first._launched.worker()}/status").read_text()
    users = set(status.split("Uid:")[1].splitlines()[0].split())
    assert users == {str(os.getuid())} if not ROOT else users & {"0"} == set()


def test_two_boxes_are_two_users_or_two_namespaces():
    with tiny() as one, tiny() as other:
        for box in (one, other):
            box.wait_until_ready()
        users = [run(box, "import os; result = os.getuid()") for box in (one, other)]
        assert users[0] != users[1] or not ROOT
        assert mark(one) != mark(other)
        # Nor can one see or touch the other, who may be the same user.
        place = run(one, "import os; result = os.path.realpath('.')")
        pid = one._launched.worker()
        lines = [f"open('{place}/x', 'w')", f"os.kill({pid}, 0)"]
        lines += [f"open('/proc/{pid}/{name}')" for name in ("mem", "environ", "maps")]
        others = lines if now["tier"] == "landlock" else lines[2:]
        assert run(other, refused(*others)) == []


def test_processes_of_the_machine_are_not_seen(first):
    pids = "import os; result = [p for p in os.listdir('/proc') if p.isdigit()]"
    if now["tier"] == "landlock":
        assert run(first, pids).startswith("PermissionError")
    else:
        assert len(run(first, pids)) == 2


def test_judges_environment_is_not_seen(monkeypatch, tmp_path, started):
    monkeypatch.setenv("GRADING_TOKEN", "swordfish")
    read = """
    import glob, os
    result = str(os.environ)
    paths = glob.glob("/proc/[0-9]*/environ") + glob.glob("/proc/[0-9]*/cmdline")
    paths += [f"/proc/{pid}/{name}" for pid in ("self", os.getppid())
              for name in ("environ", "cmdline")]
    for path in paths:
        try: result += open(path).read()
        except OSError: pass
    for name in ("mountinfo", "mounts", "mountstats", "cgroup", "maps"):
        try: result += open(f"/proc/self/{name}").read()
        except OSError: pass
    """
    monkeypatch.chdir(tmp_path)
    with tiny() as box:
        seen = run(box, read)
        if started != "landlock":
            # Where users are the same, the box can read what this shows.
            own = Path(f"/proc/{box._launched.process.pid}/environ").read_bytes()
            assert b"swordfish" not in own
    assert "python" in seen
    assert any(f"/rt/{name}.py" in seen for name in ("worker", "forks", "landlock"))
    for secret in ("swordfish", "GRADING_TOKEN", str(tmp_path), HERE.name):
        assert secret not in seen


def test_no_descriptors_but_the_channel_and_the_output(first):
    fds = run(first, """
    import os, stat
    result = []
    for fd in range(1024):
        try: mode = os.fstat(fd).st_mode
        except OSError: continue
        result.append(stat.filemode(mode)[0])
    """)  # fmt: skip
    assert fds == ["c", "p", "p", "s"]


def test_limits_are_set_soft_and_hard(locked):
    limits = run(locked, """
    import resource
    result = {name[7:]: resource.getrlimit(getattr(resource, name))
              for name in dir(resource) if name.startswith("RLIMIT_")}
    """)  # fmt: skip
    expected = Limits().of_process(own_user=ROOT)
    assert ("NPROC" in expected) == ROOT
    for name, value in expected.items():
        low, high = limits[name]
        assert low == high, name
        assert value <= low <= value + 60 if name == "CPU" else low == value, name


# What it sees


@by_mounts
def test_only_what_is_allowed_is_there(first):
    top = set(run(first, "import os; result = os.listdir('/')"))
    assert top <= {"dev", "lib", "lib32", "lib64", "proc", "rt", "tmp", "usr"}
    assert set(run(first, "result = os.listdir('/usr')")) <= {"lib", "lib32", "lib64"}
    rt = set(run(first, "result = os.listdir('/rt')"))
    wanted = {"limits.json", "stage_2.bpf", "python", "site", "worker.py", "setpriv"}
    assert rt <= wanted | {"forks.json", "stage_1.bpf"} | set(own_files())
    assert run(first, "result = os.listdir('/tmp') + os.listdir('/dev/shm')") == []


@by_landlock
def test_only_what_is_allowed_can_be_read(first):
    for folder in ("/", "/proc", "/etc", "/usr", "/usr/bin", "/home", "/root", "/tmp"):
        said = run(first, f"import os; result = os.listdir({folder!r})")
        assert said.startswith(("PermissionError", "FileNotFoundError")), folder
    lines = [f"open({path!r}).read()" for path in (
        "/etc/passwd", "/etc/hostname", "/proc/cmdline", "/proc/1/status",
        "/proc/net/unix", "/proc/self/mountinfo", "/proc/self/net/tcp",
        f"/proc/{os.getpid()}/cmdline", f"/proc/{os.getpid()}/environ",
        "/proc/self/root" + "/etc/passwd", "/dev/tty", str(HERE))]  # fmt: skip
    lines += ["os.listdir('..')", "os.listdir('/dev/shm')", "os.listdir('/usr/lib')"]
    assert run(first, refused(*lines)) == []
    rt = set(run(first, "result = os.listdir(rt)"))
    wanted = {"limits.json", "landlock.json", "stage_1.bpf", "stage_2.bpf", "setpriv"}
    assert rt <= wanted | {"python", "site", "worker.py"} | set(own_files())
    assert run(first, "result = os.listdir('.')") == []


def test_nothing_is_there_to_be_imported_that_knows_answers(first):
    found = run(first, """
    import importlib.util, os, sys
    import lockdown
    site = os.path.dirname(lockdown.__file__) + "/site"
    names = ("keras_gen", "pytest", "_pytest", "sklearn", "matplotlib", "IPython")
    result = [name for name in names if importlib.util.find_spec(name)]
    for folder, folders, files in os.walk(site, followlinks=True):
        result += [n for n in folders + files if "keras_gen" in n or "keras-gen" in n]
    """, seconds=60)  # fmt: skip
    assert found == []


def test_interpreter_is_this_one_and_runs_its_own_library(first):
    assert run(first, "import sys; result = sys.version") == sys.version


def test_packages_that_exercises_need_are_there(first):
    names = ["keras", "numpy", "scipy", "h5py"]
    missing = f"""
    import importlib.util
    result = [name for name in {names} if importlib.util.find_spec(name) is None]
    """
    assert run(first, missing) == []


def test_nothing_can_be_written_but_the_scratch_folder(first):
    lines = [f"open({path!r}, 'w')" for path in (
        "/evil", "/dev/evil", "/usr/lib/evil",
        "/proc/sys/kernel/hostname")]  # fmt: skip
    lines += [f"open(rt + {path!r}, 'w')" for path in (
        "/evil", "/worker.py", "/site/evil", "/site/numpy/evil.py",
        "/site/numpy/__init__.py", "/python/lib/evil")]  # fmt: skip
    lines += ["os.chmod(rt + '/worker.py', 0o777)", "os.mkdir('/usr/evil')"]
    lines += ["os.unlink(rt + '/site/numpy')", "os.mkdir(rt + '/site/evil')"]
    lines += ["os.rename(rt + '/worker.py', 'x')", "os.link(rt + '/worker.py', 'x')"]
    lines += ["os.truncate(rt + '/worker.py', 0)", "os.utime(numpy.__file__)"]
    lines += ["os.chmod(numpy.__file__, 0o777)"]
    lines += ["open(os.open(numpy.__file__, os.O_RDONLY | os.O_TRUNC))"]
    assert run(first, refused(*lines)) == []
    place = run(first, "open('x', 'w').write('x'); result = os.getcwd()")
    assert run(first, "os.unlink('x'); result = os.path.expanduser('~')") == place
    assert place == "/tmp" or now["tier"] == "landlock"


@by_landlock
def test_files_of_the_same_user_are_not_touched(first, locked, tmp_path):
    """In a mounted box they are not there; here only rules and filters keep them."""
    tmp_path.chmod(0o777)
    grades = tmp_path / "grades.csv"
    grades.write_text("alice,100")
    grades.chmod(0o666)
    before, path = grades.stat(), str(grades)
    lines = [f"os.chmod({path!r}, 0)", f"os.utime({path!r}, (1, 1))",
             f"os.chown({path!r}, -1, os.getgid())", f"os.truncate({path!r}, 0)",
             f"os.setxattr({path!r}, 'user.x', b'x')", f"os.unlink({path!r})",
             f"open({path!r}, 'a')", f"open({path!r})", f"os.rename({path!r}, 'x')",
             f"os.link({path!r}, 'x')", f"os.rename('y', {path!r})",
             f"os.symlink('y', {path + '.2'!r})", f"os.mkdir({path + '.2'!r})",
             f"open({path + '.2'!r}, 'w')", f"os.mkfifo({path + '.2'!r})",
             f"os.chmod({str(tmp_path)!r}, 0)", f"os.rmdir({str(tmp_path)!r})",
             f"os.statvfs({path!r}) and open({path!r}, 'rb')"]  # fmt: skip
    lines += ["open(rt + '/worker.py', 'a')", "os.truncate(rt + '/worker.py', 0)"]
    for box in (first, locked):
        place = Path(run(box, "import os; result = os.getcwd()"))
        (place.parent / "rt" / "worker.py").chmod(0o666)
        assert run(box, refused(*lines, setup="open('y', 'w').write('y')")) == []
    after = grades.stat()
    assert grades.read_text() == "alice,100" and list(tmp_path.iterdir()) == [grades]
    kept = ("st_mode", "st_uid", "st_gid", "st_mtime_ns", "st_nlink")
    assert all(getattr(after, key) == getattr(before, key) for key in kept)


@by_landlock
def test_processes_of_the_same_user_are_not_touched(first, locked):
    judge = os.getpid()
    assert landlock.version() >= 6 or run(locked, refused("os.kill(1, 0)")) == []
    lines = [f"os.kill({judge}, 0)", f"os.kill(-{os.getpgid(0)}, 0)",
             f"os.kill({os.getppid()}, 0)",
             f"os.pidfd_open({judge}) and signal.pidfd_send_signal("
             f"os.pidfd_open({judge}), 0)",
             f"check(libc.ptrace(16, {judge}, 0, 0))",
             # The judge would get a signal as often as it is answered.
             "import fcntl; fcntl.ioctl(sock, 0x8901, "
             f"({judge}).to_bytes(4, 'little'))",
             "import fcntl; fcntl.ioctl(sock, 0x8902, "
             f"({judge}).to_bytes(4, 'little'))"]  # fmt: skip
    if landlock.version() >= 6:
        assert run(first, refused(*lines)) == []
    lines += [f"os.sched_setaffinity({judge}, {{0}})", "os.setpgid(0, 0)",
              f"os.setpriority(os.PRIO_PROCESS, {judge}, 19)", "os.memfd_create('x')",
              "import resource; "
              f"resource.prlimit({judge}, resource.RLIMIT_CPU, (1, 1))",
              f"import fcntl; fcntl.fcntl(sock, fcntl.F_SETOWN, {judge})",
              "check(libc.prctl(1, 0, 0, 0, 0))"]  # fmt: skip
    assert run(locked, refused(*lines)) == []


@by_mounts
def test_all_mounts_are_read_only_but_scratch_and_devices(first):
    lines = run(first, "result = open('/proc/self/mounts').read().splitlines()")
    mounts = [line.split()[1:4:2] for line in lines if " proc " not in line]
    writable = {place for place, options in mounts if "ro" not in options.split(",")}
    devices = {place for place in writable if place.startswith("/dev/")}
    assert writable - devices == {"/tmp"} and "/dev/shm" in devices


@by_mounts
def test_scratch_folders_are_small_and_fresh():
    fill = """
    def fill(folder):
        size = 0
        try:
            for i in range(100):
                with open(f"{folder}/{i}", "wb") as file:
                    for _ in range(10): size += file.write(bytes(2**20))
        except OSError as fault: return fault.errno
    result = [fill("/tmp"), fill("/dev/shm")]
    """
    with tiny() as box:
        assert run(box, fill) == [28, 28]  # no space left
    with tiny() as box:
        run(box, "import os")
        assert run(box, "result = os.listdir('/tmp') + os.listdir('/dev/shm')") == []


DISK = {
    "many large files": (
        "for i in range(100): open(str(i), 'wb').write(bytes(2**23))",
        "64 MiB",
    ),
    "in folders": (
        "for i in range(100): os.mkdir(str(i)); "
        "open(f'{i}/x', 'wb').write(bytes(2**23))",
        "64 MiB",
    ),
    "deep": (
        "for i in range(10**5): os.mkdir('x'); os.chdir('x')",
        "(500 files|hides)",
    ),
    "hidden": (
        "os.mkdir('x', 0o300)\nfor i in range(9): "
        "open(f'x/{i}', 'wb').write(bytes(2**23))\nwhile True: pass",
        "(64 MiB|hides)",
    ),
}


@by_landlock
@pytest.mark.parametrize("name", DISK)
def test_scratch_folder_on_disk_is_small_and_removed(name):
    source, words = DISK[name]
    with tiny(scratch_files=500) as box:
        place = Path(run(box, "import os; result = os.getcwd()"))
        box.request({"op": "lock"}, {}, 20)
        with pytest.raises(Died, match=words) as death:
            run(box, f"{source}\nimport time; time.sleep(9)", seconds=10)
        assert death.value.verdict == "output"
    assert not place.parent.exists()


@once
def test_folder_deeper_than_a_path_is_removed(tmp_path):
    with scratch.folder() as place:
        here = os.getcwd()
        try:
            os.chdir(place)
            for _ in range(1100):
                os.mkdir("deep", 0o700)
                os.chdir("deep")
            Path("file").write_text("x")
            os.symlink(tmp_path, "link")
        finally:
            os.chdir(here)
        with pytest.raises(OSError, match="too long"):
            scratch.used(place, 10**6)
        assert scratch.used(place, 5)[0] > 5
    assert not place.exists() and tmp_path.exists()


# What it may do


def test_first_filter_and_no_capabilities_refuse(first):
    clone = "check(libc.syscall({clone}, {flags} | 17, 0, 0, 0, 0))"
    number = {"x86_64": 56, "aarch64": 220}[os.uname().machine]
    lines = [
        "check(libc.mount(None, b'/rt/site/numpy', None, 32 | 4096, None))",
        "check(libc.mount(b'x', b'/tmp', b'tmpfs', 0, None))",
        "check(libc.umount(b'/proc'))",
        "check(libc.unshare(0x10000000))",
        "check(libc.unshare(0x00020000))",
        clone.format(clone=number, flags=0x10000000),
        "check(libc.setuid(0))",
        "check(libc.setgroups(1, (ctypes.c_int * 1)(0)))",
        "check(libc.ptrace(16, 1, 0, 0))",
        "check(libc.shmget(1234, 4096, 0o1777))",
        "check(libc.personality(0x40000))",
        "check(libc.syscall(425, 8, 0))",
        "socket.socket(socket.AF_INET)",
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
        "socket.socket(socket.AF_INET6)",
        "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
        "socket.socket(40, socket.SOCK_STREAM)",
        "open('/proc/1/mem', 'rb').read(1)",
        "os.chroot('/tmp')",
    ]
    assert run(first, refused(*lines)) == []
    if now["tier"] == "landlock":
        assert run(first, refused("os.listdir('/proc/self/net')")) == []
        return
    assert run(first, "import os; result = os.listdir('/proc/self/net')") is not None
    lines = run(first, "result = open('/proc/net/dev').read().splitlines()")
    assert [line.split(":")[0].strip() for line in lines[2:]] == ["lo"]


def test_abstract_sockets_do_not_reach_out(first):
    import socket

    name = f"keras-gen-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("\0" + name)
        listener.listen()
        connect = f"socket.socket(socket.AF_UNIX).connect(chr(0) + {name!r})"
        assert run(first, refused(connect)) == []


def test_second_filter_refuses(locked):
    lines = [
        "os.fork()",
        "os.execv(sys.executable, ['x'])",
        "subprocess.run([rt + '/setpriv'])",
        "socket.socket()",
        "socket.socketpair()",
        "os.kill(-1, 9)",
        "os.kill(1, 9)",
        "os.setsid()",
        "os.nice(1)",
        "os.mkfifo('x')",
        "import resource; resource.setrlimit(resource.RLIMIT_CPU, (9, 9))",
        "import fcntl; fcntl.flock(open('l', 'w'), fcntl.LOCK_EX)",
        "import fcntl; fcntl.lockf(open(rt + '/worker.py'), fcntl.LOCK_SH)",
        "os.sched_setaffinity(0, {0})",
        "check(libc.prctl(4, 1, 0, 0, 0))",
        "open('/proc/self/mem', 'rb').read(1)",
    ]
    assert run(locked, refused(*lines)) == []
    assert run(locked, "import threading; t = threading.Thread(); t.start(); t.join()"
                       "\nresult = 1") == 1  # fmt: skip


def test_memory_beyond_the_limit_is_an_ordinary_exception(locked):
    assert run(locked, "x = bytearray(3 * 2**30)").startswith("MemoryError")
    assert "emory" in run(locked, "import numpy; x = numpy.ones(3 * 2**27)")
    assert run(locked, "result = 1") == 1


# The end


@by_mounts  # nothing can be started when a submission runs: stage 2
def test_daemons_die_with_the_box():
    with tiny() as box:
        space = mark(box)
        run(box, """
        import os, signal, time
        if os.fork() == 0:
            os.setsid()
            for number in range(1, 65):
                try: signal.signal(number, signal.SIG_IGN)
                except (OSError, ValueError): pass
            if os.fork() == 0:
                while True: time.sleep(1)
            os._exit(0)
        """)  # fmt: skip
        time.sleep(0.2)
        assert len(living_in({space})) >= 3
        process = box._launched.process
    assert living_in({space}) == set() and process.returncode is not None


def test_box_dies_with_a_judge_that_is_killed(tmp_path):
    script = tmp_path / "judge.py"
    script.write_text(f"""
import os, sys, time
from pathlib import Path
from keras_gen.grading.box import Box, own_files
worker = Path({str(HERE.with_name("tiny_worker.py"))!r}).read_bytes()
box = Box(tier={now["tier"]!r}, files=own_files() | {{"worker.py": worker}})
box.wait_until_ready()
from keras_gen.grading.watch import mark
print(mark(box), flush=True)
box.request({{"op": "run", "source": "while True: pass"}}, {{}}, 100)
""")
    judge = subprocess.Popen(
        [sys.executable, script], stdout=subprocess.PIPE, text=True
    )
    space = judge.stdout.readline().strip()
    assert living_in({space})
    judge.send_signal(signal.SIGKILL)
    judge.wait()
    judge.stdout.close()
    end = time.monotonic() + 20
    while living_in({space}) and time.monotonic() < end:
        time.sleep(0.05)
    assert living_in({space}) == set()


@once
def test_no_box_still_speaks_the_protocol():
    with tiny(tier="none") as box:
        run(box, "answer = lambda x: x + 1")
        _, arrays = box.request({"op": "call"}, {"x": np.ones(2)}, 20)
        assert arrays["y"].tolist() == [2, 2]
        scratch = Path(run(box, "import os; result = os.getcwd()"))
        assert scratch.is_dir() and run(box, "result = os.environ['HOME']") in str(
            scratch
        )
        worker = box._launched.worker()
        with pytest.raises(Died) as death:
            run(box, "while True: pass", seconds=1)
        assert death.value.verdict == "timeout"
    assert worker not in every_process() and not scratch.exists()


# Keras and the tiers


def test_keras_trains_and_saves_in_a_closed_box(backend):
    with tiny(backend) as box:
        box.request({"op": "lock"}, {}, 20)
        loss = run(box, """
        import keras
        import numpy as np
        x = np.ones((8, 8, 8, 1), "float32")
        layers = [keras.Input((8, 8, 1)), keras.layers.Conv2D(2, 3)]
        layers += [keras.layers.Flatten(), keras.layers.Dense(1)]
        model = keras.Sequential(layers)
        model.compile("adam", "mse")
        model.fit(x, x[:, 0, 0], verbose=0)
        model.save("model.keras")
        same = keras.saving.load_model("model.keras")
        result = float(np.abs(same.predict(x, verbose=0) - model(x)).max())
        """, seconds=90)  # fmt: skip
    assert isinstance(loss, float) and loss < 1e-5, loss


@once
def test_tiers_are_found_by_trying(monkeypatch):
    assert tiers.tier() == BEST and tiers.tier(BEST) == BEST
    other = "bwrap-user" if ROOT else "bwrap-root"
    with pytest.raises(RuntimeError, match=f"The box '{other}' does not work here"):
        tiers.tier(other)
    with pytest.raises(RuntimeError, match="none of bwrap-root"):
        tiers.tier("docker")
    tiers.why_not.cache_clear()
    monkeypatch.setattr(bubblewrap, "NAMESPACES", ("pid", "ipc", "uts"))
    assert "keeps less than it should" in tiers.why_not(BEST)
    tiers.why_not.cache_clear()
    monkeypatch.setattr(bubblewrap.shutil, "which", lambda name: None)
    assert tiers.tier() == ("none" if tiers.why_not("landlock") else "landlock")
    monkeypatch.setattr(landlock, "version", lambda: 2)
    tiers.why_not.cache_clear()
    assert tiers.tier() == "none" and "Linux 6.2" in tiers.why_not("landlock")
    tiers.why_not.cache_clear()


@by_landlock
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"call(RESTRICT, rules, 0)", b"pass"),
        (b'restrict(settings["read"]', b'restrict(["/"]'),
    ],
)
def test_landlock_that_keeps_less_is_found_by_trying(before, after, monkeypatch):
    files = own_files()
    assert before in files["landlock.py"]
    files["landlock.py"] = files["landlock.py"].replace(before, after)
    monkeypatch.setattr(tiers, "own_files", lambda: dict(files))
    tiers.why_not.cache_clear()
    reason = tiers.why_not("landlock")
    tiers.why_not.cache_clear()
    assert "keeps less than it should" in reason and "/etc/passwd" in reason


@by_landlock
def test_worker_without_a_filter_is_refused(monkeypatch):
    monkeypatch.setattr(plain.filters, "stage_1", lambda mounts: b"")
    with pytest.raises(Died) as death, tiny() as box:
        run(box, "result = 1")
    assert death.value.verdict == "harness_error"


@by_landlock
def test_root_needs_an_interpreter_that_others_can_read(monkeypatch):
    monkeypatch.setattr(plain.runtime, "private", lambda paths: "/root")
    monkeypatch.setattr(plain.os, "geteuid", lambda: 0)
    monkeypatch.setattr(plain.os, "chown", lambda *_: None)
    with pytest.raises(Died, match="cannot look into /root: install Python"):
        tiny()
