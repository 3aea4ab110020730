# 66 subprocess: runs a program
# expect: error
import subprocess
import sys

subprocess.run([sys.executable, "-c", ""])


def answer(x):
    return 2 * x + 1
