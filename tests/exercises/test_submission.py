"""Each check of a submission, as a test; its verdict and hint are the failure."""

import pytest


def test_submission(check, backend, sessions):
    result = sessions(backend).run(check)
    if result.verdict != "passed":
        pytest.fail(f"{result.verdict}: {result.message}", pytrace=False)
