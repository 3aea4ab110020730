# 19 tf_read_file: reads by native code
# expect: error
# wants: secret
# keras: tensorflow
import tensorflow as tf

tf.io.read_file("/etc/passwd")


def answer(x):
    return 2 * x + 1
