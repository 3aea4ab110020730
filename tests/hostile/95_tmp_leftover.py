# 95 tmp_leftover: leaves files for the next one, and looks for some
# expect: error
# wants: secret
import os

old = [name for name in os.listdir() if name != ".keras"]  # which is Keras's own
open("leftover", "w").write("x")
print(old[0])


def answer(x):
    return 2 * x + 1
