# 16 read_tests_by_frame: looks for expected values in the callers
# expect: error
# wants: secret
import sys

frame, found = sys._getframe(), []
while frame:
    names = {**frame.f_globals, **frame.f_locals}
    found += [n for n in names if n in ("expected", "SECRET", "solution", "seed")]
    frame = frame.f_back
print(found[0])


def answer(x):
    return 2 * x + 1
