# 33 write_root_dev: writes /evil and /dev/evil
# expect: error
for path in ["/evil", "/dev/evil"]:
    open(path, "w").write("evil")


def answer(x):
    return 2 * x + 1
