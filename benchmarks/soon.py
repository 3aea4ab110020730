"""To what quality, how soon: from the book's recipe to ours, change by change.

Used by `training.py --quality`.  The book's recipe trains for the whole budget of
CPU-minutes; ours, and each recipe between them, for half of it, and its learning rate
has decayed by then.  All see the same pictures and are kept to one core; compiling is
not counted.  The distance is that of pictures drawn in 20 steps, as the lecture draws
them and as the shipped models do.  It takes noise that is left in a picture for less of
a fault than blur; so beside it stands how well each tells picture and noise of held-out
pictures apart.
"""

import dataclasses
import os
import subprocess
import sys
import time

import numpy as np
import timing

STEPS, TRIAL, HELD_OUT = 20, 30, 1000
SAMPLERS = {
    "DDIM": {},
    "DPM-Solver++": {"sampler": "dpm_solver", "spacing": "log_snr"},
}
# The book's recipe, in the words of `recipes.Recipe`, but for the decay of the rate.
BOOK = {
    "batch_size": 64,
    "optimizer": "adamw",
    "widths": (32, 64, 96, 128),
    "patch_size": 1,
    "block_depth": 2,
    "target": "noise",
    "loss": "mean_absolute_error",
    "normalization": "batch",
    "modulated": False,
    "self_attention": False,
}
# What makes ours of it, in the order in which the table says what each is worth.
CHANGES = {
    "a learning rate that decays": {},
    "one block a stage": {"block_depth": None},
    "patches for the first stage": {"patch_size": None, "widths": None},
    "batches of 32": {"batch_size": None},
    "velocity, squared error": {"target": None, "loss": None},
    "normalised by group": {"normalization": None},
    "modulated by the noise level": {"modulated": None},
    "self-attention": {"self_attention": None},
    "Muon": {"optimizer": None},
}


def compare(options):
    """Prints a table for each backend, each in a process of its own."""
    if options.work:
        timing.pin()
        table(options.minutes, options.changes, options.drawn)
        return
    for name in options.backends:
        environment = {**os.environ, **timing.environment(name)}
        command = [sys.executable, *sys.argv, "--work", name]
        subprocess.run(command, env=environment, check=True)


def table(minutes, changes, drawn):
    """Trains by each recipe, and prints how far its pictures are from real ones.

    Args:
        minutes: of the processor, for the book's recipe.
        changes: whether to train by the recipes between the book's and ours too.
        drawn: how many pictures each of them draws.
    """
    import keras
    from distance import NAME, to_real

    from keras_gen import recipes

    distance, between = to_real(drawn)
    ours = recipes.recipe("diffusion", data="flowers", epochs=1)
    train, test = recipes.load_data("flowers", None, ours.num_pictures, ours.seed)
    print(f"{timing.machine()}, {keras.backend.backend()}. {NAME} of {drawn} pictures;")
    print(f"that of as many other real ones is {between:.0f}.\n", flush=True)
    columns = ["recipe", "CPU-minutes", "pictures seen"]
    columns += [f"{NAME}, {sampler}" for sampler in SAMPLERS]
    print(table_row(*columns, "error of noise", "of picture"))
    print("| --- " * (len(columns) + 2) + "|")
    now = dict(BOOK)
    rows = [("the book's", now, budget, False) for budget in (minutes, minutes / 2)]
    for name, change in CHANGES.items():
        now = {key: value for key, value in now.items() if key not in change}
        rows.append((f"+ {name}", now, minutes / 2, True))
    rows[-1] = (f"{rows[-1][0]} (ours)", *rows[-1][1:])
    if not changes:
        rows = [rows[0], ("ours", *rows[-1][1:])]
    for name, settings, budget, decays in rows:
        recipe = dataclasses.replace(ours, **settings)
        model, spent, seen = fitted(recipe, train, 60 * budget, decays)
        found = [
            f"{distance(model.generate(drawn, STEPS, seed=0, **how)):.0f}"
            for how in SAMPLERS.values()
        ]
        noise, picture = errors(model, test.batch(np.arange(HELD_OUT)))
        found += [f"{noise:.4f}", f"{picture:.3f}"]
        print(table_row(name, f"{spent / 60:.1f}", seen, *found), flush=True)


def table_row(*cells):
    """A row of a table."""
    return f"| {' | '.join(map(str, cells))} |"


def errors(model, images):
    """Mean squared errors of the noise and of the picture, at noise of all levels.

    All recipes are asked the same.  Who says "no noise" has an error of noise of 1, and
    who says "the mean picture" one of the picture of 1.
    """
    from keras_gen import training

    training.seed_generators(model, 0, epoch=0)
    pred_images, pred_noise_masks, noise_masks = model.predict(
        images, batch_size=100, verbose=0
    )
    images = np.asarray(model.normalizer(images.astype("float32")))
    noise = np.mean((pred_noise_masks - noise_masks) ** 2)
    return noise, np.mean((pred_images - images) ** 2)


def fitted(recipe, pictures, seconds, decays):
    """Trains for some CPU-seconds, at a constant rate or with one that decays.

    Returns:
        `(model, CPU-seconds, pictures seen)`.
    """
    from book import optimizer

    from keras_gen import recipes

    def fit(batches, rate_decays):
        row = Repeated(pictures, batches * recipe.batch_size)
        model, clock = recipes.build(recipe, row), clock_of(seconds)
        if not rate_decays:
            model.compile(optimizer(), loss=recipe.loss)
        feed = recipes.batches(recipe, model, row)
        model.fit(feed, verbose=0, shuffle=False, callbacks=[clock])
        return model, clock.spent, clock.batches * recipe.batch_size

    if not decays:
        return fit(10**5, False)
    _, spent, seen = fit(TRIAL, True)  # how many batches the budget is
    return fit(int(seconds / spent * seen / recipe.batch_size), True)


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
        return self.pictures.batch(indices % len(self.pictures))


def clock_of(seconds):
    """A callback that counts CPU-seconds after the first batch; it stops `fit`."""
    import keras

    class Clock(keras.callbacks.Callback):
        spent, batches = 0.0, -1  # the first batch compiles

        def on_train_batch_end(self, batch, logs=None):
            self.batches += 1
            if self.batches == 0:
                self.start = time.process_time()
            self.spent = time.process_time() - self.start
            self.model.stop_training = self.spent >= seconds

    return Clock()
