# 32 write_worker: writes worker.py
# expect: error
import os

import wire

open(os.path.join(os.path.dirname(wire.__file__), "worker.py"), "w").write("evil")


def answer(x):
    return 2 * x + 1
