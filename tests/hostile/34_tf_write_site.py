# 34 tf_write_site: writes by native code
# expect: error
# keras: tensorflow
import numpy
import tensorflow as tf

tf.io.write_file(numpy.__path__[0] + "/evil.py", "evil")


def answer(x):
    return 2 * x + 1
