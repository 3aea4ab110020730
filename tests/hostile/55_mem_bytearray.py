# 55 mem_bytearray: grows the heap
# expect: error|memory
parts = []
while True:
    parts.append(bytearray(2**24))


def answer(x):
    return 2 * x + 1
