"""Checks of the set `diffusion`: the residual block and the U-Net made of it.

What they do is seen from which pixels of the output a pixel of the input changes, with
weights of our own: all kernels positive, so that nothing cancels.
"""

import numpy as np

from keras_gen.exercises.comparing import same_shape
from keras_gen.exercises.diffusion_parts import check
from keras_gen.exercises.registry import Failed
from keras_gen.exercises.student import StudentError

BLOCK = 24, 24  # pixels that the block is given
IMAGES = 32  # of them


def weights_in(student, model):
    """All weights of a model that are arrays."""
    found = student.weights(model, trainable=False)
    found = found if isinstance(found, list) else []
    return [one for one in found if isinstance(one, np.ndarray)]


def set_kernels(student, model, new):
    """Replaces kernels of convolutions by `new(kernel)`; biases and others stay."""
    weights = weights_in(student, model)
    values = [new(one).astype("float32") if one.ndim == 4 else one for one in weights]
    student.set_weights(model, values, trainable=False)


# -------------------------------------------------------------------- residual_block


def block_of(student, channels, width):
    """A functional model of the block."""
    shape = (*BLOCK, channels)
    try:
        return student.functional("residual_block", [shape], width)
    except StudentError as error:
        if channels != width:
            student.functional("residual_block", [(*BLOCK, width)], width)
            raise Failed(
                "Looks like a skip without a 1 x 1 convolution: it cannot be added "
                f"where the width changes, as from {channels} to {width}. ({error})",
                "equal_widths_only",
            ) from None
        raise


def blocked(student, block, x, width):
    """What the block answers, if it has the right shape."""
    answer = student.call(block, x)
    shape, came = (*x.shape[:3], width), getattr(answer, "shape", ())
    if len(came) == 4 and came != shape:
        if came[:3] == shape[:3] and came[3] > width:
            raise Failed(
                f"Looks like a concatenation where an addition was meant: {came[3]} "
                f"channels come out, and {width} were asked for.",
                "concatenated",
            )
        if came[1] == -(-x.shape[1] // 2):
            raise Failed(
                "Looks like a stride of 2 in the block: height and width are to be "
                f"kept, and yours come out as {came[1]} x {came[2]}.",
                "strided",
            )
        if came[1] < x.shape[1]:
            raise Failed(
                f"Looks like convolutions without padding: {x.shape[1] - came[1]} rows "
                "are lost in each block.",
                "no_padding",
            )
    return same_shape(answer, shape, "what the block returns")


def influence(student, block, rng, channels, width):
    """How much each pixel `(height, width)` of the output follows the one at (12, 12).

    A mean over many images, as an activation may be dead in any of them, and of a small
    change, which a normalisation hardly notices.
    """
    x = rng.standard_normal((IMAGES, *BLOCK, channels)).astype("float32")
    moved = x.copy()
    moved[:, 12, 12, 0] += np.resize([1, -1], IMAGES)
    both = [blocked(student, block, one, width) for one in (x, moved)]
    off = np.abs(both[1] - both[0]).mean(0).max(-1)
    if not np.isfinite(off).all():
        raise Failed("Expected finite numbers; some of what the block returns are not.")
    return off


def small(rng):
    """New kernels of 3 x 3: positive, and small enough for any activation."""

    def new(kernel):
        if kernel.shape[:2] == (1, 1):
            return kernel
        made = rng.uniform(0.7, 1.3, kernel.shape) / np.prod(kernel.shape[:3]) ** 0.5
        made[1:-1] /= 2
        made[:, 1:-1] /= 2  # so that two of them reach their corners well
        return made

    return new


@check("residual_block", 3, "It keeps height and width, and gives the width asked for.")
def shape(student, rng):
    for channels, width in ((4, 4), (4, 6)):
        x = rng.standard_normal((IMAGES, *BLOCK, channels)).astype("float32")
        blocked(student, block_of(student, channels, width), x, width)


@check("residual_block", 4, "Its two convolutions look 2 pixels far, and no further.")
def reach(student, rng):
    block = block_of(student, 4, 4)
    set_kernels(student, block, small(rng))
    off = influence(student, block, rng, 4, 4)
    # A normalisation may let a pixel change all others a little.
    seen = [k for k in range(6) if _inside(off, k).min() > 2 * _outside(off, k).max()]
    far = max(seen, default=None)
    if far == 2:
        return
    if far == 1:
        raise Failed(
            "Looks like one 3 x 3 convolution where two were meant: a pixel changes "
            "3 x 3 pixels, and should change 5 x 5.",
            "one_convolution",
        )
    if far == 0:
        raise Failed(
            "Looks like 1 x 1 convolutions: they never look at a neighbour, 3 x 3 was "
            "meant.",
            "pointwise",
        )
    size = f"{2 * far + 1} x {2 * far + 1}" if far else "no clear square of"
    raise Failed(
        "Expected two 3 x 3 convolutions, through which a pixel changes 5 x 5 pixels; "
        f"it changes {size} pixels."
    )


def _inside(off, far):
    return off[12 - far : 13 + far, 12 - far : 13 + far]


def _outside(off, far):
    rest = off.copy()
    _inside(rest, far)[:] = 0.0
    return rest


@check("residual_block", 4, "What comes in goes around the convolutions too.")
def skip(student, rng):
    for channels, width in ((4, 4), (4, 6)):
        block = block_of(student, channels, width)
        set_kernels(
            student, block, lambda k: k if k.shape[:2] == (1, 1) else np.zeros(k.shape)
        )
        off = influence(student, block, rng, channels, width)
        if off[12, 12] < 1e-4:
            raise Failed(
                "Looks like two convolutions without the skip connection around them: "
                "where their kernels are 0, nothing of what comes in is left.",
                "no_skip",
            )
        if _outside(off, 0).max() > 1e-2 * off[12, 12]:
            raise Failed(
                "Expected a skip that looks at one pixel: it passes on what came in, "
                "or a 1 x 1 convolution of it."
            )


# ------------------------------------------------------------------------ build_unet

IMAGE = 14, 14, 2  # wider than the twelve convolutions of one resolution see
WIDTHS = [4, 6]
DEPTH = 2
BUILDING = 45.0  # seconds; JAX compiles the initializer of each shape, nearly 1 s each


def unet_of(student, shape=IMAGE, widths=WIDTHS, depth=DEPTH):
    """A U-Net: the same in all checks, as each new shape costs a compilation."""
    how = tuple(shape), list(widths), depth
    return student.make("build_unet", *how, seconds=BUILDING)


def inputs_of(rng, shape=IMAGE):
    """Two noisy images, positive, and their rates, float32."""
    images = rng.uniform(0.5, 1.5, (2, *shape)).astype("float32")
    return images, rng.uniform(0.3, 0.9, (2, 1, 1, 1)).astype("float32")


def predicted(student, unet, images, rates, method=None):
    """What the U-Net predicts, if it is of the images' shape.

    By itself it runs an operation after the other, which are the same in all checks.
    """
    answer = student.call(unet, [images, rates], method=method, seconds=BUILDING)
    shape, came = images.shape, getattr(answer, "shape", ())
    if len(came) == 4 and came[:3] == shape[:3] and came[3] == 1 != shape[3]:
        raise Failed(
            "Looks like one output channel whatever image_shape says: the noise has as "
            f"many as the image, here {shape[3]}.",
            "one_channel",
        )
    answer = same_shape(answer, shape, "the predicted noise")
    if not np.isfinite(answer).all():
        raise Failed("Expected finite noise; some of what is predicted is not.")
    return answer


def kernels_in(student, unet, rng, shape=IMAGE):
    """The shapes of all kernels, `(height, width, in, out)`."""
    found = weights_in(student, unet)
    if not found:  # not built yet
        student.call(unet, list(inputs_of(rng, shape)), seconds=BUILDING)
        found = weights_in(student, unet)
    return [one.shape for one in found if one.ndim == 4]


def positive(rng):
    """New kernels that see far: the columns at the left and the right count most."""

    def new(kernel):
        made = rng.uniform(0.5, 1.5, kernel.shape)
        made[:, 1:-1] *= 0.3
        return made / made.sum((0, 1, 2))

    return new


@check(
    "build_unet",
    3,
    "Images of any shape give noise of the same shape.",
    graded_only=True,
)
def shapes(student, rng):
    shape, widths, step = (4, 8, 2), [4, 4, 6], "predict_on_batch"
    try:
        unet = unet_of(student, shape, widths, 1)
        predicted(student, unet, *inputs_of(rng, shape), step)
    except StudentError as error:
        square = 8, 8, 2
        unet = unet_of(student, square, widths, 1)
        predicted(student, unet, *inputs_of(rng, square), step)
        raise Failed(
            "Looks like noise rates spread over height x height: images that are not "
            f"square cannot be joined with them. ({error})",
            "square_only",
        ) from None


@check("build_unet", 2, "Untrained, it predicts no noise.")
def start(student, rng):
    answer = predicted(student, unet_of(student), *inputs_of(rng))
    if np.abs(answer).max() < 1e-6:
        return
    if answer.min() > 0.4 and np.ptp(answer) < 0.2:
        raise Failed(
            "Looks like a sigmoid at the end: noise has both signs, and an untrained "
            f"network gives {answer.mean():.2g} everywhere.",
            "sigmoid_output",
        )
    raise Failed(
        "Looks like a random last layer: an untrained network should predict no noise, "
        f"and yours predicts up to {np.abs(answer).max():.2g}.",
        "not_zero_at_start",
    )


@check("build_unet", 3, "What it predicts depends on the noise rates.")
def rates(student, rng):
    unet, (images, at) = unet_of(student), inputs_of(rng)
    kernels_in(student, unet, rng)
    set_kernels(student, unet, positive(rng))
    first, second = (predicted(student, unet, images, x) for x in (at, at / 2))
    if np.abs(first - second).max() < 1e-5 * np.abs(first).max() + 1e-9:
        raise Failed(
            "Looks like a network that does not look at the noise rates: it cannot "
            "know how much noise to expect.",
            "ignores_noise_rates",
        )


@check("build_unet", 4, "It halves height and width, so that its middle sees far.")
def sees_far(student, rng):
    unet, (images, at) = unet_of(student), inputs_of(rng)
    kernels = kernels_in(student, unet, rng)
    set_kernels(student, unet, positive(rng))
    moved = images.copy()
    moved[:, :, 0] += 1000.0
    first, second = (predicted(student, unet, x, at) for x in (images, moved))
    off = np.abs(second - first).max((0, 1, 3))
    if off[-1] > 1e-7 * off.max():
        return
    if not off.max() > 0:
        raise Failed("Expected noise that depends on the noisy images.")
    raise Failed(
        "Looks like one resolution throughout: the way down should halve height and "
        "width after each stage, so that the middle sees far. A column of your input "
        f"changes the {int(np.sum(off > 1e-7 * off.max()))} columns next to it, of "
        f"{len(off)}, with {len(kernels)} convolutions.",
        "no_downsampling",
    )


@check("build_unet", 4, "Each block on the way down is joined with its mirror.")
def skips(student, rng):
    unet, (images, at) = unet_of(student), inputs_of(rng)
    kernels = kernels_in(student, unet, rng)
    new = positive(rng)
    # Without the middle only the skips are left.
    cut = WIDTHS[-1]
    set_kernels(
        student, unet, lambda k: np.zeros(k.shape) if k.shape[3] == cut else new(k)
    )
    first, second = (predicted(student, unet, x, at) for x in (images, 2 * images))
    if np.abs(first - second).max() < 1e-5 * np.abs(first).max() + 1e-9:
        raise Failed(
            "Looks like a network without skips from the way down to the way up: all "
            "detail must squeeze through the middle.",
            "no_skips",
        )
    width = WIDTHS[0]
    joined = [
        size
        for size, _, channels, out in kernels
        if out == width and channels >= 2 * width
    ]
    most = max((joined.count(size) for size in set(joined)), default=0)
    if most == 0:
        raise Failed(
            "Looks like skips that are added: they are to be concatenated, so that the "
            f"block sees both. No kernel of width {width} has the {2 * width} input "
            "channels or more that come of it.",
            "skips_added",
        )
    if most < DEPTH:
        raise Failed(
            "Looks like one skip a stage: each residual block on the way down has a "
            f"skip of its own. There should be {DEPTH} for a block_depth of {DEPTH}; "
            f"found {most}.",
            "one_skip_a_stage",
        )


@check("build_unet", 3, "It has block_depth blocks a stage, and a middle.")
def blocks(student, rng):
    kernels = kernels_in(student, unet_of(student), rng)
    found = {w: sum(k[:2] == (3, 3) and k[3] == w for k in kernels) for w in WIDTHS}
    middle = WIDTHS[-1]
    if not any(one[3] == middle for one in kernels):
        raise Failed(
            "Looks like a network without its middle: widths[-1] is not used, no "
            f"convolution has the width {middle}.",
            "no_middle",
        )
    fewer = kernels_in(student, unet_of(student, depth=1), rng)
    if len(fewer) == len(kernels):
        raise Failed(
            "Looks like as many residual blocks a stage whatever block_depth says: "
            f"with 1 and with {DEPTH} there are {len(kernels)} convolutions.",
            "block_depth_ignored",
        )
    for width, num in found.items():
        wanted = 2 * DEPTH if width == middle else 4 * DEPTH
        if num < wanted:
            raise Failed(
                f"Expected {wanted} convolutions of 3 x 3 of width {width} for a "
                f"block_depth of {DEPTH}, two a block; found {num}."
            )


@check("build_unet", 2, "All its kernels learn.", graded_only=True)
def learns_(student, rng):
    shape = 4, 8, 2
    unet, (images, at) = unet_of(student, shape, depth=1), inputs_of(rng, shape)
    kernels_in(student, unet, rng, shape)
    set_kernels(student, unet, positive(rng))
    cotangent = rng.standard_normal(images.shape).astype("float32")
    _, slopes = student.vjp(
        unet, [[images, at]], [cotangent], wrt="weights", seconds=BUILDING
    )
    dead = [one.shape for one in slopes if one.ndim == 4 and not np.any(one)]
    if dead:
        raise Failed(
            f"Expected all kernels to have a gradient; {len(dead)} have none, one of "
            f"the shape {dead[0]}."
        )
