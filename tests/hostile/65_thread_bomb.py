# 65 thread_bomb: threads without end
# expect: error|memory|died
import threading
import time

while True:
    threading.Thread(target=time.sleep, args=(10**6,), daemon=True).start()


def answer(x):
    return 2 * x + 1
