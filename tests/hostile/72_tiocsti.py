# 72 tiocsti: types into the terminal
# expect: error
import fcntl
import os

for path in ("/dev/tty", "/dev/console", "/proc/self/fd/0"):
    try:
        fcntl.ioctl(os.open(path, os.O_RDWR), 0x5412, b"x")
        break
    except OSError:
        continue
else:
    raise OSError("refused")


def answer(x):
    return 2 * x + 1
