# 92 atexit_loop: hangs after right answers
# expect: passed
import atexit


@atexit.register
def loop():
    while True:
        pass


def answer(x):
    return 2 * x + 1
