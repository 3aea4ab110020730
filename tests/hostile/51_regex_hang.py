# 51 regex_hang: holds the interpreter's lock
# expect: timeout
import re

re.match("(a+)+$", "a" * 40 + "b")


def answer(x):
    return 2 * x + 1
