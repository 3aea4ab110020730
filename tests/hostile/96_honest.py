# 96 honest: the control
# expect: passed
def answer(x):
    return 2 * x + 1
