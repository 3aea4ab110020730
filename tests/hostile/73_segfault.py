# 73 segfault: reads nowhere
# expect: died
import ctypes

ctypes.string_at(0)


def answer(x):
    return 2 * x + 1
