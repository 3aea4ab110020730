"""Checks of the set `gan` that look at pictures: label planes, points on lines."""

import numpy as np

from keras_gen.exercises.comparing import close, compare, same_shape
from keras_gen.exercises.gan_losses import NUMPY, checks
from keras_gen.exercises.registry import Failed
from keras_gen.exercises.student import StudentError

check = checks.check

SENTENCES = {
    "midpoint": "Looks like the midpoint whatever the weights: the penalty is to be "
    "taken anywhere on the line.",
    "one_weight": "Looks like one weight for the whole batch: each pair has its own.",
    "square_roots": "Looks like square roots of the weights, as one mixes noise: on a "
    "straight line the two weights add up to 1.",
    "weights_do_not_add_up": "Looks like real + weights * fake: the two weights must "
    "add up to 1, or the point is not between the images.",
    "beyond_the_end": "Looks like a step away from the other image: your points lie "
    "beyond the line's end.",
    "either_or": "Looks like a choice of the real or the generated image: all points "
    "between them were asked for.",
}

# ------------------------------------------------------------------ condition_images


def of_condition(images, labels, num_classes):
    """The images with one-hot planes."""
    planes = np.eye(num_classes)[labels][:, None, None, :]
    planes = np.broadcast_to(planes, (*images.shape[:3], num_classes))
    return np.concatenate([images, planes], axis=-1)


def wrong_conditions(images, labels, num_classes):
    """What the known mistakes would answer."""
    num, height, width, _ = images.shape

    def joined(planes):
        planes = np.broadcast_to(planes, (num, height, width, planes.shape[-1]))
        return np.concatenate([images, planes], axis=-1)

    one_hot = np.eye(num_classes)[labels]
    shifted = np.eye(num_classes + 1)[labels][:, 1:]
    if num_classes > 1:
        shifted = np.where((labels > 0)[:, None], np.roll(one_hot, -1, axis=1), 0.0)
    tiled = np.tile(one_hot, (height * width, 1)).reshape(
        num, height, width, num_classes
    )
    numbers = labels[:, None, None, None].astype("float64")
    return {
        "counted_from_one": (
            joined(shifted[:, None, None, :]),
            "Looks like labels counted from 1: class 0 gets no plane, and all others "
            "the plane of their neighbour.",
        ),
        "first_label": (
            of_condition(images, np.full_like(labels, labels[0]), num_classes),
            "Looks like the first image's label for the whole batch: every image has "
            "its own.",
        ),
        "label_numbers": (
            joined(np.broadcast_to(numbers, (num, 1, 1, num_classes))),
            "Looks like planes filled with the number of the class: classes have no "
            "order, so each has a plane of its own, of ones or zeros.",
        ),
        "one_plane": (
            joined(numbers),
            f"Looks like one plane with the label's number: {num_classes} planes were "
            "expected, one a class.",
        ),
        "one_plane ": (
            joined(numbers / num_classes),
            f"Looks like one plane with the label's number: {num_classes} planes were "
            "expected, one a class.",
        ),
        "tiled_wrong": (
            joined(tiled),
            "Looks like labels tiled and then reshaped in another order: the planes of "
            "one image hold the labels of others.",
        ),
    }


def images_and_labels(rng, num=4, height=3, width=3, num_classes=5):
    """Images, and labels of which the first is not 0 and not all are alike."""
    images = rng.uniform(-1, 1, (num, height, width, 2)).astype("float32")
    labels = rng.permutation(num_classes)[:num]
    if labels[0] == 0:
        labels[:2] = labels[1::-1]
    return images, labels.astype("int32")


def conditioned(student, images, labels, num_classes):
    """Compares the images with their planes; tells the wrong axis from its shape."""
    answer = student.call("condition_images", images, labels, num_classes)
    expected = of_condition(images, labels, num_classes)
    shape = getattr(answer, "shape", ())
    if len(shape) == 4 and shape != expected.shape and shape[3] == images.shape[3]:
        axis = "height" if shape[1] > images.shape[1] else "width"
        raise Failed(
            f"Looks like a concatenation on the {axis} axis: the image became larger, "
            f"{tuple(shape)}, and has no more channels.",
            "wrong_axis",
        )
    wrong = wrong_conditions(images, labels, num_classes)
    try:
        compare(answer, expected, "the images with their planes", wrong)
    except Failed as failed:
        raise Failed(failed.message, failed.misconception.strip()) from None


@check("condition_images", 8, "Each image gets the planes of its own label.")
def planes(student, rng):
    conditioned(student, *images_and_labels(rng), 5)


@check("condition_images", 4, "Images need not be square, nor batches full.")
def any_size(student, rng):
    images, labels = images_and_labels(rng, num=2, height=2, width=4, num_classes=3)
    try:
        conditioned(student, images, labels, 3)
    except (StudentError, Failed) as error:
        if isinstance(error, Failed) and error.misconception:
            raise
        square = np.ascontiguousarray(images[:, :, :2])
        conditioned(student, square, labels, 3)
        raise Failed(
            "Looks like planes of height x height: images that are not square cannot "
            f"be joined with them. ({error})",
            "needs_square_images",
        ) from None


@check(
    "condition_images", 8, "It works within a functional model, and is learned through."
)
def in_a_model(student, rng):
    images, labels = images_and_labels(rng)
    cotangent = rng.standard_normal((4, 3, 3, 7)).astype("float32")
    try:
        args = [images, labels, 5]
        _, (slope,) = student.vjp("condition_images", args, [cotangent], wrt=[0])
        model = student.functional("condition_images", [(3, 3, 2), ()], 5)
        answer = model([images, labels.astype("float32")])
    except StudentError as error:
        student.call("condition_images", images, labels, 5)
        raise Failed(
            "Looks like NumPy or keras.utils.to_categorical: they need numbers at "
            f"once, and fit and functional models have none yet. ({error})",
            "numpy_one_hot",
        ) from None
    compare(answer, of_condition(images, labels, 5), "what a functional model returns")
    compare(slope, cotangent[..., :2], "the gradient")


# ------------------------------------------------------------- interpolate_real_fake


def between(real, fake, weights):
    """The points on the lines, which begin at the real images."""
    return real + weights * (fake.astype("float64") - real)


def pairs(rng):
    """Real and generated images, and a weight for each pair."""
    real, fake = rng.uniform(-1, 1, (2, 4, 2, 3, 2)).astype("float32")
    return real, fake, rng.uniform(0.2, 0.8, (4, 1, 1, 1)).astype("float32")


def wrong_points(real, fake, weights):
    """What the known mistakes would answer, beginning at the one or the other image."""
    wide = weights.astype("float64")
    found = {}
    for end, (a, b) in (("", (real, fake)), (" ", (fake, real))):
        variants = {
            "midpoint": (a + b) / 2,
            "one_weight": between(a, b, wide[0]),
            "square_roots": np.sqrt(wide) * a + np.sqrt(1 - wide) * b,
            "weights_do_not_add_up": a + wide * b,
            "beyond_the_end": a + wide * (a - b),
            "either_or": np.where(wide > 0.5, a, b),
        }
        found |= {k + end: (v, SENTENCES[k]) for k, v in variants.items()}
    return found


@check("interpolate_real_fake", 9, "Each point lies between its pair, by its weight.")
def points(student, rng):
    real, fake, weights = pairs(rng)
    asked = "interpolate_real_fake", real, fake, weights
    answer, again = (
        same_shape(student.call(*asked), real.shape, "the points") for _ in range(2)
    )
    if not close(answer, again):
        raise Failed(
            "Looks like new random weights where those given were meant: two calls "
            "with the same weights differ.",
            "draws_its_own",
        )
    if close(answer, between(fake, real, weights)):
        return
    wrong = wrong_points(real, fake, weights)
    try:
        compare(answer, between(real, fake, weights), "the set of points", wrong)
    except Failed as failed:
        raise Failed(failed.message, failed.misconception.strip()) from None


@check("interpolate_real_fake", 6, "Its gradient reaches both images.")
def gradient___(student, rng):
    real, fake, weights = pairs(rng)
    cotangent = rng.standard_normal(real.shape).astype("float32")
    try:
        _, (of_real, of_fake) = student.vjp(
            "interpolate_real_fake", [real, fake, weights], [cotangent], wrt=[0, 1]
        )
    except StudentError as error:
        student.call("interpolate_real_fake", real, fake, weights)
        raise Failed(f"{NUMPY} ({error})", "numpy_round_trip") from None
    first, second = (1 - weights) * cotangent, weights * cotangent
    if np.abs(of_real - first).max() > np.abs(of_real - second).max():
        first, second = second, first
    compare(of_real, first, "the gradient of the real images")
    compare(of_fake, second, "the gradient of the generated images")
