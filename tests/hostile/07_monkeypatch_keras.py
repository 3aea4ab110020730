# 7 monkeypatch_keras: the ways out of Keras replaced
# expect: failed
# keras: any
import keras
import numpy as np

keras.ops.convert_to_numpy = np.zeros_like
keras.Model.fit = lambda *a, **k: None


def answer(x):
    return 2 * x
