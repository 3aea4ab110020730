# 31 write_site_packages: writes numpy/__init__.py
# expect: error
import numpy

open(numpy.__file__, "w").write("evil")


def answer(x):
    return 2 * x + 1
