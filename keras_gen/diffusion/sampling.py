"""How a trained diffusion model draws: noise in, pictures out, in batches.

The walk itself is one compiled program, `generation.reverse_process`.
"""

import functools

import keras
import numpy as np
from keras import ops

from keras_gen import backend
from keras_gen.checks import check_not_negative, check_positive_integers
from keras_gen.diffusion.generation import Walk, reverse_process
from keras_gen.ranges import scale_output


def filled_up(num, batch_size=None):
    """How many pictures are drawn at once, so that few sizes are ever compiled.

    Args:
        num: how many are asked for.
        batch_size: at most so many at once.

    Returns:
        The least of 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, ... that is enough, or
        `batch_size`.

    Example:

    >>> [filled_up(num, batch_size=64) for num in (1, 5, 9, 20, 50, 1000)]
    [1, 6, 12, 24, 64, 64]
    """
    size = 1 << (num - 1).bit_length()
    if size > 2 and num <= size * 3 // 4:
        size = size * 3 // 4
    return min(size, batch_size or size)


def _taken(context, indices):
    return [[np.asarray(text)[indices] for text in branch] for branch in context]


class Sampling:
    """Gives `DiffusionModel` its `generate`.

    It uses the model's `ema_unet`, `schedule`, `normalizer`, `target` and
    `image_shape`.
    """

    def generate(
        self,
        num_images,
        diffusion_steps=20,
        seed=None,
        batch_size=64,
        clip=True,
        sampler="ddim",
        spacing="lecture",
        verbose=0,
    ):
        """Draws pictures from pure noise.

        Args:
            num_images: how many.
            diffusion_steps: steps of the walk from noise to picture.
            seed: integer; the same seed gives the same pictures.  None draws one.
            batch_size: how many are drawn at once at most; bounds the memory.
            clip: whether each step's predicted pictures are clipped to what a picture
                can be, black to white (Ho et al. do).  At the first steps, where the
                signal rate is near 0, a small error of the predicted noise is a large
                one of the picture.  False is the lecture's plain loop.
            sampler: one of `keras_gen.diffusion.SAMPLERS`, or `DDIM(eta)`.
            spacing: one of `keras_gen.diffusion.SPACINGS`.
            verbose: whether to show a progress bar.

        Returns:
            uint8 array `(num_images, height, width, channels)`.
        """
        walk = Walk(diffusion_steps, sampler, spacing, clip, seed)
        noise = self.noise(num_images, seed)
        return self._draw(noise, walk, batch_size, verbose=verbose)

    def trajectory(
        self,
        num_images,
        diffusion_steps=20,
        seed=None,
        clip=True,
        sampler="ddim",
        spacing="lecture",
    ):
        """Draws the same pictures as `generate`, and keeps what lies on the way.

        Returns:
            uint8 array `(diffusion_steps + 1, num_images, height, width, channels)`:
            pure noise, the noisy pictures after each step, and, last, the pictures.
        """
        walk = Walk(diffusion_steps, sampler, spacing, clip, seed)
        return self._trajectory(self.noise(num_images, seed), walk)

    def noise(self, num_images, seed=None):
        """Draws the pure noise from which `generate` starts.

        Returns:
            float32 array `(num_images, height, width, channels)`.
        """
        check_positive_integers(num_images=num_images)
        return ops.convert_to_numpy(
            keras.random.normal((num_images, *self.image_shape), seed=seed)
        )

    def to_pictures(self, normalized_images):
        """Undoes the normalisation and rounds to uint8 in [0, 255]."""
        self._check_adapted()
        mean = ops.convert_to_numpy(self.normalizer.mean)
        deviation = ops.convert_to_numpy(self.normalizer.variance) ** 0.5
        images = mean + np.asarray(normalized_images) * deviation
        return scale_output(images / 127.5 - 1.0).reshape(np.shape(normalized_images))

    def _check_adapted(self):
        given = self.normalizer.input_mean is not None
        mean, variance = self.normalizer.mean, self.normalizer.variance
        if not given and ops.all(mean == 0) and ops.all(variance == 1):
            raise ValueError(
                "The normaliser has no statistics yet: call "
                "model.normalizer.adapt(images) with the training pictures first."
            )

    def _draw(self, noise, walk, batch_size, context=(), guidance=0.0, verbose=0):
        check_positive_integers(batch_size=batch_size)
        bar = keras.utils.Progbar(len(noise), verbose=verbose, unit_name="picture")
        parts, size = [], min(len(noise), batch_size)
        if walk.may_be_filled_up:
            size = filled_up(len(noise), batch_size)
        for start in range(0, len(noise), size):
            # The last batch is filled up: one shape, so one compiled program.
            here = np.arange(start, start + size) % len(noise)
            texts = _taken(context, here)
            _, images = self._run(noise[here], None, walk, texts, guidance, start)
            parts.append(self.to_pictures(ops.convert_to_numpy(images)))
            bar.update(min(start + size, len(noise)))
        return np.concatenate(parts)[: len(noise)]

    def _trajectory(self, noise, walk, context=(), guidance=0.0):
        num = len(noise)
        here = np.arange(filled_up(num) if walk.may_be_filled_up else num) % num
        noise, context = noise[here], _taken(context, here)
        frames, noisy_images, images = [noise], noise, None
        for step in range(walk.diffusion_steps):
            noisy_images, images = self._run(
                noisy_images, images, walk, context, guidance, steps=(step, step + 1)
            )
            frames.append(ops.convert_to_numpy(noisy_images))
        frames[-1] = ops.convert_to_numpy(images)
        return self.to_pictures(np.stack(frames))[:, :num]

    def _run(self, noisy_images, images, walk, context, guidance, offset=0, steps=None):
        self._check_adapted()
        check_not_negative(guidance_scale=guidance)
        network = self.ema_unet
        noisy_images = ops.convert_to_tensor(noisy_images, dtype="float32")
        images = ops.zeros_like(noisy_images) if images is None else images
        counts = (*(steps or (0, walk.diffusion_steps)), walk.diffusion_steps)
        parts = (network, self.schedule, self.target, walk.sampler, walk.spacing)
        return self._program(parts)(
            [v.value for v in network.trainable_variables],
            [v.value for v in network.non_trainable_variables],
            (noisy_images, images),
            [[ops.convert_to_tensor(t) for t in texts] for texts in context],
            ops.convert_to_tensor(guidance, "float32"),
            [ops.convert_to_tensor(count, "int32") for count in counts],
            self._limits(walk.clip),
            ops.convert_to_tensor((walk.seed + offset) % 2**31, "int32"),
        )

    def _limits(self, clip):
        """What black and white are once normalised, or no limits."""
        mean, variance = self.normalizer.mean, self.normalizer.variance
        deviation = ops.maximum(ops.sqrt(variance), keras.config.epsilon())
        ends = (0.0, 255.0) if clip else (-np.inf, np.inf)
        return [(end - mean) / deviation for end in ends]

    @functools.cached_property
    def _program(self):
        """What the walk is made of -> the whole reverse process as one program."""

        @functools.cache
        def program(parts):
            return backend.compile(functools.partial(reverse_process, *parts))

        return program
