# 96 honest_wrong: the other control
# expect: failed
def answer(x):
    return 2 * x
