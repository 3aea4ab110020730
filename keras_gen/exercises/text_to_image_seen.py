"""What a text-conditioned model does in a call, found out from outside.

In the U-Net's place there is a trusted network that says what it was given, so that
what is random in a call is known afterwards, exactly.  Times and noise are found from
the noisy images, whatever the network was told; so each fault is charged once.
"""

import numpy as np

from keras_gen.exercises.comparing import same_shape, several
from keras_gen.exercises.registry import Failed
from keras_gen.exercises.student import Numpy

NAME = "TextConditionedDiffusionModel"
SHAPE = 4, 6, 3  # of an image; its width is the number of a text's numbers
FEW, LARGE = 4, (16, 6, 3)  # of another batch, and its images
HUGE = 1e9  # nothing in a model is as large
ENDS = np.arccos([0.95, 0.02])  # the schedule's angles at times 0 and 1
MANY = 600  # examples in a call: JAX compiles for each number anew


def model_of(student, kind, images, probe=None, **more):
    """A model around a probe, whose normaliser knows the images.

    Returns:
        Handles `(model, network, normalizer)`.
    """
    shape = images.shape[1:]
    network = student.probe(f"text_to_image.{kind}", image_shape=shape, **(probe or {}))
    model = student.make(NAME, network, shape, **more)
    normalizer = student.get(model, "normalizer", keep=True)
    student.call(normalizer, Numpy(images), method="adapt")
    return model, network, normalizer


def examples_of(rng, num, shape=SHAPE):
    """Images, whose channels have statistics of their own, and texts; float32."""
    mean, std = np.array([90.0, 120.0, 150.0]), np.array([12.0, 20.0, 30.0])
    images = mean + std * rng.standard_normal((num, *shape))
    texts = rng.uniform(0.3, 1.5, (num, shape[1])) * rng.choice([-1, 1], (num, 1))
    return {
        "images": images.astype("float32"),
        "text_embeddings": texts.astype("float32"),
    }


def normalised(images):
    """Images as a normaliser of channels, or of all pixels, gives them."""
    images = images.astype("float64")
    return [(images - images.mean(a)) / images.std(a) for a in ((0, 1, 2), None)]


class Seen:
    """What one call shows, around the network that reveals what it is given.

    Attributes:
        pred_images, pred_noise, noise: what it returned.
        texts: that the network got, `(num, DIM)`.
        told: the rates that the network got, `(num,)`.
        noise_rates, signal_rates: those in the noisy images, `(num,)`.
        images: normalised, as the noisy images have them.
        fault: a `Failed`, if noisy images are not made as they should be; or None.
    """

    def __init__(self, student, model, examples, **how):
        images = examples["images"]
        answer = student.call(model, examples, **how)
        three = several(answer, 3, "(pred_images, pred_noise_masks, noise_masks)")
        three = [same_shape(one, images.shape, "each of them") for one in three]
        if not all(np.abs(one).max() < HUGE for one in three):
            raise Failed(
                "Expected numbers of the size of noise and normalised images; some of "
                "what call returns are far larger, or not finite."
            )
        self.pred_images, self.pred_noise, self.noise = three
        rates, planes, noisy = np.moveaxis(self.pred_noise, -1, 0)
        if max(np.ptp(rates, axis=(1, 2)).max(), np.ptp(planes, axis=1).max()) > 1e-3:
            raise Failed(
                "Expected the second value that call returns to be what the U-Net "
                "predicts; it is something else."
            )
        self.told, self.texts = rates[:, 0, 0], planes[:, 0]
        self._solve(images, noisy)

    def _solve(self, images, noisy):
        """The two rates of each image, by least squares over its pixels."""
        raw = np.float64(images)
        off = {}
        for name, one in enumerate([*normalised(images), raw, raw / 255]):
            found = [
                np.linalg.lstsq(np.stack([x, e], 1), y, rcond=None)[0]
                for x, e, y in zip(
                    one[..., 2].reshape(len(one), -1),
                    self.noise[..., 2].reshape(len(one), -1),
                    noisy.reshape(len(one), -1),
                    strict=True,
                )
            ]
            signal, rate = np.array(found).T
            mixed = signal[:, None, None] * one[..., 2]
            mixed = mixed + rate[:, None, None] * self.noise[..., 2]
            # Least squares undo a scale, but not that its square is no rate.
            odd = np.abs(signal**2 + rate**2 - 1).max()
            size = max(np.abs(noisy).max(), 1e-9)
            off[name] = np.abs(mixed - noisy).max() / size + odd
            if off[name] < 5e-3:
                break
        self.images, self.signal_rates, self.noise_rates = one, signal, rate
        self.fault = None
        if off[name] > 5e-3:
            self.fault = Failed(
                "Expected the U-Net to be given signal_rates * normalised images + "
                "noise_rates * noise_masks, with the noise masks that are returned and "
                "rates whose squares add up to 1; it is given something else."
            )
        elif name > 1:
            self.fault = Failed(
                "Looks like images that are not normalised by the normalizer: noise of "
                f"variance 1 is nothing beside pixels up to {images.max():.0f}.",
                "not_normalised",
            )

    def kept(self, texts):
        """Which of the texts have reached the network, `(num,)`."""
        return np.abs(self.texts - texts).max(axis=1) < 1e-4
