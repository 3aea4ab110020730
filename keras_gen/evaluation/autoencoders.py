"""Figures of what goes through a code, beside PCA's with as many dimensions."""

import numpy as np
from keras import ops

from keras_gen.autoencoders import reconstruction_loss
from keras_gen.autoencoders.losses import to_unit_range
from keras_gen.evaluation.samples import sample_figures, some


def autoencoder_figures(model, test, train, seed, num):
    """Measures reconstructions beside PCA's with as many dimensions.

    Args:
        model: an `Autoencoder` or a `VAE`.
        test: held-out pictures.
        train: training pictures.
        seed: not needed.
        num: at most so many test pictures.

    Returns:
        Dict: name of the figure -> number.
    """
    images, fitted_to = some(test, num).images, some(train, 4000).images
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


def vae_figures(model, test, train, seed, num):
    """Measures the evidence lower bound too, beside independent pixels, and samples.

    Args:
        model: a `VAE`.
        test: held-out pictures.
        train: training pictures.
        seed: of the latent draws.
        num: at most so many test pictures, and so many generated ones.

    Returns:
        Dict: name of the figure -> number.
    """
    images, fitted_to = some(test, num).images, some(train, 4000).images
    return {
        "negative_elbo_nats": float(-np.mean(model.elbo(images, seed=seed))),
        "independent_pixels_nats": _independent_pixels(fitted_to, images),
        **autoencoder_figures(model, test, train, seed, num),
        **sample_figures(model.generate(num, seed), test, train, seed),
    }


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
