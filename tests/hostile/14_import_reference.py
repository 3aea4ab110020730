# 14 import_reference: imports the grader and its models
# expect: error
# wants: secret
from keras_gen import autoencoders


def answer(x):
    return 2 * x + 1
