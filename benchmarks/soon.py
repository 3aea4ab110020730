"""To what quality, how soon: the book's recipe and ours, on a budget of CPU-minutes.

Used by `training.py --quality`.  Both train on the same pictures; the book's recipe
for the whole budget, ours for half of it, with its learning rate's decay ending there.
Compiling is not counted.  The distance is of pictures drawn in 20 steps to held-out
ones.
"""

import dataclasses
import time

import keras
import numpy as np

DRAWN, STEPS, TRIAL = 1000, 20, 12


@dataclasses.dataclass
class Repeated:
    """Pictures over and over, so that one epoch is a whole training.

    Args:
        pictures: `Pictures`.
        length: how many there seem to be.
    """

    pictures: object
    length: int

    def __len__(self):
        return self.length

    def batch(self, indices):
        """The pictures at some places of the row."""
        return self.pictures.batch(np.asarray(indices) % len(self.pictures))


class Clock(keras.callbacks.Callback):
    """Counts CPU-seconds from the second batch on, and stops when they are spent."""

    def __init__(self, seconds):
        super().__init__()
        self.seconds, self.start, self.spent, self.batches = seconds, None, 0.0, 0

    def on_train_batch_end(self, batch, logs=None):
        """Looks at the clock."""
        if self.start is None:
            self.start = time.process_time()
            return
        self.batches += 1
        self.spent = time.process_time() - self.start
        if self.spent >= self.seconds:
            self.model.stop_training = True


def compare(minutes, data="flowers"):
    """Trains by both recipes and prints how far their pictures are from real ones."""
    from distance import NAME, distance

    from keras_gen import recipes

    ours = recipes.recipe("diffusion", data=data)
    train, test = recipes.load_data(
        ours.data, ours.image_size, ours.num_pictures, ours.seed
    )
    real = test.batch(np.arange(min(len(test), DRAWN)))
    print(f"| recipe | CPU-minutes | batches | {NAME.lower()} |")
    print("| --- | --- | --- | --- |")
    for name, fit, options in (
        ("the book's", fit_book, {"clip": False}),
        ("ours", fit_ours, {}),
    ):
        budget = 60 * minutes / (2 if fit is fit_ours else 1)
        model, clock = fit(ours, train, budget)
        drawn = model.generate(DRAWN, STEPS, seed=0, **options)
        found = (
            f"{clock.spent / 60:.1f} | {clock.batches} | {distance(drawn, real):.5f}"
        )
        print(f"| {name} | {found} |", flush=True)


def fit_book(recipe, train, seconds):
    """The book's recipe: two blocks a stage, noise, absolute error, constant rate."""
    from book import optimizer

    from keras_gen import DiffusionModel, build_unet

    keras.utils.set_random_seed(recipe.seed)
    shape = train.batch(np.arange(1)).shape[1:]
    model = DiffusionModel(build_unet(shape), ema=0.999, seed=recipe.seed)
    model.normalizer.adapt(train.batch(np.arange(2048)))
    model.compile(optimizer(), loss="mean_absolute_error")
    return model, fit(model, recipe, Repeated(train, 10**6), seconds)


def fit_ours(recipe, train, seconds):
    """Our recipe, as long as the budget is by the speed of a short trial."""
    from keras_gen import recipes

    recipe = dataclasses.replace(recipe, epochs=1)
    trial = recipes.build(recipe, train)
    clock = fit(trial, recipe, Repeated(train, TRIAL * recipe.batch_size), seconds)
    batches = int(seconds / clock.spent * clock.batches)
    row = Repeated(train, batches * recipe.batch_size)
    model = recipes.build(recipe, row)
    return model, fit(model, recipe, row, float("inf"))


def fit(model, recipe, pictures, seconds):
    """One epoch, or less if the time is up; returns the clock."""
    from keras_gen import recipes

    clock = Clock(seconds)
    feed = recipes.batches(recipe, model, pictures)
    model.fit(feed, verbose=0, shuffle=False, callbacks=[clock])
    return clock
