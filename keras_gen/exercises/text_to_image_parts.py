"""Checks of the set `text_to_image`: pooling, guidance, the ways between prompts."""

import numpy as np

from keras_gen.exercises.comparing import compare, same_shape
from keras_gen.exercises.registry import Checks, Failed
from keras_gen.exercises.student import Numpy, StudentError

checks = Checks("text_to_image")
check = checks.check

NUM, DIM = 4, 6  # vectors in a batch, and numbers in a vector
ONE_BACKEND = (
    "Looks like a method that only one backend's tensors have: keras.ops has the same "
    "for all."
)
NUMPY = (
    "Looks like a step through NumPy: the numbers are right, but nothing can be "
    "trained through it; take keras.ops throughout."
)
STOPPED = (
    "Looks like a stop_gradient: the numbers are right, but the gradient is 0 "
    "everywhere."
)


def asked(student, target, *args, how="call", **kwargs):
    """Calls; a method that a tensor does not have is told what it is."""
    try:
        return getattr(student, how)(target, *args, **kwargs)
    except StudentError as error:
        if "no attribute" in str(error) and "ensor" in str(error):
            raise Failed(f"{ONE_BACKEND} ({error})", "one_backend") from None
        raise


def slope_of(student, name, args, cotangent, wrt):
    """The gradients of what a name returns, times a cotangent; none may be 0."""
    try:
        _, found = student.vjp(name, args, [cotangent], wrt=wrt)
    except StudentError as error:
        asked(student, name, *args)  # its error, if it has one anyway
        raise Failed(f"{NUMPY} ({error})", "numpy_round_trip") from None
    if not any(np.any(one) for one in found):
        raise Failed(STOPPED, "stop_gradient")
    return found


# ----------------------------------------------------------------------- pool_tokens

LENGTH = 5  # places for tokens


def tokens_of(rng):
    """Token embeddings and their mask; padding is not 0, and one prompt is full."""
    tokens = rng.standard_normal((NUM, LENGTH, DIM)).astype("float32") + 0.5
    lengths = np.r_[LENGTH, rng.permutation(LENGTH - 1)[: NUM - 1] + 1]
    mask = np.arange(LENGTH) < rng.permutation(lengths)[:, None]
    return tokens.astype("float32"), mask.astype("int32")


def of_pool(tokens, mask):
    """The mean over the real tokens."""
    mask = np.float64(mask)[..., None]
    return (tokens * mask).sum(axis=1) / mask.sum(axis=1)


def wrong_pools(tokens, mask):
    """What the known mistakes would answer."""
    real, counts = np.float64(mask)[..., None], mask.sum(axis=1)
    total = (tokens * real).sum(axis=1)
    padding = (tokens * (1 - real)).sum(axis=1) / np.maximum((1 - real).sum(axis=1), 1)
    return {
        "padding_counted": (
            np.float64(tokens).mean(axis=1),
            "Looks like a mean over all places, padding included: short prompts are "
            "washed out.",
        ),
        "divided_by_length": (
            total / LENGTH,
            "Looks like the sum of the real tokens divided by the number of all "
            "places: divide by the number of real ones, yours is up to "
            f"{LENGTH / counts.min():.1f} times too small.",
        ),
        "summed": (
            total,
            "Looks like a sum where a mean was meant: long prompts get longer vectors, "
            f"up to {counts.max()} times too long.",
        ),
        "first_token": (
            tokens[:, 0],
            "Looks like the first token alone: the mean over all real tokens was "
            "meant.",
        ),
        "mask_inverted": (
            padding,
            "Looks like a mask that is 1 for padding: here it is 1 where a token is "
            "real.",
        ),
        "maximum": (
            np.where(real > 0, tokens, -np.inf).max(axis=1),
            "Looks like a maximum over the tokens where a mean was meant.",
        ),
        "count_of_batch": (
            total / counts.mean(),
            "Looks like one number of tokens for the whole batch: each prompt has its "
            "own length.",
        ),
    }


def near_pool(student, tokens, mask):
    """Compares the pooled vectors."""
    answer = asked(student, "pool_tokens", tokens, mask)
    args = tokens, mask.astype("int32")
    compare(answer, of_pool(*args), "a pooled vector", wrong_pools(*args))


@check("pool_tokens", 6, "It is the mean over the real tokens of each prompt.")
def value(student, rng):
    near_pool(student, *tokens_of(rng))


@check("pool_tokens", 3, "The mask may be of any dtype, with gaps and one token alone.")
def masks(student, rng):
    tokens, mask = tokens_of(rng)
    near_pool(student, tokens, mask.astype("bool"))
    near_pool(student, tokens, (rng.permutation(mask.T).T).astype("float32"))


@check(
    "pool_tokens",
    4,
    "It works within a functional model, and is learned through.",
    graded_only=True,
)
def in_a_model(student, rng):
    tokens, mask = tokens_of(rng)
    cotangent = rng.standard_normal((NUM, DIM)).astype("float32")
    (slope,) = slope_of(student, "pool_tokens", [tokens, mask], cotangent, [0])
    shares = np.float64(mask) / mask.sum(axis=1, keepdims=True)
    expected = shares[:, :, None] * cotangent[:, None]
    compare(slope, expected, "the gradient of the tokens")
    model = asked(student, "pool_tokens", [(LENGTH, DIM), (LENGTH,)], how="functional")
    answer = model([tokens, mask.astype("float32")])
    compare(answer, of_pool(tokens, mask), "what a functional model returns")


# ---------------------------------------------------------------------- guided_noise


def noises_of(rng):
    """Predicted noise masks without and with the text."""
    return rng.standard_normal((2, 2, 4, 6, 3)).astype("float32")


def of_guided(uncond, cond, scale):
    """Classifier-free guidance."""
    return uncond + scale * (np.float64(cond) - uncond)


def wrong_guided(uncond, cond, scale):
    """What the known mistakes would answer; two of them are the same formula."""
    away = (
        of_guided(cond, 2 * np.float64(cond) - uncond, scale),
        "Looks like (1 + scale), the convention of the paper: here scale 1 is the "
        "conditional prediction and scale 0 the unconditional one.",
    )
    if scale < 1:
        away = (
            away[0],
            "Looks like a step that starts at the conditional prediction: at scale 0 "
            "the text is to be ignored.",
        )
    return {
        "swapped": (
            of_guided(cond, uncond, scale),
            "Looks like the two predictions swapped: scale 1 should give the "
            "conditional one.",
        ),
        "from_conditional" if scale < 1 else "one_plus_scale": away,
        "sign": (
            of_guided(uncond, cond, -scale),
            "Looks like a step away from the prompt: the difference has the wrong "
            "sign.",
        ),
        "unconditional_left_out": (
            scale * (np.float64(cond) - uncond),
            "Looks like the scaled difference alone: the unconditional prediction is "
            "to be added to it.",
        ),
        "clipped_scale": (
            of_guided(uncond, cond, min(scale, 1.0)),
            "Looks like a scale that is cut off at 1: beyond 1 the text is "
            "exaggerated, and that is what guidance is for.",
        ),
    }


def near_guided(student, args, scale):
    """Compares the guided noise."""
    answer = asked(student, "guided_noise", *args, scale)
    right, wrong = of_guided(*args, scale), wrong_guided(*args, scale)
    compare(answer, right, "the guided noise", wrong)


@check("guided_noise", 4, "Beyond scale 1 the text is exaggerated.")
def value_(student, rng):
    near_guided(student, noises_of(rng), round(rng.uniform(2.0, 6.0), 3))


@check("guided_noise", 3, "Scale 0 ignores the text, and scale 1 follows it.")
def ends(student, rng):
    for scale in (0.5, 0.0, 1.0):  # the first tells the most
        near_guided(student, noises_of(rng), scale)


@check(
    "guided_noise",
    4,
    "It works within a functional model, and is learned through.",
    graded_only=True,
)
def in_a_model_(student, rng):
    args = noises_of(rng)
    cotangent = rng.standard_normal(args[0].shape).astype("float32")
    found = slope_of(student, "guided_noise", [*args, 3.0], cotangent, [0, 1])
    for got, factor, what in zip(found, (-2.0, 3.0), ("first", "second"), strict=True):
        compare(got, factor * cotangent, f"the gradient of the {what} prediction")
    model = student.functional("guided_noise", [args[0].shape[1:]] * 2, 3.0)
    answer = model(list(args))
    compare(answer, of_guided(*args, 3.0), "what a functional model returns")


# ---------------------------------------------------------------------- scale_output


def of_scale(x):
    """The greys before they are rounded."""
    return np.clip((np.float64(x) + 1) * 127.5, 0, 255)


def wrong_scales(x):
    """What the known mistakes would answer."""
    x = np.float64(x)
    unclipped = np.round((x + 1) * 127.5)
    stretched = np.round(255 * (x - x.min()) / max(np.ptp(x), 1e-9))
    early = 255.0 * np.round((np.clip(x, -1, 1) + 1) / 2)
    return {
        "from_zero_one": (
            np.clip(np.round(255 * x), 0, 255),
            "Looks like x * 255, as for images in [0, 1]: the darker half, below 0, is "
            "lost.",
        ),
        "truncated": (
            np.floor(of_scale(x)),
            "Looks like fractions cut off where rounding was meant: half of your "
            "pixels are 1 too dark.",
        ),
        "times_128": (
            np.clip(np.round((x + 1) * 128), 0, 255),
            "Looks like (x + 1) * 128: 1 becomes 256, which does not fit.",
        ),
        "min_max": (
            stretched,
            "Looks like a stretch from the darkest to the brightest value that is "
            "there: a dull image would not stay dull.",
        ),
        "rounded_too_early": (
            early,
            "Looks like rounding before scaling: only "
            f"{len(np.unique(early))} different grey levels are left.",
        ),
        "not_clipped": (
            unclipped % 256,
            "Looks like no clipping: values beyond the ends wrap round, so what is too "
            "bright turns black.",
        ),
    }


def greys_of(rng, low, high):
    """Images whose greys are no exact halves, float32."""
    x = rng.uniform(low, high, (2, 4, 6, 3)).astype("float32")
    near = np.abs(of_scale(x) % 1 - 0.5) < 0.01
    return np.where(near, np.float32(0.0 if low < 0 else 1.0) + 0.02 / 127.5, x)


def near_scale(student, x, argument=None):
    """Compares the greys, of whatever dtype."""
    answer = asked(student, "scale_output", Numpy(x) if argument is None else argument)
    answer = same_shape(answer, x.shape, "the pixels")
    # Greys are whole numbers: 0.01 is for those who do not say so.
    compare(answer, np.round(of_scale(x)), "a pixel", wrong_scales(x), 0.0, 0.01)


@check("scale_output", 4, "-1 is black and 1 is white, with rounding in between.")
def value__(student, rng):
    near_scale(student, greys_of(rng, -0.9, 0.7))


@check("scale_output", 3, "Beyond the ends it stays black or white.")
def clipped(student, rng):
    near_scale(student, greys_of(rng, -2.5, 2.0))


@check("scale_output", 2, "It is an array of uint8.")
def dtype(student, rng):
    x = greys_of(rng, -0.9, 0.7)
    answer = asked(student, "scale_output", Numpy(x))
    same_shape(answer, x.shape, "the pixels")
    kind = getattr(answer, "dtype", np.dtype("O"))
    if kind == np.uint8:
        return near_scale(student, x)
    kind = "floats" if kind.kind == "f" else str(kind)
    raise Failed(
        f"Looks like {kind}: uint8 was asked for.", "floats" * (kind == "floats")
    )


@check("scale_output", 2, "It takes tensors as well as arrays.")
def tensors(student, rng):
    x = greys_of(rng, -0.9, 0.7)
    near_scale(student, x, x)
