# misconception: condition_images
# slug: numpy_one_hot
# what: to_categorical and NumPy, which fail inside fit and functional models
# told: looks like NumPy or keras.utils.to_categorical: they need numbers at once, so
#   they fail inside fit; keras.ops has the same functions

import keras
import numpy as np


def condition_images(images, labels, num_classes):
    one_hot = keras.utils.to_categorical(np.array(labels), num_classes)
    planes = np.zeros((*images.shape[:3], num_classes), "float32")
    planes += one_hot[:, None, None, :]
    return np.concatenate([np.array(images), planes], axis=-1)
