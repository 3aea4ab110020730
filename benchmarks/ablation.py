"""What each part of our training step costs: the step without it, beside the step.

Used by `training.py --ablate`.  The step is that of the book's network and recipe.
"""

import statistics

from timing import Task

PICTURES, BATCH = 192, 64
WHOLE = "the whole step"


def tasks(variant):
    """What a worker can do: what is left out or changed -> `Task`."""
    from keras import layers

    from keras_gen.data import Batches, Pictures, flowers

    images = flowers(PICTURES).images
    whole = step_model(images)
    runs = {
        WHOLE: lambda: whole.fit(images, batch_size=BATCH, verbose=0),
        "one batch that stays on the device": on_device(whole, images),
        "fed by `Batches`": lambda: whole.fit(
            Batches(Pictures(images), BATCH), verbose=0
        ),
    }
    changed = {
        "5 steps an execution": {"compile": {"steps_per_execution": 5}},
        "without the moving average": {"model": {"ema": 0}},
        "without AdamW (plain SGD)": {"optimizer": "sgd"},
        "without batch normalisation": {"swap": no_normalisation},
        "Keras's batch normalisation": {"swap": keras_s("BatchNormalization")},
        "Keras's 3 x 3 convolutions": {"swap": keras_s("Conv2D")},
        "Keras's 1 x 1 convolutions": {"swap": keras_s("PointwiseConv2D")},
        "Keras's swish": {"swap": keras_s("Activation")},
        "nearest in place of bilinear enlargement": {"swap": nearest(layers)},
        "ReLU in place of swish": {"swap": relu},
    }
    if variant == "tensorflow":
        changed["compiled by XLA"] = {"compile": {"jit_compile": True}}
    for name, change in changed.items():
        model = step_model(images, **change)
        runs[name] = lambda m=model: m.fit(images, batch_size=BATCH, verbose=0)
    return {name: Task(run, PICTURES) for name, run in runs.items()}


def step_model(images, model=(), compile=(), optimizer=None, swap=None):
    """The book's diffusion, with one thing changed."""
    import book
    import keras

    from keras_gen import DiffusionModel, build_unet

    unet = build_unet((32, 32, 3))
    if swap:
        unet = keras.models.clone_model(unet, clone_function=swap)
    made = DiffusionModel(unet, seed=0, **dict(model))
    made.normalizer.adapt(images)
    loss = "mean_absolute_error"
    made.compile(optimizer or book.optimizer(), loss=loss, **dict(compile))
    return made


def same(layer, **settings):
    """A new layer like another, some settings changed."""
    return type(layer).from_config({**layer.get_config(), **settings})


def keras_s(name):
    """Keras's own layer in place of our quicker one of some name."""

    def swap(layer):
        if type(layer).__name__ != name:
            return same(layer)
        return type(layer).__base__.from_config(layer.get_config())

    return swap


def no_normalisation(layer):
    """Batch normalisation that only scales by constants."""
    frozen = "BatchNormalization" in type(layer).__name__
    return same(layer, trainable=False) if frozen else same(layer)


def nearest(layers):
    """Enlargement by repeating pixels."""

    def swap(layer):
        enlarges = isinstance(layer, layers.UpSampling2D)
        return same(layer, interpolation="nearest") if enlarges else same(layer)

    return swap


def relu(layer):
    """The cheapest activation."""
    swish = getattr(getattr(layer, "activation", None), "__name__", "") == "silu"
    return same(layer, activation="relu") if swish else same(layer)


def on_device(model, images):
    """Steps on one batch, which is copied to the device only once."""
    from keras import ops

    batch = ops.convert_to_tensor(images[:BATCH])

    def run():
        for _ in range(PICTURES // BATCH):
            model.train_on_batch(batch)

    return run


def table(rounds, facts):
    """A Markdown table: pictures a CPU-second, and the share of the step saved."""
    lines = ["| step | on | a CPU-second | saves | by round |", "| --- " * 5 + "|"]
    for key in facts:
        saved = [100 * (1 - r[key[0], WHOLE] / r[key]) for r in rounds]
        rate = statistics.median(r[key] for r in rounds)
        by_round = ", ".join(f"{x:.0f}" for x in sorted(saved))
        cells = [key[1], key[0], f"{rate:.3g}", f"{statistics.median(saved):.0f} %"]
        lines.append(f"| {' | '.join(cells)} | {by_round} |")
    return "\n".join(lines)
