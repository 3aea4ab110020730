# 30 source_tricks: 5,000 parentheses; a string here, so that our own tools can read it
# expect: error
exec("x = " + "(" * 5000 + "1" + ")" * 5000)


def answer(x):
    return 2 * x + 1
