"""What every `fit` takes, what it refuses in one sentence, and sample weights."""

import os
import runpy
import time
from pathlib import Path

import keras
import numpy as np
import pytest

from keras_gen import training
from keras_gen.data import Batches, Pictures, folder
from keras_gen.diffusion import ClassConditionedDiffusionModel, DiffusionModel

zoo = runpy.run_path(str(Path(__file__).parent / "zoo.py"))
ZOO, images, NUM = zoo["ZOO"], zoo["images"], zoo["NUM"]
SHAPE, CAPTIONS, NEGATIVES = zoo["SHAPE"], zoo["CAPTIONS"], zoo["NEGATIVES"]
TEXT = {"captions": CAPTIONS, "negative_captions": NEGATIVES}
every_model = pytest.mark.parametrize("name", ZOO)


@pytest.fixture(scope="module")
def models():
    """One compiled model of each kind, and its data."""
    made = {}
    for name, make in ZOO.items():
        made[name] = make()
        made[name][0].compile(keras.optimizers.SGD(1e-3))
    return made


@pytest.mark.parametrize("name", ["autoencoder", "vae", "diffusion", "text_to_image"])
def test_pictures_are_taken_as_they_are(models, name):
    model, _ = models[name]
    pictures = Pictures(images(), **TEXT)
    loss = model.fit(pictures, batch_size=4, verbose=0).history["loss"][0]
    assert np.isfinite(loss)
    assert np.isfinite(np.ravel(model.evaluate(pictures, batch_size=4, verbose=0))[0])


def as_floats(data):
    if isinstance(data, dict):
        return {**data, "images": as_floats(data["images"])}
    return data.astype("float32") / 255


@every_model
def test_a_list_is_refused(models, name):
    model, _ = models[name]
    with pytest.raises(ValueError, match="x must be an array or a feed .* not a list"):
        model.fit([images()], verbose=0)


@every_model
def test_a_folder_is_refused_and_the_way_told(models, name, tmp_path):
    from PIL import Image

    for number, image in enumerate(images(num=2)):
        (tmp_path / f"class {number}").mkdir()
        Image.fromarray(image).save(tmp_path / f"class {number}" / "1.png")
    model, _ = models[name]
    several = isinstance(getattr(model, "num_classes", None), tuple)
    said = "x is a Folder.* give Batches"
    if several:  # attributes, which no folder has
        said = "needs pictures with attributes; what has is flowers"
    with pytest.raises(ValueError, match=said):
        model.fit(folder(tmp_path, image_size=SHAPE[0]), verbose=0)


@pytest.mark.parametrize("name", ["diffusion", "text_conditioned", "text_to_image"])
def test_floats_up_to_one_are_refused(models, name):
    """They would train a model of black pictures."""
    model, data = models[name]
    for use in (model.fit, model.evaluate):
        with pytest.raises(ValueError, match=r"in \[0, 255\]; got floats .* by 255"):
            use(as_floats(data), verbose=0)


@pytest.mark.parametrize("name", ["text_conditioned", "text_to_image"])
def test_pictures_alone_are_no_text_models_data(models, name):
    model, data = models[name]
    with pytest.raises(
        ValueError, match="x must be .*dict .* images and .*got ndarray"
    ):
        model.fit(images(), verbose=0)
    model.fit(data, batch_size=4, verbose=0)  # and the model is none the worse


def test_text_embeddings_come_with_no_pictures(models):
    with pytest.raises(ValueError, match="x must be a dict .* got Pictures"):
        models["text_conditioned"][0].fit(Pictures(images(), **TEXT), verbose=0)


ADVERSARIAL = ("gan", "pix2pix")


@pytest.mark.parametrize(
    "name", [n for n in ZOO if not n.endswith(ADVERSARIAL)]
)  # which take no weights
def test_weights_of_zero_teach_nothing(models, name):
    model, data = models[name]
    weights = np.zeros(NUM, "float32")
    loss = model.evaluate(data, sample_weight=weights, batch_size=4, verbose=0)
    assert np.ravel(loss)[0] == 0.0
    history = model.fit(data, sample_weight=weights, batch_size=4, verbose=0)
    assert history.history["loss"][0] == 0.0
    assert np.ravel(model.evaluate(data, batch_size=4, verbose=0))[0] > 0.0


def test_held_out_captions_are_embedded_too(models):
    model, data = models["text_to_image"]
    for held_out in (data, (data, None), Pictures(images(), **TEXT)):
        history = model.fit(
            data, batch_size=4, validation_data=held_out, verbose=0
        ).history
        assert np.isfinite(history["val_loss"][0])
    predicted = model.predict(data, batch_size=4, verbose=0)
    assert predicted[0].shape == (NUM, *SHAPE)


@pytest.mark.parametrize("name", ["autoencoder", "vae"])
def test_a_loss_that_would_not_be_used_is_refused(name):
    model, data = ZOO[name]()
    model.compile("adam", loss="mse")
    with pytest.raises(ValueError, match="compile it without one, not 'mse'"):
        model.fit(data, verbose=0)


def test_a_compiled_autoencoder_comes_back_compiled(models, tmp_path):
    model, data = models["vae"]
    model.save(tmp_path / "vae.keras")
    again = training.load_model(tmp_path / "vae.keras")
    assert np.isfinite(again.fit(data, batch_size=4, verbose=0).history["loss"][0])


def test_sample_grid_asks_for_prompts_before_the_training(models, tmp_path):
    model, data = models["text_to_image"]
    before = model.diffusion.unet.get_weights()
    with pytest.raises(ValueError, match="SampleGrid needs prompts"):
        model.fit(data, verbose=0, callbacks=[training.SampleGrid(tmp_path)])
    for ours, same in zip(model.diffusion.unet.get_weights(), before, strict=True):
        np.testing.assert_array_equal(ours, same)
    grid = training.SampleGrid(tmp_path, prompts=CAPTIONS[:2])
    model.fit(data, batch_size=4, verbose=0, callbacks=[grid])
    assert (tmp_path / "epoch_0001.png").is_file()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: DiffusionModel(None), "unet must be a model of two .* got NoneType"),
        (
            lambda: DiffusionModel(zoo["unet"](text_shape=(3,))),
            "two inputs.*without a text_shape and .* got 3 inputs",
        ),
        (
            lambda: ClassConditionedDiffusionModel(zoo["unet"](), 10),
            "noise rates and labels .* got 2 inputs. Give build_unet num_classes",
        ),
        (
            lambda: DiffusionModel(zoo["unet"](), (16, 16, 3)),
            r"image_shape must be that of the U-Net, \(8, 8, 3\); got \(16, 16, 3\)",
        ),
        (
            lambda: DiffusionModel(zoo["unet"](), schedule="cosine"),
            "schedule must be a function .* got 'cosine'",
        ),
    ],
)
def test_parts_that_do_not_fit_are_one_sentence(make, said):
    with pytest.raises(ValueError, match=said) as error:
        make()
    assert "\n" not in str(error.value)


@every_model
def test_a_feed_that_does_not_fit_costs_no_weights(models, name):
    """On JAX an error in the middle of a step would."""
    model, data = models[name]
    large = Pictures(np.zeros((NUM, 32, 32, 3), "uint8"))
    for use in (model.fit, model.evaluate):
        with pytest.raises(ValueError, match="must (be|have|hold)") as error:
            use(Batches(large, 4), verbose=0)
        assert "\n" not in str(error.value)
    held_out = Batches(large, 4)
    with pytest.raises(ValueError, match="must"):
        model.fit(data, batch_size=4, validation_data=held_out, verbose=0)
    assert np.isfinite(np.ravel(model.evaluate(data, batch_size=4, verbose=0))).all()


@pytest.mark.parametrize("name", [n for n in ZOO if not n.endswith(ADVERSARIAL)])
def test_held_out_pictures_may_have_weights(models, name):
    model, data = models[name]
    held_out = (data, None, np.zeros(NUM, "float32"))
    history = model.fit(data, batch_size=4, validation_data=held_out, verbose=0)
    assert history.history["val_loss"] == [0.0]


@pytest.mark.parametrize("name", ["autoencoder", "vae", "diffusion", "gan"])
def test_held_out_pictures_are_taken_as_they_are(models, name):
    model, data = models[name]
    history = model.fit(
        data, batch_size=4, validation_data=Pictures(images()), verbose=0
    )
    values = [v for k, v in history.history.items() if k.startswith("val_")]
    assert values and np.isfinite(values).all()


def test_batches_feed_every_picture_model(models):
    for name in ("autoencoder", "vae", "diffusion", "gan"):
        feed = Batches(Pictures(images()), np.int64(4))
        history = models[name][0].fit(feed, verbose=0, shuffle=False)
        assert np.isfinite(history.history["loss"][0])


@every_model
def test_the_first_step_is_traced_once(name, monkeypatch):
    """Twice where TensorFlow makes the optimizer's variables in it."""
    model, data = ZOO[name]()
    model.compile(keras.optimizers.Adam())  # has variables for every weight
    asked, compute_loss = [], type(model).compute_loss

    def counted(self, *args, **kwargs):
        asked.append(kwargs.get("training", True))
        return compute_loss(self, *args, **kwargs)

    monkeypatch.setattr(type(model), "compute_loss", counted)
    model.fit(data, batch_size=4, epochs=2, verbose=0)
    assert len(asked) == 1


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow" or not hasattr(os, "sched_setaffinity"),
    reason="the others have no such feeds, and a core cannot be chosen everywhere",
)
def test_nothing_waits_for_a_feed_to_end():
    """A thread that tunes one would wake 2.55 s after its start, and be waited for.

    It misses its signal if it has the processor for itself only after the others.
    """
    import tensorflow as tf

    feed = tf.data.Dataset.range(5).map(lambda x: x).prefetch(tf.data.AUTOTUNE)
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        feeds = [iter(feed) for _ in range(3)]
        for each in feeds:
            next(each)
        time.sleep(1.4)
        start = time.monotonic()
        del feeds, each
        assert time.monotonic() - start < 0.6
    finally:
        os.sched_setaffinity(0, cores)
