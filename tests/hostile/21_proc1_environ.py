# 21 proc1_environ: secrets of the grader's environment
# expect: error
# wants: secret
import glob
import os

texts = []
paths = glob.glob("/proc/[0-9]*/environ")
paths += [f"/proc/{pid}/environ" for pid in (os.getppid(), *range(1, 2000))]
for path in paths:
    try:
        texts.append(open(path).read())
    except OSError:
        pass
if "GRADING_CANARY" not in "".join(texts):
    raise OSError("nothing found")


def answer(x):
    return 2 * x + 1
