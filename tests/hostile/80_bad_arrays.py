# 80 bad_arrays: shapes of 2^60, names twice
# expect: protocol
import os
import stat


def channel():
    for fd in range(3, 100):
        try:
            if stat.S_ISSOCK(os.fstat(fd).st_mode):
                return fd
        except OSError:
            continue


text = b'{"arrays": [["y", "float64", [1152921504606846976]], ["y", "int8", []]]}'
os.write(channel(), b"KCG1" + len(text).to_bytes(4, "little") + bytes(8) + text)


def answer(x):
    return 2 * x + 1
