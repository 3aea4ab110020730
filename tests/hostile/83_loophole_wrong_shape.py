# 83 loophole_wrong_shape: numbers that compare oddly
# expect: failed
def answer(x):
    return (2 * x + 1)[None]
