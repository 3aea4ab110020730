# 99 read_the_judge: reads the grader's memory, environment and open files
# expect: error
# wants: secret
import ctypes
import os

judge, libc = int("@JUDGE@"), ctypes.CDLL(None, use_errno=True)


def check(value):
    if value < 0:
        raise OSError(ctypes.get_errno(), "refused")


names = ("environ", "cmdline", "maps", "mem", "auxv", "stack", "cwd/.", "root/etc")
attempts = [lambda n=n: os.open(f"/proc/{judge}/{n}", os.O_RDONLY) for n in names]
attempts += [
    lambda: os.listdir(f"/proc/{judge}/fd"),
    lambda: os.readlink(f"/proc/{judge}/exe"),
    lambda: check(libc.ptrace(16, judge, 0, 0)),
    lambda: check(libc.process_vm_readv(judge, None, 0, None, 0, 0)),
]
for attempt in attempts:
    try:
        attempt()
        break
    except OSError:
        continue
else:
    raise OSError("refused")


def answer(x):
    return 2 * x + 1
