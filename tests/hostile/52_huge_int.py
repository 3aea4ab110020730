# 52 huge_int: a number of 369 million digits
# expect: timeout|memory|error
x = 9**9**9 % 7


def answer(x):
    return 2 * x + 1
