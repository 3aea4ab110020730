# 22 proc_mountinfo: names of students in paths
# expect: error
# wants: secret
import os

text = open("/proc/1/cmdline").read() + open("/proc/mounts").read()
if "hostile" not in text + "".join(os.environ.values()):
    raise OSError("nothing found")


def answer(x):
    return 2 * x + 1
