# 42 keras_get_file: downloads
# expect: error
# keras: any
import keras

keras.utils.get_file(origin="http://127.0.0.1:9/x")


def answer(x):
    return 2 * x + 1
