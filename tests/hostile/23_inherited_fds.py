# 23 inherited_fds: descriptors of the grader's files
# expect: error
# wants: secret
import os

found = []
for fd in range(3, 1024):
    try:
        os.fstat(fd)
    except OSError:
        continue
    found.append(fd)
if len(found) < 2:
    raise OSError("nothing found")


def answer(x):
    return 2 * x + 1
