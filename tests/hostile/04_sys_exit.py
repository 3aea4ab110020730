# 4 sys_exit: SystemExit(0)
# expect: error
raise SystemExit(0)


def answer(x):
    return 2 * x + 1
