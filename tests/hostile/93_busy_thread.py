# 93 busy_thread: computes on after its answer
# expect: passed|timeout
import threading


def loop():
    while True:
        pass


threading.Thread(target=loop, daemon=True).start()


def answer(x):
    return 2 * x + 1
