# 48 infinite_loop: never ends
# expect: timeout
while True:
    pass


def answer(x):
    return 2 * x + 1
