# 2 patch_testreport: blanks what pytest caught
# expect: error
from _pytest.reports import TestReport

TestReport.from_item_and_call = None


def answer(x):
    return 2 * x
