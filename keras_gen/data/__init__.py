"""Where pictures come from: embedded, downloaded, or the user's own.

The functions are imported at once, because each has the name of its module and would
otherwise be hidden by it; they load nothing heavier than NumPy until called.
`Batches` is a Keras class and loads Keras when it is first asked for.
"""

from keras_gen.data.by_name import load_data
from keras_gen.data.digits import digits
from keras_gen.data.downloads import cifar10, fashion_mnist, mnist, oxford_flowers
from keras_gen.data.flower_pairs import flower_nights, flower_outlines, outlines
from keras_gen.data.flowers import flowers
from keras_gen.data.folder import Folder, folder
from keras_gen.data.pairs import Pairs, folder_pairs, unpaired_folders
from keras_gen.data.pictures import Pictures

__all__ = [
    "Batches",
    "Folder",
    "Pairs",
    "Pictures",
    "cifar10",
    "digits",
    "fashion_mnist",
    "flower_nights",
    "flower_outlines",
    "flowers",
    "folder",
    "folder_pairs",
    "load_data",
    "mnist",
    "outlines",
    "oxford_flowers",
    "unpaired_folders",
]


def __getattr__(name):
    if name == "Batches":
        from keras_gen.data.batches import Batches

        return Batches
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
