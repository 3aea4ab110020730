"""Tests what the benchmarks compare: it must be the same work."""

from pathlib import Path

import numpy as np
import pytest

from keras_gen import DiffusionModel, build_unet
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
