# 70 raise_rlimit: raises its limits
# expect: error
import resource

resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))


def answer(x):
    return 2 * x + 1
