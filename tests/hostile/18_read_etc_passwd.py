# 18 read_etc_passwd: reads /etc/passwd
# expect: error
# wants: secret
open('/etc/passwd').read()


def answer(x):
    return 2 * x + 1
