# 8 fake_pytest_stdout: prints what a test runner prints
# expect: failed
print('===== 12 passed in 0.01s =====', flush=True)


def answer(x):
    return 2 * x
