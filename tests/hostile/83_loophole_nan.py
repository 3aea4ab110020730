# 83 loophole_nan: numbers that compare oddly
# expect: failed
def answer(x):
    return x * float("nan")
