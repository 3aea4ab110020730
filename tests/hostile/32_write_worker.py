# 32 write_worker: writes /rt/worker.py
# expect: error
for path in ["/rt/worker.py"]:
    open(path, "w").write("evil")


def answer(x):
    return 2 * x + 1
