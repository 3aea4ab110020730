"""The downloads' parsing, on small archives of the true formats, without a network.

Keras checks most downloads against a hash that only the true file has. The tests
replace `get_file` by itself without the hash and with a cache of their own, so that
everything after the download is the real thing; conftest.py keeps the network out.
"""

import gzip
import io
import pickle
import struct
import tarfile

import keras
import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from keras_gen.data import cifar10, fashion_mnist, mnist, oxford_flowers
from keras_gen.data.downloads import OXFORD_FILES, OXFORD_NAMES, oxford_caption

GET_FILE = keras.utils.get_file


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache folder that all loaders use."""

    def get_file(fname, origin, file_hash=None, **kwargs):
        return GET_FILE(fname, origin, cache_dir=tmp_path, **kwargs)

    for name in ("mnist", "fashion_mnist", "cifar10"):
        loader = getattr(keras.datasets, name).load_data
        monkeypatch.setitem(loader.__globals__, "get_file", get_file)
    monkeypatch.setattr(keras.utils, "get_file", get_file)
    (tmp_path / "datasets").mkdir()
    return tmp_path / "datasets"


def random_images(*shape):
    return np.random.default_rng(0).integers(0, 256, shape, dtype="uint8")


def test_mnist(cache):
    x, y = random_images(5, 28, 28), np.array([3, 1, 4, 1, 5], "uint8")
    np.savez(
        cache / "mnist.npz", x_train=x[:3], y_train=y[:3], x_test=x[3:], y_test=y[3:]
    )
    train, test = mnist()
    np.testing.assert_array_equal(train.images, x[:3, ..., None])
    np.testing.assert_array_equal(test.images, x[3:, ..., None])
    assert train.labels.tolist() == [3, 1, 4] and test.labels.tolist() == [1, 5]
    assert train.class_names[train.labels[0]] == "three"


def idx(array):
    """The bytes of an IDX file: magic number, big-endian sizes, data."""
    head = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">i4").tobytes()
    return gzip.compress(head + array.tobytes())


def test_fashion_mnist(cache):
    home = cache / "fashion-mnist"
    home.mkdir()
    x, y = random_images(5, 28, 28), np.array([9, 0, 1, 2, 3], "uint8")
    for name, part in [("train", slice(0, 3)), ("t10k", slice(3, 5))]:
        (home / f"{name}-images-idx3-ubyte.gz").write_bytes(idx(x[part]))
        (home / f"{name}-labels-idx1-ubyte.gz").write_bytes(idx(y[part]))
    train, test = fashion_mnist()
    np.testing.assert_array_equal(train.images, x[:3, ..., None])
    np.testing.assert_array_equal(test.images, x[3:, ..., None])
    assert train.labels.tolist() == [9, 0, 1]
    assert [train.class_names[i] for i in train.labels[:2]] == [
        "ankle boot",
        "T-shirt/top",
    ]


def add(archive, name, data):
    member = tarfile.TarInfo(name)
    member.size = len(data)
    archive.addfile(member, io.BytesIO(data))


class Python2Pickler(pickle._Pickler):
    """Writes strings as Python 2 did, which made the true files."""

    dispatch = dict(pickle._Pickler.dispatch)

    def save_string(self, value):
        data = value.encode("ascii") if isinstance(value, str) else value
        self.write(pickle.BINSTRING + struct.pack("<I", len(data)) + data)
        self.memoize(value)

    dispatch[str] = dispatch[bytes] = save_string


def python2_pickle(value):
    data = io.BytesIO()
    Python2Pickler(data, protocol=2).dump(value)
    return data.getvalue().replace(b"cnumpy._core.", b"cnumpy.core.")


def test_cifar10(cache):
    """Each training file has one picture; Keras spreads it over its 10,000 rows."""
    x, y = random_images(7, 32, 32, 3), [6, 9, 9, 4, 1, 8, 0]
    planes = x.transpose(0, 3, 1, 2).reshape(7, 3072)
    parts = [(f"data_batch_{i + 1}", slice(i, i + 1)) for i in range(5)]
    parts.append(("test_batch", slice(5, 7)))
    path = cache / "cifar-10-batches-py-target_archive"
    with tarfile.open(path, "w:gz") as archive:
        for name, part in parts:
            rows = {"data": planes[part], "labels": y[part], "batch_label": "test"}
            add(archive, f"cifar-10-batches-py/{name}", python2_pickle(rows))
    train, test = cifar10()
    assert train.images.shape == (50000, 32, 32, 3)
    np.testing.assert_array_equal(train.images[::10000], x[:5])
    np.testing.assert_array_equal(test.images, x[5:])
    assert train.labels[9999::10000].tolist() == y[:5]
    assert test.labels.tolist() == y[5:] and test.class_names[8] == "ship"


COLOURS = [(10, 20, 200), (200, 20, 10), (20, 200, 10), (120, 120, 120)]


def write_oxford(cache, numbers=(1, 2, 3, 4), extra=()):
    """Four pictures of the classes 43, 72, 3 and 43 (Oxford counts from 1)."""
    savemat(cache / "imagelabels.mat", {"labels": np.array([[43, 72, 3, 43]], "uint8")})
    ids = {"trnid": [[4, 1]], "valid": [[2]], "tstid": [[3]]}
    savemat(cache / "setid.mat", {k: np.array(v, "uint16") for k, v in ids.items()})
    with tarfile.open(cache / "102flowers.tgz", "w:gz") as archive:
        folder = tarfile.TarInfo("jpg")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for number in numbers:
            data = io.BytesIO()
            picture = Image.new("RGB", (60, 50), COLOURS[number - 1])
            picture.save(data, "JPEG", quality=95)
            add(archive, f"jpg/image_{number:05d}.jpg", data.getvalue())
        for name in extra:
            add(archive, name, b"harm")


def test_oxford_flowers(cache):
    # The archive's order is not that of the numbers.
    write_oxford(cache, numbers=(3, 1, 4, 2), extra=["../outside.txt"])
    parts = oxford_flowers(image_size=(8, 12))
    assert [part.images.shape for part in parts] == [
        (2, 8, 12, 3),
        (1, 8, 12, 3),
        (1, 8, 12, 3),
    ]
    for part, numbers in zip(parts, [[4, 1], [2], [3]], strict=True):
        colours = np.array([COLOURS[n - 1] for n in numbers])
        np.testing.assert_allclose(part.images[:, 4, 6], colours, atol=4)
    train, validation, test = parts
    assert train.labels.tolist() == [42, 42]
    assert train.captions == ["a photo of a sword lily"] * 2
    assert validation.captions == ["a photo of an azalea"]
    assert test.captions == ["a photo of canterbury bells"]
    assert train.class_names[train.labels[0]] == "sword lily"
    assert sorted(path.name for path in cache.parent.iterdir()) == ["datasets"]
    assert {path.name for path in cache.iterdir()} == set(OXFORD_FILES)


def test_an_oxford_archive_with_a_picture_missing(cache):
    write_oxford(cache, numbers=(1, 2, 3))
    with pytest.raises(OSError, match=r"has 3 pictures, expected 4.*flowers\(\)"):
        oxford_flowers(8)


def test_the_names_of_oxfords_flowers():
    assert len(OXFORD_NAMES) == len(set(OXFORD_NAMES)) == 102
    # Spot checks against Oxford's page: label 1, 43, 74 and 102.
    names = [OXFORD_NAMES[label - 1] for label in (1, 43, 74, 102)]
    assert names == ["pink primrose", "sword lily", "rose", "blackberry lily"]
    assert oxford_caption("orange dahlia") == "a photo of an orange dahlia"


@pytest.mark.parametrize(
    "load, name, instead",
    [
        (mnist, "MNIST", "digits"),
        (fashion_mnist, "Fashion-MNIST", "digits"),
        (cifar10, "CIFAR-10", "flowers"),
        (oxford_flowers, "Oxford Flowers 102", "flowers"),
    ],
)
def test_without_a_network(cache, load, name, instead):
    message = rf"^{name} could not be downloaded .*use keras_gen.data.{instead}\(\)"
    with pytest.raises(OSError, match=message) as error:
        load()
    assert "\n" not in str(error.value)
    assert error.value.__suppress_context__


def test_a_damaged_file_is_one_sentence_too(cache):
    (cache / "mnist.npz").write_bytes(b"half a file")
    with pytest.raises(OSError, match="MNIST could not be downloaded or read"):
        mnist()


@pytest.mark.parametrize("name", OXFORD_FILES)
def test_oxfords_true_hashes_are_asked_for(cache, monkeypatch, name):
    """A file that is not Oxford's is not taken for it."""
    write_oxford(cache)
    asked = {}

    def spy(fname, origin, file_hash=None, **kwargs):
        asked[fname] = (origin, file_hash)
        return str(cache / fname)

    monkeypatch.setattr(keras.utils, "get_file", spy)
    oxford_flowers(8)
    origin, file_hash = asked[name]
    assert origin == f"https://www.robots.ox.ac.uk/~vgg/data/flowers/102/{name}"
    assert file_hash == OXFORD_FILES[name] and len(file_hash) == 32


@pytest.mark.parametrize("size", [0, (8, 8, 3), "64"])
def test_bad_image_size(cache, size):
    with pytest.raises(ValueError, match="image_size must be a positive integer"):
        oxford_flowers(size)
