"""A Dask cluster grades each submission once, also when a worker is killed."""

import os
import runpy
import signal
from pathlib import Path

import pytest

from keras_gen.grading import cohort, scheduler

distributed = pytest.importorskip("distributed")
COHORT = runpy.run_path(str(Path(__file__).with_name("test_cohort.py")))
fake = COHORT["fake"]
pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # Dask's own, of ports and of event loops
    pytest.mark.skipif(os.name == "nt", reason="kills by signal"),
]


@pytest.fixture
def dask(fake, tmp_path, monkeypatch):
    """A cluster of two workers, which can import the grading function."""
    root = str(Path(cohort.__file__).parents[2])
    monkeypatch.setenv("PYTHONPATH", f"{root}{os.pathsep}{tmp_path}")
    options = {"n_workers": 2, "threads_per_worker": 1, "processes": True}
    with distributed.LocalCluster(
        **options, dashboard_address=None, host="127.0.0.1"
    ) as made:
        yield made


def test_a_killed_worker_loses_no_submission(dask, fake, tmp_path):
    words = {f"s{i:02d}": "sleep 0.3" if i % 2 else "good" for i in range(12)}
    handed_in = COHORT["submissions"](**words)
    told = []

    def tell(result, is_new):
        told.append(result.id)
        if len(told) == 3:
            with distributed.Client(dask.scheduler_address) as client:
                pids = client.run(os.getpid)
            os.kill(next(iter(pids.values())), signal.SIGKILL)

    runner = scheduler.cluster(dask.scheduler_address)
    found = COHORT["run"](fake, tmp_path, handed_in, runner=runner, told=tell)
    assert sorted(told) == sorted(words)  # each once
    assert [result.status for result in found] == ["graded"] * 12
    alone = COHORT["run"](fake, tmp_path, handed_in[::-1], runner=COHORT["here"])
    plain = COHORT["without_times"]
    assert plain(found) == plain(alone)


def test_a_submission_that_kills_workers_is_a_harness_error(dask, fake, tmp_path):
    handed_in = COHORT["submissions"](ada="crash", bob="good")
    with distributed.Client(dask.scheduler_address) as client:
        client.run_on_scheduler(
            lambda dask_scheduler: setattr(dask_scheduler, "allowed_failures", 1)
        )
    runner = scheduler.cluster(dask.scheduler_address)
    found = COHORT["run"](fake, tmp_path, handed_in, runner=runner)
    assert [result.status for result in found] == ["harness_error", "graded"]
    assert "workers died" in found[0].message


def test_an_address_where_nobody_answers_is_told(fake, tmp_path, monkeypatch):
    client = distributed.Client
    monkeypatch.setattr(
        distributed, "Client", lambda *a, **k: client(*a, **(k | {"timeout": 0.5}))
    )
    runner = scheduler.cluster("tcp://127.0.0.1:9")
    with pytest.raises(ConnectionError, match="tcp://127.0.0.1:9"):
        COHORT["run"](fake, tmp_path, COHORT["submissions"](a="good"), runner=runner)
