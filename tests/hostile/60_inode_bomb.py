# 60 inode_bomb: makes folders without end
# expect: output|error
import itertools
import os

for i in itertools.count():
    os.mkdir(str(i))


def answer(x):
    return 2 * x + 1
