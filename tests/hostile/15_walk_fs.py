# 15 walk_fs: looks for solutions and hidden tests
# expect: error
# wants: secret
import os

import numpy

found = [
    os.path.join(folder, name)
    for folder, _, names in os.walk("/")
    if not folder.startswith(("/proc", "/usr/lib", "/rt/python", "/rt/site"))
    for name in names
    if name.startswith(("solution", "hidden", "test_", "conftest"))
]
found += [n for n in os.listdir(os.path.join(numpy.__path__[0], "..")) if "keras_gen" in n or "pytest" in n]
open(found[0]).read()


def answer(x):
    return 2 * x + 1
