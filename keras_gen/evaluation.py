"""How good a trained model is: held-out figures, beside what trivial answers reach.

A figure alone says little; each comes with the figure of something that has learned
nothing, or of a classical method, on the same pictures.
"""

import numpy as np
from keras import ops

from keras_gen import presets, training
from keras_gen.autoencoders import VAE, Autoencoder, reconstruction_loss
from keras_gen.autoencoders.losses import to_unit_range
from keras_gen.data.captions import canonical_caption
from keras_gen.data.flowers import flowers
from keras_gen.diffusion import DiffusionModel, TextToImage
from keras_gen.metrics import attribute_accuracy, chance_accuracy, energy_distance


def evaluate(model, test, train, seed=0, num=500, num_steps=20):
    """Measures a model on pictures that it was not trained on.

    Args:
        model: an `Autoencoder`, `VAE`, `DiffusionModel` or `TextToImage`.
        test: held-out pictures, `Pictures` or a `Folder`.
        train: training pictures, to which the baselines are fitted.
        seed: of noise and latent draws.
        num: at most so many test pictures, and so many generated ones.
        num_steps: steps of the reverse process.

    Returns:
        Dict: name of the figure -> float.
    """
    measures = {
        VAE: vae_figures,
        Autoencoder: autoencoder_figures,
        TextToImage: text_to_image_figures,
        DiffusionModel: diffusion_figures,
    }
    if num < 2:
        raise ValueError(f"num must be at least 2; got {num}.")
    for kind, measure in measures.items():
        if isinstance(model, kind):
            return measure(model, test, train, seed, num, num_steps)
    raise ValueError(
        f"A {type(model).__name__} can't be evaluated; what can is: "
        f"{', '.join(kind.__name__ for kind in measures)}."
    )


def autoencoder_figures(model, test, train, seed, num, num_steps):
    """Measures reconstructions beside PCA's with as many dimensions."""
    images, fitted_to = _some(test, num), _some(train, 4000)
    dimensions = model.decoder.input_shape[-1]
    figures = {
        "test_pictures": len(images),
        "latent_dimensions": dimensions,
        "reconstruction_rmse": _rmse(images, model.reconstruct(images)),
        "pca_rmse": _rmse(images, _pca(fitted_to, images, dimensions)),
        "mean_picture_rmse": _rmse(images, fitted_to.mean(axis=0)),
    }
    if getattr(model, "sparsity", 0):
        figures["zeros_in_code"] = float(np.mean(model.encode(images) == 0))
    return figures


def vae_figures(model, test, train, seed, num, num_steps):
    """Measures the evidence lower bound too, beside independent pixels."""
    images, fitted_to = _some(test, num), _some(train, 4000)
    return {
        "negative_elbo_nats": float(-np.mean(model.elbo(images, seed=seed))),
        "independent_pixels_nats": _independent_pixels(fitted_to, images),
        **autoencoder_figures(model, test, train, seed, num, num_steps),
        **_sample_figures(model.generate(num, seed), test, train, num, seed),
    }


def diffusion_figures(model, test, train, seed, num, num_steps):
    """Measures the noise prediction, and samples beside noise and the mean picture."""
    images = _some(test, num)
    return {
        **_noise_figures(model, images, images, seed),
        **_sample_figures(
            model.generate(num, num_steps, seed=seed), test, train, num, seed
        ),
    }


def text_to_image_figures(model, test, train, seed, num, num_steps):
    """Measures the noise prediction, and whether flowers show what prompts say."""
    indices = np.arange(min(num, len(test)))
    inputs = {"images": test.batch(indices)}
    for name in ("captions", "negative_captions"):
        texts = getattr(test, name, None)
        inputs[name] = texts and [texts[i] for i in indices]
    figures = _noise_figures(model, model.prepare(inputs), inputs["images"], seed)
    drawn = getattr(test, "attributes", None) is not None
    if drawn and model.diffusion.image_shape == (32, 32, 3):  # the reader's
        for name, held_out in (("seen", False), ("held_out", True)):
            accuracy = _prompt_accuracy(model, held_out, num, num_steps, seed)
            figures |= {f"{name}_{key}": value for key, value in accuracy.items()}
        figures |= {f"chance_{k}": v for k, v in chance_accuracy().items()}
    return figures


def _prompt_accuracy(model, held_out, num, num_steps, seed):
    asked = flowers(num, seed=seed + 2_000_003, held_out=held_out).attributes
    prompts = [
        canonical_caption({name: int(values[i]) for name, values in asked.items()})
        for i in range(num)
    ]
    pictures = model.generate(prompts, num_steps=num_steps, seed=seed)
    return attribute_accuracy(presets.load("flower_reader"), pictures, asked)


def _noise_figures(model, inputs, images, seed):
    """The loss, beside a prediction of no noise and that of the mean picture."""
    training.seed_generators(model, seed, epoch=0)
    diffusion = getattr(model, "diffusion", model)
    # Not `model.evaluate`: a preset is not compiled, and another model's loss may be
    # another than the squares that the other figures are of.
    _, predicted, noise = model.predict(inputs, batch_size=100, verbose=0)
    # The mean picture is 0 once normalised: the predicted noise is noisy / noise_rate,
    # and its error signal_rate / noise_rate * picture.
    times = (np.arange(1000.0) + 0.5) / 1000.0
    noise_rates, signal_rates = map(ops.convert_to_numpy, diffusion.schedule(times))
    normalised = ops.convert_to_numpy(diffusion.normalizer(images))
    ratio = np.mean((signal_rates / noise_rates) ** 2)
    return {
        "test_pictures": len(images),
        "noise_loss": float(np.mean((predicted - noise) ** 2)),
        "no_noise_loss": 1.0,
        "mean_picture_loss": float(ratio * np.mean(normalised**2)),
    }


def _sample_figures(samples, test, train, num, seed):
    """The energy distance of samples to test pictures, and that of other things."""
    real, others = _some(test, num), _some(train, num)
    rng = np.random.default_rng(seed)
    noise = rng.integers(0, 256, real.shape, dtype="uint8")
    mean = np.repeat(others.mean(axis=0, keepdims=True), len(real), axis=0)
    return {
        "sample_distance": energy_distance(samples, real),
        "training_pictures_distance": energy_distance(others, real),
        "mean_picture_distance": energy_distance(mean, real),
        "noise_distance": energy_distance(noise, real),
    }


def _some(pictures, num):
    return pictures.batch(np.arange(min(num, len(pictures))))


def _rmse(images, reconstructions):
    return float(np.sqrt(np.mean((images / 255.0 - reconstructions / 255.0) ** 2)))


def _pca(train_images, images, dimensions):
    from sklearn.decomposition import PCA

    flat = [
        np.reshape(x, (len(x), -1)).astype("float32") for x in (train_images, images)
    ]
    # Three pictures span a plane; a further axis would be arbitrary.
    dimensions = min(dimensions, len(flat[0]) - 1, flat[0].shape[1])
    pca = PCA(dimensions, random_state=0).fit(flat[0])
    restored = pca.inverse_transform(pca.transform(flat[1]))
    return np.clip(restored, 0, 255).reshape(images.shape)


def _independent_pixels(train_images, images):
    """Cross-entropy in nats of pixels that are drawn alone, each with its mean."""
    mean = np.clip(train_images.mean(axis=0, keepdims=True) / 255.0, 1e-3, 1 - 1e-3)
    means = ops.convert_to_tensor(np.repeat(mean, len(images), axis=0), "float32")
    losses = reconstruction_loss(to_unit_range(images), means)
    return float(np.mean(ops.convert_to_numpy(losses)))
