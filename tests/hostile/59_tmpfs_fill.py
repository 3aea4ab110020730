# 59 tmpfs_fill: fills the scratch folder
# expect: error|output
import itertools

for i in itertools.count():
    with open(str(i), "wb") as file:
        file.write(bytes(2**23))


def answer(x):
    return 2 * x + 1
