# 1 patch_runtest: replaces pytest's Function.runtest
# expect: error
import pytest

pytest.Function.runtest = lambda self: None


def answer(x):
    return 2 * x
