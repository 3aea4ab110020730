"""`Batches`: pictures for `fit`, in an order that can be taken up again."""

import numbers
import warnings
from collections.abc import Callable, Mapping

import keras
import numpy as np

IMAGES = "images"


class Batches(keras.utils.PyDataset):
    """Feeds `fit` from pictures in memory (`Pictures`) or on the disk (`Folder`).

    `batches[i]` is a function of `seed`, `epoch` and `i` alone, and `epoch` counts the
    passes that `fit` completes. To take up an interrupted training exactly::

        fit(batches, initial_epoch=k, shuffle=False,
            callbacks=[batches.epoch_callback()])

    `shuffle=False` is needed because Keras would otherwise shuffle the batches once
    more, by Python's global `random`. With `steps_per_epoch`, whose epochs end in the
    middle of a pass, no training can be taken up exactly.

    Args:
        pictures: Has `len()` and `batch(indices)` -> uint8 `(b, h, w, c)`.
        batch_size: Pictures in a batch. If there are fewer pictures than that,
            all of them make one smaller batch.
        shuffle: Whether each epoch has an order of its own.
        seed: Chooses the orders.
        drop_remainder: Whether to leave out the pictures that do not fill the last
            batch (others in each epoch), so that every batch has one shape and
            nothing is compiled twice. Use `False` to evaluate.
        extra: More for each picture: name -> array `(num, ...)`, or name -> function
            from indices to such an array.
        epoch: The first epoch to give.
        share: What of a batch to give, function of its indices; for several processes
            that feed their shares of each batch.

    Example:

    >>> from keras_gen.data import Pictures
    >>> pictures = Pictures(np.zeros((10, 8, 8, 1), "uint8"))
    >>> batches = Batches(pictures, 4, extra={"labels": np.arange(10)})
    >>> len(batches), {name: x.shape for name, x in batches[0].items()}
    (2, {'images': (4, 8, 8, 1), 'labels': (4,)})
    """

    def __init__(
        self,
        pictures,
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int = 0,
        drop_remainder: bool = True,
        extra: Mapping[str, np.ndarray | Callable] | None = None,
        epoch: int = 0,
        share: Callable | None = None,
    ):
        super().__init__()
        _check(pictures, batch_size, extra or {})
        self.pictures = pictures
        self.batch_size = min(int(batch_size), len(pictures))
        self.shuffle, self.seed = shuffle, seed
        self.drop_remainder = drop_remainder
        self.extra = dict(extra or {})
        self.share = share or _all_of
        self._order = (None, None)
        self._in_epoch = self._following = False
        self._told = 0
        self.epoch = epoch

    @property
    def epoch(self) -> int:
        """The epoch whose batches are given now."""
        return self._epoch

    @epoch.setter
    def epoch(self, epoch: int):
        self._epoch = epoch
        self._asked = []

    def __len__(self):
        full, rest = divmod(len(self.pictures), self.batch_size)
        return full + (not self.drop_remainder and len(self.share(range(rest))) > 0)

    def __getitem__(self, index):
        if not 0 <= index < len(self):
            raise IndexError(f"There are {len(self)} batches, got index {index}.")
        if self._in_epoch:
            self._asked.append(index)
        indices = self.indices(index)
        images = self.pictures.batch(indices)
        if not self.extra:
            return images
        # A Folder may have put another picture in the place of a broken one.
        if hasattr(self.pictures, "resolve"):
            indices = self.pictures.resolve(indices)
        return {
            IMAGES: images,
            **{
                name: values(indices) if callable(values) else values[indices]
                for name, values in self.extra.items()
            },
        }

    def indices(self, index: int) -> np.ndarray:
        """Return which pictures make up (this share of) batch `index` of the epoch."""
        epoch, order = self._order
        if epoch != self.epoch:
            epoch, order = self.epoch, self._permutation(self.epoch)
            self._order = (epoch, order)
        return self.share(
            order[index * self.batch_size : (index + 1) * self.batch_size]
        )

    def _permutation(self, epoch):
        if not self.shuffle:
            return np.arange(len(self.pictures))
        return np.random.default_rng([self.seed, epoch]).permutation(len(self.pictures))

    def on_epoch_begin(self):
        """Start to note which batches are read; Keras calls this."""
        self._in_epoch = True

    def on_epoch_end(self):
        """Go on to the next epoch, if this one was read to its end.

        Keras also calls this before the first epoch, when it has looked at one batch
        to build the model (JAX) or at two to learn their shapes (TensorFlow): neither
        is an epoch.
        """
        self._in_epoch = False
        order = list(dict.fromkeys(self._asked))
        if len(order) < len(self):
            return
        if self._following and order != sorted(order):
            self._following = False
            warnings.warn(
                "fit shuffled the batches again by Python's global random, so this "
                "training cannot be taken up exactly: pass shuffle=False to fit.",
                stacklevel=2,
            )
        self.epoch += 1
        self._tell_skipped()

    def _tell_skipped(self):
        skipped = len(getattr(self.pictures, "skipped", ()))
        if skipped > self._told:
            self._told = skipped
            warnings.warn(self.pictures.summary(), stacklevel=2)

    def epoch_callback(self) -> keras.callbacks.Callback:
        """Return a callback that makes `epoch` follow the epoch of `fit`.

        With it, `fit(..., initial_epoch=k, shuffle=False)` gives what an
        uninterrupted training gave from epoch `k` on.
        """
        self._following = True
        return _FollowEpochs(self)


def _all_of(indices):  # no lambda, which worker processes could not be sent
    return indices


class _FollowEpochs(keras.callbacks.Callback):
    def __init__(self, batches):
        super().__init__()
        self.batches = batches

    def on_epoch_begin(self, epoch, logs=None):
        self.batches.epoch = epoch


def _check(pictures, batch_size, extra):
    if not isinstance(batch_size, numbers.Integral) or batch_size < 1:
        raise ValueError(f"batch_size must be a positive integer, got {batch_size!r}.")
    if not hasattr(pictures, "batch"):
        raise ValueError(
            "pictures must be Pictures or a Folder (len() and batch(indices)), "
            f"got {type(pictures).__name__}."
        )
    if len(pictures) == 0:
        raise ValueError("pictures must hold at least one picture, got none.")
    for name, values in extra.items():
        if name == IMAGES:
            raise ValueError('extra must not hold "images": these are the pictures.')
        if not callable(values) and len(values) != len(pictures):
            raise ValueError(
                f'extra["{name}"] must have one entry a picture ({len(pictures)}), '
                f"got {len(values)}."
            )
