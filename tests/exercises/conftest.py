"""`pytest tests/exercises --submission FILE`: the checks of one submission, as tests.

Without a submission there is nothing to test here: the checks themselves are tested by
`tests/test_exercises.py`.
"""

from pathlib import Path

import pytest


def pytest_addoption(parser):
    group = parser.getgroup("submission")
    group.addoption("--submission", help="file or folder that a student handed in")
    group.addoption(
        "--backend", action="append", help="jax, tensorflow (default: both)"
    )
    group.addoption("--set", action="append", help="set of exercises (default: all)")
    group.addoption("--grading-seed", type=int, default=0, help="of the inputs")
    text = "accept the weaker box, where bubblewrap is missing or refused"
    group.addoption("--allow-landlock", action="store_true", help=text)


def pytest_ignore_collect(collection_path, config):
    here = Path(__file__).parent
    if config.getoption("--submission", None) is None and collection_path != here:
        return True
    return None


def pytest_generate_tests(metafunc):
    if "check" not in metafunc.fixturenames:
        return
    from keras_gen.exercises.registry import SETS, checks_of

    option = metafunc.config.getoption
    cases = [
        pytest.param(one, backend, id=f"{one.set}-{one.name}-{one.check}-{backend}")
        for backend in option("--backend") or ("jax", "tensorflow")
        for name in option("--set") or SETS
        for one in checks_of(name)
    ]
    metafunc.parametrize(("check", "backend"), cases)


@pytest.fixture(scope="session")
def sessions(request):
    """Backend -> the submission in its box; each is started when it is first asked."""
    from keras_gen.exercises.registry import SETS, checks_of
    from keras_gen.grading import grade, intake, results, tiers

    option = request.config.getoption
    found = intake.collect([Path(option("--submission"))]).submissions
    if len(found) != 1 or found[0].problem:
        why = found[0].problem if len(found) == 1 else f"{len(found)} submissions"
        pytest.exit(f"--submission must be one that can be read: {why}.", 2)
    tier = tiers.tier()
    if tier == "none" or (tier == "landlock" and not option("--allow-landlock")):
        pytest.exit("No box works here: keras-gen doctor says what to install.", 2)
    sets = tuple(option("--set") or SETS)
    checks = [one for name in sets for one in checks_of(name)]
    settings = results.Settings(sets, (), option("--grading-seed"), tier)
    opened = {}

    def session(backend):
        if backend not in opened:
            opened[backend] = grade.Session(found[0], settings, backend, checks)
        return opened[backend]

    yield session
    for one in opened.values():
        one.close()
