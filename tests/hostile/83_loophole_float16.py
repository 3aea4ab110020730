# 83 loophole_float16: numbers that compare oddly
# expect: failed
def answer(x):
    return (2 * x + 1).astype("float16")
