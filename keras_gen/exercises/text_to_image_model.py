"""Checks of the set `text_to_image`: the model in training."""

import numpy as np

from keras_gen.exercises.comparing import array_of, compare, same_shape, several
from keras_gen.exercises.registry import Failed
from keras_gen.exercises.student import StudentError
from keras_gen.exercises.text_to_image_parts import NUMPY, STOPPED, check
from keras_gen.exercises.text_to_image_seen import (
    ENDS,
    FEW,
    LARGE,
    MANY,
    NAME,
    Seen,
    examples_of,
    model_of,
    normalised,
)

SIGMAS = 6  # a right answer is that far off once in 10 ** 9

# ----------------------------------------------------------------------------- call

CALL = f"{NAME}.call"


@check(CALL, 3, "The network is shown normalised images with noise.")
def value(student, rng):
    examples = examples_of(rng, MANY)
    model, *_ = model_of(student, "Revealing", examples["images"])
    seen = Seen(student, model, examples)
    if seen.fault:
        raise seen.fault
    mean, std = seen.noise.mean(), seen.noise.std()
    size = seen.noise.size
    if abs(mean) > SIGMAS / size**0.5 or abs(std - 1) > SIGMAS / (2 * size) ** 0.5:
        raise Failed(
            "Expected noise masks from a standard normal distribution; yours have the "
            f"mean {mean:.2f} and the standard deviation {std:.2f}."
        )


@check(CALL, 2, "Each image has its own time, uniform in [0, 1].")
def times(student, rng):
    examples = examples_of(rng, MANY)
    model, *_ = model_of(student, "Revealing", examples["images"])
    seen = Seen(student, model, examples)
    if seen.fault and not seen.fault.misconception:
        raise seen.fault
    rates = seen.noise_rates
    if np.ptp(rates) < 1e-3:
        raise Failed(
            "Looks like one diffusion time for the whole batch: each image gets a time "
            "of its own.",
            "one_time_for_all",
        )
    times = (np.arcsin(np.clip(rates, -1, 1)) - ENDS[0]) / (ENDS[1] - ENDS[0])
    if times.min() < -0.01 or times.max() > 1.01:
        raise Failed(
            "Expected rates of the cosine schedule, noise rates from 0.31 to 1.00; "
            f"yours are from {rates.min():.2f} to {rates.max():.2f}."
        )
    # The largest difference of a uniform distribution function from the ideal one:
    # above 2.8 / sqrt(num) once in 3e6.
    steps = np.arange(MANY) / MANY
    if np.abs(np.sort(times) - steps).max() > 2.8 / MANY**0.5:
        raise Failed(
            "Expected times uniform in [0, 1]; half of yours are below "
            f"{np.median(times):.2f}."
        )


@check(CALL, 4, "In training, each text is dropped with the probability drop_rate.")
def dropping(student, rng):
    examples, rate = examples_of(rng, MANY), round(rng.uniform(0.28, 0.32), 3)
    texts = examples["text_embeddings"]
    how = "Revealing", examples["images"]
    model, *_ = model_of(student, *how, drop_rate=rate)
    seen = Seen(student, model, examples, training=True)
    kept = seen.kept(texts)
    other = seen.texts[~kept]
    _tell_single_numbers(seen.texts, texts, rate)
    if len(other) and np.ptp(other, axis=0).max() > 1e-4:
        raise Failed(
            "Expected texts that are dropped to be replaced by one null text; yours "
            "differ from each other."
        )
    count, sigma = len(other), (MANY * rate * (1 - rate)) ** 0.5
    if abs(count - MANY * rate) < SIGMAS * sigma:
        return
    if count in (0, MANY):
        for _ in range(25):  # a batch is dropped with about 0.3
            again = Seen(student, model, examples, training=True).kept(texts)
            if again.all() != kept.all():
                raise Failed(
                    "Looks like one draw for the whole batch: each example's text is "
                    "dropped or kept by itself.",
                    "whole_batch_dropped",
                )
    slug, sentence = "", f"{count / MANY:.0%} of the texts are dropped."
    if count == 0:
        slug = "never_dropped"
        sentence = (
            "Looks like texts that are never dropped: the network does not learn to "
            "draw without one, and guidance needs that."
        )
    elif abs(count - MANY * (1 - rate)) < SIGMAS * sigma:
        slug = "kept_with_drop_rate"
        sentence = (
            "Looks like drop_rate taken for the rate at which texts are kept: "
            f"{count / MANY:.0%} of yours are dropped."
        )
    elif abs(count - 0.1 * MANY) < SIGMAS * (0.09 * MANY) ** 0.5:
        slug = "drop_rate_fixed"
        sentence = "Looks like a rate of 0.1 whatever drop_rate says: " + sentence
    raise Failed(f"{sentence} (With the drop_rate {rate}.)", slug)


def _tell_single_numbers(got, texts, rate):
    """Tells dropout of numbers, and of texts that are made larger."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = got / texts
    scaled = 1 / (1 - rate)
    if (np.isclose(ratio, scaled, 1e-3).mean(axis=1) == 1).mean() > 0.4:
        raise Failed(
            "Looks like keras.layers.Dropout: it makes the kept embeddings "
            f"{scaled:.2f} times larger, which the network never sees in generate.",
            "scaled_dropout",
        )
    same = np.isclose(ratio, 1, 1e-3) | np.isclose(ratio, scaled, 1e-3)
    mixed = same.any(axis=1) & ~same.all(axis=1)
    if mixed.mean() > 0.2:
        raise Failed(
            "Looks like dropout of single numbers: a text is dropped or kept as a "
            f"whole, and {mixed.mean():.0%} of yours are dropped in part.",
            "numbers_dropped",
        )


@check(CALL, 2, "Outside training no text is dropped.")
def in_inference(student, rng):
    examples = examples_of(rng, MANY)
    texts = examples["text_embeddings"]
    how = "Revealing", examples["images"]
    model, *_ = model_of(student, *how, drop_rate=0.5)
    for told in ({}, {"training": False}):
        seen = Seen(student, model, examples, **told)
        gone = MANY - seen.kept(texts).sum()
        if 2 <= MANY - gone < MANY:
            raise Failed(
                "Looks like texts that are dropped outside training, too: look at the "
                f"argument training. {gone} of {MANY} are gone.",
                "dropped_in_inference",
            )
        # The first one for all, or zeros, is another mistake, and charged elsewhere.
        if gone and np.ptp(seen.texts, axis=0).max() > 1e-4:
            raise Failed("Expected the network to get the text embeddings as they are.")


@check(CALL, 1, "It takes batches of any size, and images of any.", graded_only=True)
def any_size(student, rng):
    examples = examples_of(rng, FEW, LARGE)
    model, *_ = model_of(student, "Revealing", examples["images"])
    Seen(student, model, examples)  # which is particular about shapes


def loss_in(history):
    """The last loss that fit reports."""
    losses = history.get("loss") if isinstance(history, dict) else None
    if not isinstance(losses, list) or not losses:
        raise Failed("Expected fit to report a loss; it reports none.")
    return same_shape(losses[-1], (), "the loss").item()


# --------------------------------------------------------------------------- denoise

DENOISE = f"{NAME}.denoise"


@check(DENOISE, 3, "Each image's own text reaches the network.")
def texts(student, rng):
    examples = examples_of(rng, MANY)
    texts = examples["text_embeddings"]
    model, *_ = model_of(student, "Revealing", examples["images"])
    seen = Seen(student, model, examples, training=False)
    kept = seen.kept(texts)
    if kept.sum() >= 2:
        return  # the others are dropped, which is a matter of call
    if np.abs(seen.texts - texts[:1]).max() < 1e-4:
        raise Failed(
            "Looks like the first text for the whole batch: every image has a text of "
            "its own.",
            "first_text_for_all",
        )
    if np.abs(seen.texts).max() < 1e-4:
        raise Failed(
            "Looks like a text that never reaches the network: it gets zeros.",
            "text_not_passed",
        )
    raise Failed("Expected the network to get the text embeddings as they are.")


@check(
    DENOISE, 3, "The network gets noise rates, and the image follows from its noise."
)
def image(student, rng):
    examples = examples_of(rng, MANY)
    model, *_ = model_of(student, "Revealing", examples["images"])
    seen = Seen(student, model, examples)
    if seen.fault and not seen.fault.misconception:
        raise seen.fault
    n, s = seen.noise_rates, seen.signal_rates
    compare(
        seen.told,
        n,
        "the rate that the U-Net gets",
        {
            "squares_to_unet": (
                n**2,
                "Looks like noise_rates**2 fed to the U-Net: here it takes the rates "
                "themselves.",
            ),
            "signal_rates_to_unet": (
                s,
                "Looks like the signal rates fed to the U-Net: it takes the noise "
                "rates.",
            ),
        },
        # Least squares find rates to 1e-5.
        rtol=0.0,
        atol=5e-4,
    )
    n, s = (one[:, None, None, None] for one in (n, s))
    rest = s * seen.images + n * (seen.noise - seen.pred_noise)
    # Times the signal rate: near time 1 it is small, and divides the error.
    wrong = {
        "not_divided": (
            s * rest,
            "Looks like the noise taken away and nothing more: what is left is the "
            f"image times the signal rate, up to {1 / s.min():.1f} times too dark.",
        ),
    }
    compare(
        s * seen.pred_images, rest, "a pixel times its signal rate", wrong, 1e-3, 1e-3
    )


# ---------------------------------------------------------------------- compute_loss

LOSS = f"{NAME}.compute_loss"


def wrong_losses(images, pred_images, pred_noise, noise):
    """What the known mistakes would answer."""
    error = np.float64(noise) - pred_noise
    wrong = {
        "absolute_error": (
            np.abs(error).mean(),
            "Looks like the mean absolute error: the squared error was asked for.",
        ),
        "summed": (
            (error**2).sum(),
            "Looks like a sum of squared errors where a mean was meant: your loss is "
            f"{error.size} times too large.",
        ),
        "rooted": (
            np.sqrt((error**2).mean()),
            "Looks like the root of the mean squared error.",
        ),
    }
    told = "Looks like the error of the predicted images: the loss compares the noises."
    for number, one in enumerate([*normalised(images), np.float64(images)]):
        name = "loss_on_images" + " " * number
        wrong[name] = ((one - pred_images) ** 2).mean(), told
    return wrong


@check(LOSS, 3, "It is the mean squared error of the noise.")
def value_(student, rng):
    examples = examples_of(rng, 4)
    images = examples["images"]
    model, *_ = model_of(student, "Revealing", images)
    pred = tuple(rng.standard_normal((3, *images.shape)).astype("float32"))
    told = {"x": examples, "y": None, "y_pred": pred}
    answer = student.call(model, method="compute_loss", **told)
    right = ((np.float64(pred[1]) - pred[2]) ** 2).mean()
    wrong = wrong_losses(images, *pred)
    try:
        compare(same_shape(answer, (), "the loss"), right, "the loss", wrong)
    except Failed as failed:
        raise Failed(failed.message, failed.misconception.strip()) from None


@check(LOSS, 3, "What fit does to the weights follows from it.", graded_only=True)
def learning(student, rng):
    # A prediction that is far larger than the noise: loss and gradient hardly depend on
    # what noise was drawn, 2e-4 and 1e-4 of them for 2304 numbers.
    examples, start = examples_of(rng, 32), round(rng.uniform(150, 250), 1)
    size = float((np.float64(examples["text_embeddings"]) ** 2).mean())
    how = "Learning", examples["images"], {"start": start}
    model, network, _ = model_of(student, *how, drop_rate=0.0)
    try:
        history = student.fit(model, examples, 0.1, batch_size=32)
    except StudentError as error:
        if "No gradients provided" in str(error):
            raise Failed(STOPPED, "stop_gradient") from None
        student.call(model, examples)  # its error, if it has one anyway
        raise Failed(f"{NUMPY} ({error})", "numpy_round_trip") from None
    (came,) = several(student.weights(network), 1, "the probe's weights")
    moved = start - array_of(came, "the weight").reshape(-1)[0]
    if moved == 0:
        raise Failed(STOPPED, "stop_gradient")
    gradient = 2 * size * start
    summed = gradient * examples["images"].size
    told = wrong_losses(*[examples["images"]] * 3, 0.0 * examples["images"])["summed"][
        1
    ]
    compare(moved / 0.1, gradient, "the gradient", {"summed": (summed, told)}, 2e-3)
    compare(loss_in(history), size * start**2 + 1, "the loss in fit", rtol=3e-3)
