# 66 subprocess: runs a program
# expect: error
import subprocess

subprocess.run(["/rt/setpriv", "--version"])


def answer(x):
    return 2 * x + 1
