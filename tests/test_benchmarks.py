"""Tests what the benchmarks compare: it must be the same work."""

from pathlib import Path

import numpy as np
import pytest

from keras_gen import VAE, DiffusionModel, build_decoder, build_encoder, build_unet
from keras_gen.data import flowers

BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"


@pytest.fixture
def book(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import book

    return book


def test_the_books_diffusion_learns_what_ours_does(book):
    """The same losses and statistics: the same weights, seeds and pictures."""
    images = flowers(16, image_size=16).images
    unets = [build_unet((16, 16, 3), (4, 8), 1) for _ in range(2)]
    unets[1].set_weights(unets[0].get_weights())
    ours = DiffusionModel(unets[0], ema=0, seed=0)
    ours.compile(book.optimizer(), loss="mean_absolute_error")
    theirs = book.BookDiffusion(unets[1], seed=0)
    theirs.compile(book.optimizer())
    losses = []
    for model in (ours, theirs):
        model.normalizer.adapt(images)
        options = {"batch_size": 8, "epochs": 2, "shuffle": False, "verbose": 0}
        losses.append(model.fit(images, **options).history["loss"])
    np.testing.assert_allclose(*losses, rtol=1e-6)
    for mine, other in zip(*(u.get_weights() for u in unets), strict=True):
        np.testing.assert_allclose(mine, other, atol=1e-5)


def test_the_books_vae_learns_what_ours_does(book):
    """The same losses: the same weights, seeds and pictures."""
    import training

    images = np.random.default_rng(0).integers(0, 256, (16, 8, 8, 1), dtype="uint8")
    parts = [build((8, 8, 1), 2, (4, 8)) for build in (build_encoder, build_decoder)]
    ours = VAE(*parts, seed=0), images
    theirs = book.BookVAE(*map(book.of_keras, parts), seed=0), images / np.float32(255)
    for model, _ in (ours, theirs):
        model.compile(book.optimizer())
    assert training.difference_of_losses(ours, theirs, ("encoder", "decoder")) < 1e-6
