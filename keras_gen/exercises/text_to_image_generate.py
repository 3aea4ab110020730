"""Checks of the set `text_to_image`: the model draws, guided by a text.

A trusted network predicts a little of what it sees and very much of its text, so much
that the random noise at the beginning is nothing beside it: so the whole way of the
reverse diffusion is known, whatever the noise was.  The normaliser has statistics that
bring such images back into [0, 255].
"""

import functools

import numpy as np

from keras_gen.exercises.comparing import array_of, close, compare, same_shape, several
from keras_gen.exercises.registry import Failed
from keras_gen.exercises.student import StudentError
from keras_gen.exercises.text_to_image_parts import check
from keras_gen.exercises.text_to_image_seen import (
    ENDS,
    FEW,
    HUGE,
    LARGE,
    NAME,
    model_of,
)

GENERATE = f"{NAME}.generate"
STEPS = 3
SLOPE, GAIN = 1.0, 50.0
GREY, SPREAD = 32.0, 2.0**-6  # of the normaliser
# Of the largest signal, in the mean of a column, which is over 48 pixels. What the
# noise at the beginning leaves there is 6e-4 of it, at 6 sigma.
NEAR = 1.5e-3


def rates_at(time):
    """`(noise_rate, signal_rate)`."""
    angle = ENDS[0] + time * (ENDS[1] - ENDS[0])
    return np.sin(angle), np.cos(angle)


def way(texts, nulls, scale, steps=STEPS, fresh=False, unguided=False, more=0):
    """The columns of the last predicted images, normalised, from no noise at all.

    Args:
        texts: `(num, DIM)`.
        nulls: the same, of the unconditional prediction.
        scale: of the guidance.
        steps: of the schedule.
        fresh: whether the noise of each step is new, and so nothing beside the text.
        unguided: whether images follow from the conditional prediction.
        more: steps beyond time 0.
    """
    texts, nulls = np.float64(texts), np.float64(nulls)
    noisy = np.zeros_like(texts)
    for step in range(steps + more):
        cond, uncond = (SLOPE * noisy + GAIN * one for one in (texts, nulls))
        guided = uncond + scale * (cond - uncond)
        n, s = rates_at(1 - step / steps)
        columns = (noisy - n * (cond if unguided else guided)) / s
        n, s = rates_at(1 - (step + 1) / steps)
        noisy = s * columns + n * (0 if fresh else guided)
    return columns


class Drawing:
    """A model that draws texts, and what it should draw.

    Attributes:
        texts, negatives: `(num, DIM)`, float32.
        null: its own text for no text, `(1, DIM)`, as in training.
    """

    def __init__(self, student, rng):
        self.student = student
        self.texts, self.negatives = (
            rng.uniform(0.2, 0.9, (2, FEW, LARGE[1])) * rng.choice([-1, 1], (2, FEW, 1))
        ).astype("float32")
        checkered = np.indices((FEW, *LARGE)).sum(0) % 2 * 2.0 - 1.0
        images = (GREY + SPREAD * checkered).astype("float32")
        how = {"slope": SLOPE, "gain": GAIN}
        self.model, _, made = model_of(student, "Pulling", images, how, drop_rate=0.9)
        stats = (array_of(student.get(made, one)) for one in ("mean", "variance"))
        mean, variance = (one.reshape(-1)[:1].sum() for one in stats)
        if not (np.isfinite(mean) and 0 < variance < 1):
            raise Failed(
                "Expected a keras.layers.Normalization that adapts to images; its "
                f"variance is {variance:.3g} after that."
            )
        self.mean, self.std = mean, np.sqrt(variance)
        self.images, self.checkered = images, checkered

    @functools.cached_property
    def null(self):
        """What takes a dropped text's place; zeros where that cannot be told."""
        images, x = self.images, self.checkered
        examples = {"images": images, "text_embeddings": self.texts}
        none = np.zeros((1, LARGE[1]))
        # The network told signal * x + noise_rate * noise + GAIN * text, by columns.
        which = np.broadcast_to(np.eye(LARGE[1])[None, :, None], (*LARGE, LARGE[1]))
        for _ in range(4):  # that no text is dropped happens once in 10 ** 16
            try:
                answer = self.student.call(self.model, examples, training=True)
                three = several(answer, 3, "three arrays")
                told, noise = (same_shape(one, x.shape) for one in three[1:])
            except (StudentError, Failed):
                return none
            if not all(np.abs(one).max() < HUGE for one in (told, noise)):
                return none
            found = []
            for *parts, right in zip(x, noise, told, strict=True):
                columns = [one[..., None] for one in parts] + [GAIN * which]
                columns = np.concatenate(columns, -1).reshape(-1, 2 + LARGE[1])
                found.append(np.linalg.lstsq(columns, right.ravel(), rcond=None)[0][2:])
            found = np.array(found)
            gone = found[np.abs(found - self.texts).max(axis=1) > 0.01]
            if len(gone):
                alike = np.ptp(gone, axis=0).max() < 1e-3
                return gone.mean(axis=0)[None] if alike else none
        return none

    def __call__(self, scale, **kwargs):
        """Generates; the columns' means."""
        args = self.texts, STEPS, scale
        answer = self.student.call(self.model, *args, method="generate", **kwargs)
        answer = same_shape(answer, (FEW, *LARGE), "the images")
        with np.errstate(invalid="ignore", over="ignore"):
            return answer.mean(axis=(1, 3))

    def shown(self, columns):
        """Normalised columns as they should come."""
        return np.clip(self.mean + self.std * columns, 0, 255)

    def compare(self, answer, scale, nulls=None, not_here=()):
        """Compares images that were drawn with this scale, and these nulls."""
        if nulls is None:
            nulls = np.broadcast_to(self.null, self.texts.shape)
        right = way(self.texts, nulls, scale)
        unit = self.std * np.abs(way(self.texts, self.negatives, 1)).max()
        what, atol = "the mean of a column", NEAR * unit * max(scale, 1.0)
        if close(answer, self.shown(right), 0.0, atol):
            return  # before anything is asked that only hints need
        own = np.broadcast_to(self.null, self.texts.shape)
        wrong = {
            name: (self.shown(columns), sentence)
            for name, (columns, sentence) in self.wrong(scale, nulls, own).items()
            if name not in not_here
        }
        wrong["not_denormalised"] = (
            np.clip(right, 0, 255),
            "Looks like normalised images: mean and standard deviation of the "
            "normalizer are to be put back.",
        )
        compare(answer, self.shown(right), what, wrong, 0.0, atol)

    def wrong(self, scale, nulls, own):
        """What the known mistakes would draw, normalised."""
        texts = self.texts
        first = np.broadcast_to(texts[:1], texts.shape)
        return {
            "swapped": (
                way(nulls, texts, scale),
                "Looks like the two predictions swapped: a larger scale takes your "
                "images away from their text.",
            ),
            "scale_ignored": (
                way(texts, nulls, 1.0),
                "Looks like the conditional prediction alone, whatever guidance_scale "
                "says.",
            ),
            "one_plus_scale": (
                way(texts, nulls, 1.0 + scale),
                "Looks like (1 + scale), the convention of the paper: here scale 1 is "
                "the conditional prediction.",
            ),
            "negative_ignored": (
                way(texts, own, scale),
                "Looks like negative_embeddings that are not used: they take the place "
                "of the null text.",
            ),
            "negative_as_text": (
                way(nulls, texts, scale),
                "Looks like the negative text used as the text: your images show what "
                "they should not.",
            ),
            "other_null_text": (
                way(texts, np.ones_like(texts), scale),
                "Looks like another null text than that of training: what the network "
                "has learned to take for no text must be given to it.",
            ),
            "first_text_for_all": (
                way(first, nulls, scale),
                "Looks like the first text for all images: each text gets an image of "
                "its own.",
            ),
            "unguided_image": (
                way(texts, nulls, scale, unguided=True),
                "Looks like an image from the conditional prediction and noise from "
                "the guided one: both follow from the guided noise.",
            ),
            "fresh_noise": (
                way(texts, nulls, scale, fresh=True),
                "Looks like fresh noise in each step: the guided noise is to be kept, "
                "so that the way is deterministic.",
            ),
            "one_step_too_many": (
                way(texts, nulls, scale, more=1),
                f"Looks like {STEPS + 1} predictions where {STEPS} were meant: the "
                f"last is made at time 1 / {STEPS}, none at time 0.",
            ),
        }


@check(GENERATE, 5, "Each text guides its own image, step by step.", graded_only=True)
def guided(student, rng):
    drawing, scale = Drawing(student, rng), round(rng.uniform(1.8, 2.4), 2)
    drawing.compare(drawing(scale), scale)


@check(
    GENERATE,
    4,
    "Scale 1 follows the text, and scale 0 the null text of training.",
    graded_only=True,
)
def ends(student, rng):
    drawing = Drawing(student, rng)
    drawing.compare(drawing(1.0), 1.0)
    answer = drawing(0.0)
    try:  # two predictions that are swapped would have failed above
        drawing.compare(answer, 0.0, not_here=["swapped", "negative_as_text"])
    except Failed as failed:
        if failed.misconception:
            raise
        raise Failed(
            "Looks like another null text than that of training: what the network has "
            f"learned to take for no text must be given to it. ({failed})",
            "other_null_text",
        ) from None


@check(
    GENERATE, 4, "A negative text takes the place of the null text.", graded_only=True
)
def negative(student, rng):
    drawing, scale = Drawing(student, rng), round(rng.uniform(1.8, 2.4), 2)
    answer = drawing(scale, negative_embeddings=drawing.negatives)
    # Swapped predictions look the same as swapped texts, which was meant here.
    drawing.compare(answer, scale, drawing.negatives, not_here=["swapped"])


@check(
    GENERATE,
    3,
    "It begins with noise of its own for each image, and ends clipped.",
    graded_only=True,
)
def from_noise(student, rng):
    images = (128 + 0.8 * rng.standard_normal((FEW, *LARGE))).astype("float32")
    model, *_ = model_of(student, "Pulling", images, {"slope": 0.0, "gain": 0.0})
    texts = np.zeros((FEW, LARGE[1]), "float32")
    answer = student.call(model, texts, 1, 1.0, method="generate")
    answer = same_shape(answer, images.shape, "the images")
    # After one step of no predicted noise an image is its noise, 50 times as large.
    if not (answer.min() >= 0 and answer.max() <= 255):
        raise Failed("Expected images clipped to [0, 255].")
    noise = (answer - images.mean()) / (images.std() / rates_at(1)[1])
    if not 0.8 < noise.std() < 1.2 or abs(noise.mean()) > 0.25:
        raise Failed(
            "Expected the way to begin with standard normal noise, at time 1; yours "
            f"has the mean {noise.mean():.2f} and standard deviation {noise.std():.2f}."
        )
    if np.abs(noise - noise[:1]).max() < 0.1:
        raise Failed("Expected noise of its own for each image; yours are alike.")
