# 94 lazy_import_shadow: replaces modules that the worker uses
# expect: failed|protocol|error|died
import sys

sys.modules["json"].dumps = lambda *a, **k: "{}"


def answer(x):
    return 2 * x
