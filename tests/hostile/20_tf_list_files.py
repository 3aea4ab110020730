# 20 tf_list_files: lists by native code
# expect: error
# wants: secret
# keras: tensorflow
import tensorflow as tf

print(tf.io.matching_files("/etc/*").numpy()[0], tf.io.matching_files("/srv/*"))


def answer(x):
    return 2 * x + 1
