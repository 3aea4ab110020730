"""Forked workers: they never hang, never meet, and are missed by nobody.

That they are shut in as others are is what `test_box.py` tests, for both.
"""

import os
import signal
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from keras_gen.grading import compiled, tiers, zygote
from keras_gen.grading.box import Box, Died, own_files
from keras_gen.grading.limits import Limits, children

WORKER = Path(__file__).with_name("tiny_worker.py").read_bytes()
FILES = own_files() | {"worker.py": WORKER}
FORKS = int(os.environ.get("GRADING_FORKS", 12))  # 40 were tried on each backend
if not (sys.platform == "linux" and tiers.is_root()):
    pytestmark = pytest.mark.skip(reason="only root's workers are forked")
elif os.environ.get("GRADING_WITHOUT_BOX"):
    pytestmark = pytest.mark.skip(reason="no box here")
JITTED = """
import keras
import numpy as np
model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
model.compile("sgd", "mse", jit_compile={jit})
x = np.ones((4, 3), "float32")
before = model.get_weights()[0].copy()
model.train_on_batch(x, x[:, :2] + 5)
result = float(np.abs(model.get_weights()[0] - before).max())
"""


def tiny(backend=None, **limits):
    return Box(backend, Limits(**limits), tier="bwrap-root", files=FILES)


def run(box, source, seconds=30):
    request = {"op": "run", "source": textwrap.dedent(source)}
    header, _ = box.request(request, {}, seconds)
    return header.get("error") or header["result"]


def forked(box):
    return isinstance(box._launched.process, zygote.Job)


def test_many_forks_train_and_none_hangs(backend):
    source = JITTED.format(jit=backend == "jax")
    for number in range(FORKS // 2):
        with tiny(backend) as box, tiny(backend) as beside:
            assert forked(box) and forked(beside)
            for one in (box, beside):
                one.request({"op": "lock"}, {}, 20)
                moved = run(one, source)
                assert isinstance(moved, float) and moved > 0.01, (number, moved)
    kept = next(z for kind, z in zygote._mine.zygotes.items() if kind[0] == backend)
    pid = min(children(kept._launched.first))  # workers that end may still be there
    assert "Threads:\t1\n" in Path(f"/proc/{pid}/status").read_text()
    zygote._forget(kept)


def test_workers_do_not_meet():
    with tiny() as one, tiny() as other:
        assert run(one, "import os; open('x', 'w').write('x'); result = 1") == 1
        look = "import os; result = [os.listdir('/tmp'), os.listdir('/dev/shm')]"
        assert run(other, look) == [[], []]
        seen = "import os; result = [p for p in os.listdir('/proc') if p.isdigit()]"
        assert sorted(run(other, seen)) == ["1", "2"]
        spaces = set()
        for box in (one, other):
            for name in ("pid", "mnt", "net", "ipc", "cgroup"):
                spaces.add(os.readlink(f"/proc/{box._launched.worker()}/ns/{name}"))
        assert len(spaces) == 10
        # Its first process is root's, without rights, and cannot be touched.
        said = run(other, """
        import os
        result = []
        for line in ("os.kill(1, 9)", "open('/proc/1/environ').read()",
                     "open('/proc/1/mem').read(1)", "os.listdir('/proc/1/fd')",
                     "open('/rt/forks.py', 'w')", "os.setuid(0)"):
            try: exec(line)
            except OSError: continue
            result.append(line)
        """)  # fmt: skip
        assert said == []
        first = Path(f"/proc/{other._launched.first}/status").read_text()
        rights = [line.split()[1] for line in first.splitlines() if "CapEff" in line]
        assert [int(one, 16) for one in rights] == [0]
        assert run(one, "result = 2") == 2


def test_zygote_that_is_killed_is_replaced():
    with tiny(threads=50) as box:
        assert forked(box)
        kept = list(zygote._mine.zygotes.values())[-1]
        os.kill(kept._launched.first, signal.SIGKILL)
        with pytest.raises(Died):
            run(box, "import time; time.sleep(9)")
    with tiny(threads=50) as box:
        assert forked(box) and run(box, "result = 3") == 3
        assert list(zygote._mine.zygotes.values())[-1] is not kept


def test_without_a_zygote_workers_start_afresh(monkeypatch):
    def broken(self, channel):
        raise zygote.Broken("no fork today")

    monkeypatch.setattr(zygote.Zygote, "fork", broken)
    with tiny(threads=51) as box:
        assert not forked(box) and run(box, "result = 4") == 4
    monkeypatch.undo()
    monkeypatch.setenv(zygote.OFF, "1")
    with tiny(threads=51) as box:
        assert not forked(box)


def test_worker_that_is_not_shut_in_is_refused(monkeypatch):
    bad = FILES["lockdown.py"].replace(b"os.setresuid(user, user, user)", b"pass")
    monkeypatch.setitem(FILES, "lockdown.py", bad)
    with pytest.raises(Died, match="root's rights") as death, tiny() as box:
        run(box, "result = 5")
    assert death.value.verdict == "harness_error"


def test_few_zygotes_are_kept_and_none_that_is_used():
    with tiny(threads=60) as used:
        for threads in range(61, 66):
            with tiny(threads=threads) as box:
                assert forked(box)
        assert run(used, "result = 6") == 6
        idle = [one for one in zygote._mine.zygotes.values() if not one.jobs]
        assert len(idle) <= zygote.KEPT


def test_compiled_programs_are_read_only_and_not_listed(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert compiled.mounted() == ([], {})

    with compiled.filling() as place:
        inside = Path(compiled.mounted()[0][1])
        (inside / "a-cache").write_bytes(b"program")
        (inside / "a-atime").write_bytes(b"")
        (inside / "b-cache").symlink_to("/etc/passwd")
        (inside / "c-cache").mkdir()
    assert [path.name for path in place.iterdir()] == ["a-cache"]
    assert compiled.mounted()[0][0] == "--ro-bind"
    look = """
    import os
    result = []
    os.chdir("/rt/compiled")
    for line in ("os.listdir('.')", "open('b-cache', 'w')", "open('a-cache', 'a')",
                 "os.unlink('a-cache')"):
        try: exec(line)
        except OSError: continue
        result.append(line)
    result.append(open("/rt/compiled/a-cache").read())
    """  # fmt: skip
    monkeypatch.setattr(zygote, "KEPT", 1)
    worker = FILES["worker.py"].replace(b"import keras", b"pass")
    monkeypatch.setitem(FILES, "worker.py", worker)
    forks = FILES["forks.py"].replace(b'settings["keras"]', b"False")
    monkeypatch.setitem(FILES, "forks.py", forks)
    with tiny("jax") as box:
        assert run(box, look) == ["program"]
    place.chmod(0o777)
    assert compiled.mounted() == ([], {})


def test_zygotes_end_with_their_thread():
    made = []

    def work():
        with tiny(threads=70) as box:
            run(box, "result = 7")
        made.extend(z._launched.process for z in zygote._mine.zygotes.values())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert len(made) == 1 and made[0].wait(20) is not None
