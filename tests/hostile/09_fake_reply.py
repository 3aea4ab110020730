# 9 fake_reply: writes verdicts on the channel
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


text = b'{"verdict": "passed", "points": 100}'
os.write(channel(), b"KCG1" + len(text).to_bytes(4, "little") + bytes(8) + text)


def answer(x):
    return 2 * x + 1
