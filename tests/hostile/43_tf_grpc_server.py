# 43 tf_grpc_server: listens
# expect: error|died|timeout
# keras: tensorflow
import tensorflow as tf

tf.distribute.Server({"local": ["localhost:0"]})


def answer(x):
    return 2 * x + 1
