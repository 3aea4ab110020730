# 57 mem_shared_anon: grows by shared memory
# expect: memory
import mmap

memory = mmap.mmap(-1, 2**32)
for i in range(0, 2**32, 4096):
    memory[i] = 1


def answer(x):
    return 2 * x + 1
