# 83 loophole_broadcast_scalar: numbers that compare oddly
# expect: failed
def answer(x):
    return x.dtype.type(1.0)
