# 62 stdout_flood: prints without end
# expect: output
while True:
    print("x" * 10_000)


def answer(x):
    return 2 * x + 1
