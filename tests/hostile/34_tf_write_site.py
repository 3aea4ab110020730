# 34 tf_write_site: writes by native code
# expect: error
# keras: tensorflow
import tensorflow as tf

tf.io.write_file("/rt/site/numpy/evil.py", "evil")


def answer(x):
    return 2 * x + 1
