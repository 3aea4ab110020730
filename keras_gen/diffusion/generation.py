"""The reverse process of a network as one stateless program.

Everything that a caller may change, from the weights to the number of steps, is an
input, so changing it compiles nothing.  `DiffusionModel` compiles and calls it.
"""

import dataclasses
import random
from collections.abc import Callable

from keras import ops

from keras_gen.checks import check_positive_integers, check_seed, one_of
from keras_gen.diffusion.guidance import guided_noise
from keras_gen.diffusion.samplers import DDIM, SAMPLERS, reverse_diffusion
from keras_gen.diffusion.schedules import SPACINGS


@dataclasses.dataclass
class Walk:
    """How to go from noise to pictures; what `generate` was asked for, checked.

    Args:
        diffusion_steps: steps of the walk.
        sampler: one of `SAMPLERS`, `DDIM(eta)`, or a function like them.
        spacing: one of `SPACINGS`, or a function like them.
        clip: whether predicted pictures are clipped to what a picture can be.
        seed: of the noise that a sampler adds on the way; None draws one.

    Raises:
        ValueError: for a number of steps, a sampler, a spacing or a seed that there is
            not.
    """

    diffusion_steps: int = 20
    sampler: str | Callable = "ddim"
    spacing: str | Callable = "lecture"
    clip: bool = True
    seed: int | None = None

    def __post_init__(self):
        check_positive_integers(diffusion_steps=self.diffusion_steps)
        self.sampler = one_of("sampler", self.sampler, SAMPLERS)
        self.spacing = one_of("spacing", self.spacing, SPACINGS)
        if self.seed is None:
            self.seed = random.randrange(2**31)
        check_seed(seed=self.seed)

    @property
    def may_be_filled_up(self):
        """Whether more pictures may be drawn than were asked for.

        A user's own sampler may hold an array with a row for each of them.
        """
        return isinstance(self.sampler, DDIM) or self.sampler in SAMPLERS.values()


def picture_and_noise(target, noisy_images, noise_rates, signal_rates, prediction):
    """Picture and noise, from the noisy picture and what the U-Net predicts.

    Args:
        target: `"noise"` or `"velocity"`.
        noisy_images: `(batch, height, width, channels)`.
        noise_rates: `(batch, 1, 1, 1)`.
        signal_rates: `(batch, 1, 1, 1)`.
        prediction: of the target, shaped as `noisy_images`.

    Returns:
        `(pred_images, pred_noise_masks)`.
    """
    if target == "velocity":
        pred_images = signal_rates * noisy_images - noise_rates * prediction
        return pred_images, noise_rates * noisy_images + signal_rates * prediction
    return (noisy_images - noise_rates * prediction) / signal_rates, prediction


def reverse_process(
    network,
    schedule,
    target,
    sampler,
    spacing,
    weights,
    state,
    images,
    context,
    guidance_scale,
    counts,
    limits,
    seed,
):
    """Draws pictures from noise, or goes on where an earlier call stopped.

    Args:
        network: the U-Net.
        schedule: diffusion times -> `(noise_rates, signal_rates)`.
        target: what the network predicts, `"noise"` or `"velocity"`.
        sampler: as for `reverse_diffusion`.
        spacing: as for `reverse_diffusion`.
        weights: values of the network's trainable variables.
        state: values of its other variables.
        images: `(noisy_images, previous_images)`, where to begin.
        context: no texts, or `[those to follow, those to move away from]`, each a list
            of what the network takes.
        guidance_scale: scalar.
        counts: `(first_step, last_step, diffusion_steps)`, int scalars.
        limits: lowest and highest value of a predicted picture.
        seed: integer scalar, of the noise that a sampler adds on the way.

    Returns:
        `(noisy_images, pred_images)`, as `reverse_diffusion` does.
    """
    first_step, last_step, diffusion_steps = counts
    noisy_images, previous_images = images
    branches = max(len(context), 1)
    texts = [ops.concatenate(pair) for pair in zip(*context, strict=True)]

    def denoise(noisy_images, noise_rates, signal_rates):
        # Both branches of guidance in one batch.
        inputs = [ops.concatenate([x] * branches) for x in (noisy_images, noise_rates)]
        prediction, _ = network.stateless_call(
            weights, state, [*inputs, *texts], training=False
        )
        if branches == 2:
            conditional, unconditional = ops.split(prediction, 2)
            prediction = guided_noise(unconditional, conditional, guidance_scale)
        images, _ = picture_and_noise(
            target, noisy_images, noise_rates, signal_rates, prediction
        )
        images = ops.clip(images, *limits)
        # The noise that goes with the clipped picture.
        return images, (noisy_images - signal_rates * images) / noise_rates

    return reverse_diffusion(
        denoise,
        schedule,
        noisy_images,
        diffusion_steps,
        first_step,
        last_step,
        sampler,
        spacing,
        previous_images,
        seed,
    )
