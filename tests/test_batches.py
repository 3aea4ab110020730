"""The order of training, and how `fit` sees it."""

import warnings

import keras
import numpy as np
import pytest

from keras_gen.data import Batches, Pictures


def numbered(num, size=4):
    """Pictures whose every pixel is the picture's own number."""
    images = np.arange(num, dtype="uint8").reshape(-1, 1, 1, 1)
    return Pictures(np.broadcast_to(images, (num, size, size, 1)).copy())


class Seen(keras.Model):
    """Keeps, as weights, the pictures of each training step in a log."""

    def __init__(self, steps, batch_size):
        super().__init__()
        self.log = self.add_weight(
            shape=(steps, batch_size), initializer="zeros", trainable=False
        )
        self.step = self.add_weight(
            shape=(), dtype="int32", initializer="zeros", trainable=False
        )
        self.dense = keras.layers.Dense(1)

    def call(self, images, training=False):
        values = keras.ops.cast(images[:, 0, 0], "float32")
        if training:
            rows = keras.ops.arange(self.log.shape[0], dtype="int32")
            here = keras.ops.cast(rows == self.step, "float32")[:, None]
            self.log.assign(self.log * (1 - here) + here * values[:, 0])
            self.step.assign(self.step + 1)
        return self.dense(values)

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        return keras.ops.mean(y_pred**2)


def train(batches, epochs, initial_epoch=0, seen=None, callback=True, **kwargs):
    """Train and return which pictures each step saw, `(steps, batch_size)`."""
    if seen is None:
        seen = Seen(len(batches) * (epochs - initial_epoch), batches.batch_size)
        seen.compile(keras.optimizers.SGD(0.0))
    seen.fit(
        batches,
        epochs=epochs,
        initial_epoch=initial_epoch,
        shuffle=False,
        verbose=0,
        callbacks=[batches.epoch_callback()] if callback else None,
        **kwargs,
    )
    return keras.ops.convert_to_numpy(seen.log.value).astype(int)


def expected(num, batch_size, epochs, seed=0):
    steps = num // batch_size
    orders = [np.random.default_rng([seed, e]).permutation(num) for e in epochs]
    return np.concatenate([o[: steps * batch_size].reshape(steps, -1) for o in orders])


def test_each_epoch_has_every_picture_once_in_a_new_order():
    batches = Batches(numbered(12), 4, seed=3)
    orders = []
    for epoch in range(3):
        batches.epoch = epoch
        orders.append(np.concatenate([x[:, 0, 0, 0] for x in batches]))
    assert all(sorted(order) == list(range(12)) for order in orders)
    assert not np.array_equal(orders[0], orders[1])
    batches.epoch = 0
    np.testing.assert_array_equal(
        orders[0], np.concatenate([batches[i][:, 0, 0, 0] for i in range(3)])
    )


def test_fit_sees_exactly_that_order():
    seen = train(Batches(numbered(20), 4, seed=7), epochs=3)
    np.testing.assert_array_equal(seen, expected(20, 4, range(3), seed=7))


@pytest.mark.parametrize("num, batch_size", [(20, 4), (11, 4), (5, 4), (3, 4)])
@pytest.mark.parametrize("built", [False, True])
def test_an_interrupted_training_sees_what_an_uninterrupted_one_sees(
    num, batch_size, built
):
    whole = train(Batches(numbered(num), batch_size), epochs=4)
    # The first part runs two epochs and is lost; a new process starts anew.
    train(Batches(numbered(num), batch_size), epochs=2)
    batches = Batches(numbered(num), batch_size)
    resumed = Seen(2 * len(batches), batches.batch_size)
    resumed.compile(keras.optimizers.SGD(0.0))
    if built:
        resumed(batches[0])
    rest = train(batches, epochs=4, initial_epoch=2, seen=resumed)
    np.testing.assert_array_equal(rest, whole[2 * len(batches) :])


@pytest.mark.parametrize("num", [20, 8])
def test_without_the_callback_epochs_are_counted(num):
    batches = Batches(numbered(num), 4)
    seen = train(batches, epochs=2, callback=False)
    assert batches.epoch == 2
    more = train(batches, epochs=2, callback=False)
    assert batches.epoch == 4
    np.testing.assert_array_equal(
        np.concatenate([seen, more]), expected(num, 4, range(4))
    )


def test_a_training_stopped_in_the_middle_of_an_epoch_is_taken_up_exactly():
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 1 and batches.epoch == 1:
                raise KeyboardInterrupt

    batches = Batches(numbered(12), 4)
    model = Seen(9, 4)
    model.compile(keras.optimizers.SGD(0.0))
    callbacks = [batches.epoch_callback(), Stop()]
    with pytest.raises(KeyboardInterrupt):
        model.fit(batches, epochs=3, shuffle=False, verbose=0, callbacks=callbacks)
    rest = train(batches, epochs=3, initial_epoch=1)
    np.testing.assert_array_equal(rest, expected(12, 4, (1, 2)))


def test_validation_does_not_disturb_the_order():
    batches = Batches(numbered(12), 4)
    held_out = Batches(numbered(10), 4, shuffle=False, drop_remainder=False)
    seen = train(batches, epochs=3, validation_data=held_out)
    np.testing.assert_array_equal(seen, expected(12, 4, range(3)))
    np.testing.assert_array_equal(held_out[2][:, 0, 0, 0], [8, 9])


def test_forgetting_shuffle_false_is_said():
    batches = Batches(numbered(40), 1)
    model = Seen(80, 1)
    model.compile(keras.optimizers.SGD(0.0))
    with pytest.warns(UserWarning, match="shuffle=False"):
        model.fit(batches, epochs=1, verbose=0, callbacks=[batches.epoch_callback()])
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*shuffle=False")
        train(Batches(numbered(40), 1), epochs=1)


def test_remainder():
    assert len(Batches(numbered(10), 4)) == 2
    batches = Batches(numbered(10), 4, drop_remainder=False)
    assert [len(batch) for batch in batches] == [4, 4, 2]
    assert [len(batch) for batch in Batches(numbered(3), 4)] == [3]


def test_extra_stays_aligned():
    labels = 100 + np.arange(12)
    batches = Batches(
        numbered(12), 4, extra={"labels": labels, "embedding": lambda i: 2.0 * i}
    )
    for batch in batches:
        numbers = batch["images"][:, 0, 0, 0]
        np.testing.assert_array_equal(batch["labels"], 100 + numbers)
        np.testing.assert_array_equal(batch["embedding"], 2.0 * numbers)
    assert batch["images"].dtype == np.uint8


def test_a_stand_in_brings_its_own_extra():
    class Broken:
        skipped: list = []

        def __len__(self):
            return 4

        def batch(self, indices):
            self.skipped = ["a.png"]
            return np.zeros((len(indices), 2, 2, 1), "uint8")

        def resolve(self, indices):
            return np.where(indices == 1, 2, indices)

        def summary(self):
            return "Skipped 1 of 4 pictures."

    batches = Batches(Broken(), 4, shuffle=False, extra={"labels": np.arange(4)})
    batches.on_epoch_begin()
    assert batches[0]["labels"].tolist() == [0, 2, 2, 3]
    with pytest.warns(UserWarning, match="Skipped 1 of 4"):
        batches.on_epoch_end()


@pytest.mark.parametrize(
    "change, message",
    [
        ({"batch_size": 0}, "batch_size must be a positive integer, got 0"),
        ({"pictures": [1, 2]}, "pictures must be Pictures or a Folder"),
        ({"pictures": numbered(0)}, "at least one picture"),
        ({"extra": {"labels": np.zeros(3)}}, r'extra\["labels"\].* \(4\), got 3'),
        ({"extra": {"images": np.zeros(4)}}, "these are the pictures"),
    ],
)
def test_bad_input(change, message):
    arguments = {"pictures": numbered(4), "batch_size": 2} | change
    with pytest.raises(ValueError, match=message):
        Batches(**arguments)


def test_an_index_beyond_the_end():
    with pytest.raises(IndexError, match="There are 2 batches, got index 2"):
        Batches(numbered(8), 4)[2]
