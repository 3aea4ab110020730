# 24 other_students: reads ../alice/model.py
# expect: error
# wants: secret
open('../alice/model.py').read()


def answer(x):
    return 2 * x + 1
