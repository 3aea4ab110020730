# 50 sleep_forever: waits without computing
# expect: timeout
import time

time.sleep(10**6)


def answer(x):
    return 2 * x + 1
