# 53 ignore_signals: ignores all signals, and loops
# expect: timeout
import signal

for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
while True:
    pass


def answer(x):
    return 2 * x + 1
