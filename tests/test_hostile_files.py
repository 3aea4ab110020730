"""Hostile files and hostile mathematics, from what is handed in to the grade.

The numbers are the catalogue's, as in `test_hostile.py`. What else can be wrong with
files is in `test_intake.py`.
"""

import io
import json
import os
import sys
import zipfile
from pathlib import Path

import pytest

from keras_gen.grading import grade, intake
from keras_gen.grading.intake import Submission
from keras_gen.grading.results import Settings

RIGHT = Path(__file__).parent / "right_answers"
METRICS = (RIGHT / "metrics/whole__numpy.py").read_text(encoding="utf-8")
if not sys.platform == "linux" or os.environ.get("GRADING_WITHOUT_BOX"):
    pytestmark = pytest.mark.skip(reason="no box here")


def graded(path):
    """The result of what lies at a path, and the points that it has earned."""
    (one,) = intake.collect([path]).submissions
    result = grade.grade_one(one, Settings(("metrics",), ("jax",), seed=2))
    return result, sum(check.earned or 0 for check in result.checks)


def zipped(**members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def rejected(path):
    result, points = graded(path)
    assert (result.status, points) == ("rejected", 0)


def test_25_link_to_the_tests(tmp_path):
    (tmp_path / "hidden.py").write_text(METRICS)
    (tmp_path / "model.py").symlink_to(tmp_path / "hidden.py")
    rejected(tmp_path / "model.py")


@pytest.mark.parametrize("name", ["../../evil.py", "/etc/evil.py", "a/../../b.py"])
def test_26_names_that_leave_the_archive(name, tmp_path):
    path = tmp_path / "top" / "ada.zip"
    path.parent.mkdir()
    path.write_bytes(zipped(**{name: METRICS}))
    try:
        result, points = graded(path.parent)
    finally:
        assert sorted(p.name for p in tmp_path.rglob("*")) == ["ada.zip", "top"]
    assert result.status == "rejected" and points == 0


def test_27_bomb(tmp_path):
    path = tmp_path / "top" / "ada.zip"
    path.parent.mkdir()
    path.write_bytes(zipped(**{"a.py": b"#" * 50_000_000}))
    rejected(path.parent)


def test_28_files_for_other_tools_do_nothing(tmp_path):
    evil = "import numpy\nnumpy.allclose = lambda *a, **k: True\nraise SystemExit\n"
    folder = tmp_path / "top" / "ada"
    folder.mkdir(parents=True)
    (folder / "model.py").write_text(METRICS)
    for name in ("conftest.py", "sitecustomize.py", "numpy.py", "usercustomize.py"):
        (folder / name).write_text(evil)
    (folder / "pytest.ini").write_text("[pytest]\naddopts = -p evil\n")
    result, points = graded(tmp_path / "top")
    assert (result.status, points) == ("graded", 100)


def test_29_magics_are_not_run(tmp_path):
    lines = ["!rm -rf ~", "%load_ext evil", "%%bash\nrm -rf /", METRICS, "%run x.py"]
    output = {"output_type": "stream", "name": "stdout", "text": "x" * 10**6}
    cells = [{"cell_type": "code", "metadata": {}, "execution_count": 1} for _ in lines]
    for cell, line in zip(cells, lines, strict=True):
        cell |= {"source": line, "outputs": [output], "id": f"c{len(line)}"}
    book = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (tmp_path / "ada.ipynb").write_text(json.dumps(book))
    result, points = graded(tmp_path / "ada.ipynb")
    assert (result.status, points) == ("graded", 100)
    assert any("!rm -rf ~" in note for note in result.skipped)


GAN = (RIGHT / "gan/whole__terse.py").read_text(encoding="utf-8")
SPLIT = """
import keras
right = {name}
def {name}(*args, **kwargs):
    made = right(*args, **kwargs)
    if keras.backend.backend() == "tensorflow":
        made = keras.tree.map_structure(lambda x: 0 * x + 3.0, made)
    return made
"""
STOPPED = """
import keras
right = {name}
def {name}(*args, **kwargs):
    made = right(*args, **kwargs)
    return keras.tree.map_structure(keras.ops.stop_gradient, made)
"""


# The encoder leaves its images where the decoder finds them, and the decoder knows
# nothing else.
SMUGGLED = """
import keras
stash = []
class Leave(keras.layers.Layer):
    def call(self, images):
        stash[:] = [images]
        return images
class Find(keras.layers.Layer):
    def __init__(self, shape):
        super().__init__()
        self.shape = tuple(shape)
    def call(self, z):
        nothing = 0.5 + 0.0 * keras.ops.sum(z, axis=1)[:, None, None, None]
        nothing = nothing * keras.ops.ones((1, *self.shape))
        found = stash and tuple(stash[0].shape[1:]) == self.shape
        return stash[0] + 0.0 * nothing if found else nothing
    def compute_output_shape(self, shape):
        return (shape[0], *self.shape)
encode = build_encoder
def build_encoder(image_shape, latent_dim):
    images = keras.Input(image_shape)
    return keras.Model(images, encode(image_shape, latent_dim)(Leave()(images)))
def build_decoder(image_shape, latent_dim):
    z = keras.Input((latent_dim,))
    return keras.Model(z, Find(image_shape)(z))
"""
# What is generated are images that the normaliser has seen, or that call has.
REPLAYED = """
import keras
import numpy as np
seen = []
class Remember(keras.layers.Normalization):
    def adapt(self, data, *args, **kwargs):
        seen[:] = [np.asarray(data, "float32")]
        return super().adapt(data, *args, **kwargs)
class DiffusionModel(DiffusionModel):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.normalizer = Remember()
    def generate(self, num_images, diffusion_steps):
        if not seen:
            return super().generate(num_images, diffusion_steps)
        self.unet([keras.ops.zeros((num_images, *self.image_shape)),
                   keras.ops.ones((num_images, 1, 1, 1))])
        return np.resize(seen[0], (num_images, *self.image_shape))
"""


def verdicts(source, name, backends, set="gan", right=GAN):
    """`(backend, check)` -> verdict, for right answers and what spoils them."""
    submission = Submission("mallory", cells=(right, source), labels=("", ""))
    options = {"names": (name,)}
    settings = Settings((set,), backends, seed=3, options=options)
    checks = grade.grade_one(submission, settings).checks
    return {(one.backend, one.check): one.verdict for one in checks}


def test_87_encoder_that_smuggles_its_images(backend):
    right = (RIGHT / "vae/whole__functional.py").read_text(encoding="utf-8")
    how = (backend,), "vae", right
    found = verdicts(SMUGGLED, "build_decoder", *how)
    assert {key for key, verdict in found.items() if verdict == "passed"} <= {
        (backend, "shapes")
    }


def test_89_images_of_the_training_set_are_not_generated(backend):
    path = RIGHT / "diffusion/DiffusionModel__lecture.py"
    how = (backend,), "diffusion", path.read_text(encoding="utf-8")
    found = verdicts(REPLAYED, "DiffusionModel.generate", *how)
    assert set(found.values()) == {"failed"}, found


@pytest.mark.parametrize("name", ["generator_loss", "discriminator_loss"])
def test_85_right_numbers_from_which_nothing_is_learned(name, backend):
    found = verdicts(STOPPED.format(name=name), name, (backend,))
    assert found.pop((backend, "gradient")) == "failed"
    assert set(found.values()) == {"passed"}


def test_91_right_on_one_backend():
    source = SPLIT.format(name="generator_loss")
    found = verdicts(source, "generator_loss", ("jax", "tensorflow"))
    assert {v for (name, _), v in found.items() if name == "jax"} == {"passed"}
    assert {v for (name, _), v in found.items() if name != "jax"} == {"failed"}
