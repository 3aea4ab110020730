# 54 deep_recursion: recursion without end
# expect: died|timeout|error|memory
import sys

sys.setrecursionlimit(10**9)


def f(x):
    return f([x]) + 1


f(1)


def answer(x):
    return 2 * x + 1
