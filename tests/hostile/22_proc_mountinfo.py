# 22 proc_mountinfo: names of students in paths
# expect: error
# wants: secret
import os

text = ""
for path in ("/proc/1/cmdline", f"/proc/{os.getppid()}/cmdline", "/proc/mounts"):
    try:
        text += open(path).read()
    except OSError:
        pass
if "hostile" not in text + "".join(os.environ.values()):
    raise OSError("nothing found")


def answer(x):
    return 2 * x + 1
