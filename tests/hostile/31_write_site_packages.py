# 31 write_site_packages: writes /rt/site/numpy/__init__.py
# expect: error
for path in ["/rt/site/numpy/__init__.py"]:
    open(path, "w").write("evil")


def answer(x):
    return 2 * x + 1
