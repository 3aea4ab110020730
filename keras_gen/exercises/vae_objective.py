"""Checks of the set `vae`: the model, by what `fit` does to networks that are known.

Where the submission's own sampler or losses are wrong, a VAE that uses them is right
with them: it is compared with every combination of the right parts and its own.
"""

import itertools

import numpy as np
from scipy.special import expit

from keras_gen.exercises.comparing import close, compare
from keras_gen.exercises.registry import Failed
from keras_gen.exercises.student import Numpy, StudentError
from keras_gen.exercises.vae_linear import (
    LATENT_DIM,
    PIXELS,
    SHAPE,
    Networks,
    joined,
    kls_of,
    latents_of,
    reconstructions_of,
    with_theirs,
)
from keras_gen.exercises.vae_losses import (
    of_kl,
    of_reconstruction,
    slope_of_reconstruction,
    slopes_of_kl,
    told,
)
from keras_gen.exercises.vae_sampler import QUIET, SIGMAS, STOPPED, check, normal
from keras_gen.exercises.vae_sampler import _in_a_model as fresh_in_a_model
from keras_gen.exercises.vae_sampler import _independent as independent

BATCH = 4
# z_mean and z_log_var where one of them is constant: at the first no noise is left, at
# the others those samplers have none that take z_log_var for the standard deviation, or
# their arguments in the other order.
SETTINGS = (None, QUIET), (None, 0.0), (QUIET, None)
STEP_ATOL = 1e-4  # of a slope, from weights of the size 50 in float32 before and after
MANY, NOISY = 2048, 1.0  # images, and the z_log_var, where noise is looked for


def settings_for(student, rng):
    """Where to ask: first where a right sampler is quiet, then where its own one is."""
    if not student.has("Sampler"):
        return SETTINGS[:1]
    try:
        sampler = student.make("Sampler")
        for setting in SETTINGS[1:]:
            args = [
                normal(rng, BATCH, LATENT_DIM) * (c is None) + np.float32(c or 0)
                for c in setting
            ]
            one, other = (student.call(sampler, *args) for _ in range(2))
            if close(one, other, atol=1e-3):
                return SETTINGS[0], setting
    except (StudentError, TypeError, ValueError):
        pass
    return SETTINGS[:1]


def in_settings(student, rng, ask):
    """Asks in the first setting, and in another if its own sampler needs that."""
    try:
        ask(student, rng, SETTINGS[0])
    except (Failed, StudentError):
        for setting in settings_for(student, rng)[1:]:
            try:
                return ask(student, rng, setting)
            except (Failed, StudentError):
                pass
        raise


# ----------------------------------------------------------------------- what is asked


def images_of(rng, num):
    """Images in [0, 1], float32."""
    return rng.uniform(size=(num, *SHAPE)).astype("float32")


def trained(networks, images, **how):
    """History of `fit`; tells a loss that needs targets."""
    student = networks.student
    try:
        return student.fit(networks.vae, Numpy(images), **how)
    except StudentError:
        if not needs_targets(networks, images):
            raise
        raise Failed(
            "Looks like a loss that compares with y: fit(images) gives no targets, the "
            "images themselves are what is to be rebuilt.",
            "needs_targets",
        ) from None


def needs_targets(networks, images) -> bool:
    """Whether `compute_loss` fails without `y`, and does not with the images as `y`."""
    student = networks.student
    # A step that has failed may leave its layers broken.
    vae = Networks(student, np.random.default_rng(0), SETTINGS[0]).vae
    worked = []
    for y in (images, None):
        try:
            asked = {"x": images, "y": y, "y_pred": student.make(vae, images)}
            student.make(vae, method="compute_loss", **asked)
            worked.append(True)
        except StudentError:
            worked.append(False)
    return worked == [True, False]


def logged(history, name) -> np.ndarray | None:
    """The numbers that a history has of this name; or None."""
    values = history.get(name) if isinstance(history, dict) else None
    try:
        values = np.array([float(value) for value in values])
    except (TypeError, ValueError):
        return None
    return values if len(values) else None


def averages(history, epochs) -> np.ndarray:
    """`[loss, reconstruction_loss, kl_loss]`, a row for each of so many epochs."""
    names = "reconstruction_loss", "kl_loss"
    parts = [logged(history, name) for name in names]
    if all(part is None for part in parts):
        shown = ", ".join(sorted(history)) if isinstance(history, dict) else ""
        raise Failed(
            "Looks like a model without its two logs: fit shows neither "
            f"reconstruction_loss nor kl_loss; it shows {shown[:100] or 'nothing'}.",
            "nothing_logged",
        )
    for name, part in zip(names, parts, strict=True):
        if part is None or len(part) != epochs:
            raise Failed(f"fit should show {name} once an epoch; it does not.")
    loss = logged(history, "loss")
    if loss is None or len(loss) != epochs:
        loss = parts[0] + parts[1]
    return np.stack([loss, *parts], axis=1)


@check("VAE", 6, "fit logs both terms, means over the batch, and adds them up.")
def _losses(student, rng):
    in_settings(student, rng, losses)


def losses(student, rng, setting):
    """The logs of an epoch of two batches, the last one smaller."""
    networks = Networks(student, rng, setting)
    # Both batches have the same mean, so it doesn't matter how they are weighted.
    images = images_of(rng, 2)[[0, 0, 1, 1, 0, 1]]
    history = trained(networks, images, rate=0.0, batch_size=BATCH)
    (got,) = averages(history, 1)
    batch = images[:BATCH]
    z_mean, z_log_var = networks.encode(batch)
    z = z_mean  # without noise
    reconstruction = of_reconstruction(batch, networks.decode(z)).mean()
    kl = of_kl(z_mean, z_log_var).mean()
    right = np.array([reconstruction + kl, reconstruction, kl])
    if close(got, right):
        return
    kls = kls_of(student, z_mean, z_log_var)
    pairs = [
        np.array([one, other])
        for z, _ in latents_of(student, z_mean, z_log_var)
        for one, _ in reconstructions_of(student, batch, networks.decode(z))
        for other, _ in kls
    ]
    for parts in pairs:
        if close(got, np.array([parts.sum(), *parts])):
            return
        if close(got[1:], parts):
            weighted(got[0], *parts)
    again = of_reconstruction(batch, expit(networks.decode(z))).mean()
    swapped = of_kl(z_log_var, z_mean).mean()
    told(got, right, "a log", wrong_losses(reconstruction, kl, again, swapped))


def weighted(loss, reconstruction, kl):
    """What a loss is whose two parts are right."""
    weight = (loss - reconstruction) / kl
    if abs(weight) < 1e-3:
        raise Failed(
            "Looks like a loss without its KL term: it is logged, but nothing shapes "
            f"the latent space; your loss is {loss:.4g}, your kl_loss {kl:.4g}.",
            "kl_left_out",
        )
    if abs(weight + 1) < 1e-3:
        raise Failed(
            "Looks like reconstruction loss minus KL: the divergence is to be made "
            f"small, too; your loss is {loss:.4g}, your kl_loss {kl:.4g}.",
            "kl_subtracted",
        )
    raise Failed(
        f"Looks like a weight on the KL term: it counts {weight:.3g} times what it "
        "should.",
        "kl_weighted",
    )


def wrong_losses(reconstruction, kl, again, swapped) -> dict:
    """What the known mistakes would log; of a loss, its parts, and variants of them."""
    r, k = reconstruction, kl
    num = (BATCH + BATCH / 2) / 2  # the mean of the sizes of both batches
    summed = (
        f"Looks like sums over the batch where means were meant: your loss is {BATCH} "
        f"times too large for a batch of {BATCH}, and grows with the batch."
    )
    by_size = (BATCH**2 + (BATCH / 2) ** 2) / (1.5 * BATCH)
    variants = {
        "logs_swapped": (
            [r + k, k, r],
            "Looks like the two logs under each other's names.",
        ),
        "sum_over_batch": ([by_size * (r + k), num * r, num * k], summed),
        "sum_over_batch ": ([by_size * (r + k), by_size * r, by_size * k], summed),
        "sum_over_batch  ": ([by_size * (r + k), r, k], summed),
        "kl_mean_over_dimensions": (
            [r + k / LATENT_DIM, r, k / LATENT_DIM],
            "Looks like a mean of the KL term over the latent dimensions: it is "
            f"{LATENT_DIM} times too weak for {LATENT_DIM} dimensions.",
        ),
        "kl_arguments_swapped": (
            [r + swapped, r, swapped],
            "Looks like z_mean and z_log_var swapped on the way to the KL term: your "
            f"kl_loss is {swapped:.4g} where {k:.4g} was expected.",
        ),
        "pixel_mean": (
            [r / PIXELS + k, r / PIXELS, k],
            "Looks like a mean over the pixels in the reconstruction loss: it is "
            f"{PIXELS} times too weak against the KL term.",
        ),
        "channel_mean": (
            [r / SHAPE[-1] + k, r / SHAPE[-1], k],
            "Looks like a mean over the channels in the reconstruction loss: it is "
            f"{SHAPE[-1]} times too weak for {SHAPE[-1]} channels.",
        ),
        "sigmoid_again": (
            [again + k, again, k],
            "Looks like a sigmoid on images that are in [0, 1] already: nothing can be "
            "darker than 0.5.",
        ),
    }
    return {name: (np.array(logs), text) for name, (logs, text) in variants.items()}


@check(
    "VAE", 6, "A step of fit moves all weights down the loss's slope.", graded_only=True
)
def _learning(student, rng):
    in_settings(student, rng, learning)


def learning(student, rng, setting):
    """The weights after a step with the rate 1."""
    networks = Networks(student, rng, setting)
    images = images_of(rng, BATCH)
    trained(networks, images, rate=1.0, batch_size=BATCH)
    got = joined(networks.weights) - joined(networks.now()).astype("float64")
    if not np.any(got):
        raise Failed(f"{STOPPED}: no weight moves.", "stop_gradient")
    z_mean, z_log_var = networks.encode(images)
    z, p = z_mean, networks.decode(z_mean)  # without noise
    nothing = np.zeros_like(z_mean)
    reconstruction = slope_of_reconstruction(images, p) / BATCH
    kl = [slope / BATCH for slope in slopes_of_kl(z_mean, z_log_var)]
    right = networks.slopes(images, z, lambda c: (c, nothing), reconstruction, kl)
    if close(got, right, atol=STEP_ATOL):
        return
    kls = kls_of(student, z_mean, z_log_var)
    for latents, back in latents_of(student, z_mean, z_log_var):
        p = networks.decode(latents)
        for (_, one), (_, other) in itertools.product(
            reconstructions_of(student, images, p), kls
        ):
            asked = images, latents, back, one, other
            own, again = (networks.slopes(*asked) for _ in range(2))
            # At z_log_var = 0 some samplers are quiet, but not their slope.
            known = np.isclose(own, again, 1e-3, STEP_ATOL)
            if known.mean() > 0.5 and close(got[known], own[known], atol=STEP_ATOL):
                return
    cut = networks.slopes(images, z, lambda _: (nothing, nothing), reconstruction, kl)
    wrong = {
        "encoder_cut_off": (
            cut,
            "Looks like a stop_gradient between encoder and decoder: the encoder "
            "learns from the KL term alone.",
        ),
    }
    compare(got, right, "the slope of the loss", wrong, atol=STEP_ATOL)


@check("VAE", 4, "What is decoded is a fresh sample, not the mean.", graded_only=True)
def _noise(student, rng):
    networks = Networks(student, rng, (None, NOISY))
    image = images_of(rng, 1)
    images = np.repeat(image, MANY, axis=0)
    how = {"rate": 0.0, "batch_size": MANY, "epochs": 2}
    got = averages(trained(networks, images, **how), 2)[:, 1]
    z_mean, _ = networks.encode(image)
    epsilon = rng.standard_normal((20 * MANY, LATENT_DIM))
    z = z_mean + np.exp(NOISY / 2) * epsilon
    found = of_reconstruction(np.repeat(image, len(z), 0), networks.decode(z))
    # The mean of MANY such losses, against that of 20 times as many.
    limit = SIGMAS * found.std() * np.sqrt(1.05 / MANY)
    quiet = of_reconstruction(image, networks.decode(z_mean))[0]
    if np.all(np.abs(got - found.mean()) < limit):
        if got[0] != got[1] or not fresh(student, rng):
            return
        raise Failed(
            "Looks like the same noise in every step: two epochs with the rate 0 have "
            f"the same reconstruction loss, {got[0]:.5g}, to the last digit."
        )
    if own_noise(student, rng, networks, image, got):
        return
    if close(got, np.full(2, quiet)):
        raise Failed(
            "Looks like z_mean decoded without noise: the sampler is not used, so this "
            "is no variational autoencoder; at z_log_var = 1 your reconstruction loss "
            f"is {found.mean() - quiet:.2g} nats lower than noise allows.",
            "no_sampling",
        )
    raise Failed(
        f"With z_log_var = {NOISY:g} everywhere the reconstruction loss should be "
        f"{found.mean():.4g}, give or take {limit:.2g}; got {got[0]:.4g}."
    )


def fresh(student, rng) -> bool:
    """Whether its own sampler, if it has one, has fresh noise in a model."""
    if not student.has("Sampler"):
        return True
    try:
        fresh_in_a_model(student, rng)
        independent(student, rng)
    except (Failed, StudentError):
        return False
    return True


def own_noise(student, rng, networks, image, got) -> bool:
    """Whether the losses are those that the submission's own parts give."""
    images = np.repeat(image, MANY, axis=0)
    z_mean, z_log_var = (np.float32(one) for one in networks.encode(images))
    right = z_mean + np.exp(NOISY / 2) * rng.standard_normal(z_mean.shape)

    def theirs():
        z = student.call(student.make("Sampler"), z_mean, z_log_var)
        return np.float64(z).reshape(z_mean.shape)

    for z in with_theirs(student, "Sampler", right, theirs):
        p = networks.decode(z)
        # One noise vector for a batch gives a mean that is as uncertain as one loss.
        num = MANY if np.ptp(z, axis=0).max() > 0 else 1
        spread = of_reconstruction(images, p).std() if num > 1 else abs(got).max() / 6
        for mean, slope in reconstructions_of(student, images, p):
            scale = (
                np.abs(slope).sum() / np.abs(slope_of_reconstruction(images, p)).sum()
            )
            limit = SIGMAS * spread * max(1.0, scale * MANY) * np.sqrt(2 / num)
            if np.all(np.abs(got - mean) < limit):
                return True
    return False
