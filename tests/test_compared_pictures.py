"""Which pictures a model is measured on, and what a conditional one is asked for."""

import runpy
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from keras_gen import evaluation
from keras_gen.data import Pictures, folder
from keras_gen.evaluation import samples
from keras_gen.evaluation.classes import asked_of, class_figures

zoo = runpy.run_path(str(Path(__file__).with_name("zoo.py")))
TOLD = ["class_conditioned", "attribute_gan", "conditional_gan"]


def grey(labels):
    """Pictures as bright as their labels say."""
    labels = np.asarray(labels)
    values = (50 * labels).astype("uint8")[:, None, None, None]
    return Pictures(np.broadcast_to(values, (len(labels), *zoo["SHAPE"])), labels)


# ------------------------------------------------------------- chosen by chance


@pytest.fixture
def classes(tmp_path):
    """A folder of three classes, of twenty pictures each, one of which is broken."""
    for label, name in enumerate("abc"):
        (tmp_path / name).mkdir()
        for i in range(20):
            path = tmp_path / name / f"{i:02}.png"
            Image.new("L", (8, 8), 50 * label).save(path)
            path.with_suffix(".txt").write_text(name)
    (tmp_path / "a" / "19.png").write_bytes(b"nonsense")
    return folder(tmp_path, 8)


@pytest.mark.filterwarnings("ignore:Skipped")
def test_some_pictures_of_a_folder_are_of_all_its_classes(classes):
    found = samples.some(classes, 20)
    assert set(found.labels.tolist()) == {0, 1, 2}
    np.testing.assert_array_equal(found.images[:, 0, 0, 0], 50 * found.labels)
    assert found.captions == ["abc"[label] for label in found.labels]


@pytest.mark.filterwarnings("ignore:Skipped")
def test_a_stand_in_brings_its_own_label(classes):
    """After the last picture of class a, which is broken, comes the first of b."""
    found = samples.some(classes, 60)
    assert np.bincount(found.labels).tolist() == [19, 21, 20]
    np.testing.assert_array_equal(found.images[:, 0, 0, 0], 50 * found.labels)
    assert found.captions == ["abc"[label] for label in found.labels]


def test_real_pictures_and_the_others_are_alike_and_disjoint():
    images = zoo["images"](num=40)
    images[:, 0, 0, 0] = np.repeat([0, 1], 20)  # sorted by class
    halves = samples.real_pictures(Pictures(images), 20, zoo["SHAPE"], seed=0)
    for half in halves:
        assert 4 < half[:, 0, 0, 0].sum() < 16
    assert len({x.tobytes() for half in halves for x in half}) == 40
    real, others = samples.real_pictures(Pictures(images), 30, zoo["SHAPE"], seed=0)
    assert (len(real), len(others)) == (30, 10)


def test_the_judge_of_labels_knows_all_classes():
    """There are more of the first one than it is fitted to."""
    train, test = grey([0] * 4000 + [1] * 400), grey([0] * 1000 + [1] * 100)
    asked = np.arange(40) % 2
    figures = class_figures(grey(asked).images, asked, test, train)
    assert figures == {"label_accuracy": 1.0, "real_label_accuracy": 1.0}


# ------------------------------------------------------------- what is asked for


@pytest.fixture
def asked(monkeypatch):
    """What the conditional models of the zoo were asked for."""
    found = []

    def generate(self, labels, *given, **how):
        found.append(labels)
        return zoo["images"](num=len(labels))

    for name in TOLD:
        kind = type(zoo["ZOO"][name]()[0])
        monkeypatch.setattr(kind, "generate", generate)
    return found


def showing(model, labels):
    """Pictures with such labels, of one attribute or two."""
    images = zoo["images"](num=len(labels))
    if np.ndim(model.num_classes):
        attributes = dict(zip(("colour", "shape"), labels.T, strict=True))
        return Pictures(images, attributes=attributes)
    return Pictures(images, labels=labels[:, 0])


@pytest.mark.parametrize("name", TOLD)
def test_it_is_asked_for_what_training_shows(name, asked):
    """As often; not for what training never showed, though the test pictures do."""
    model = zoo["fill"](zoo["ZOO"][name]()[0])
    train = showing(model, np.array([[0, 0]] * 24 + [[1, 1]] * 8))
    test = showing(model, np.array([[0, 0], [1, 2]] * 20))
    evaluation.evaluate(model, test, train, seed=3, num=32)
    evaluation._drawn(model, train, test, 32, seed=3)
    for labels in asked:
        kinds, often = np.unique(labels, axis=0, return_counts=True)
        if np.ndim(model.num_classes):
            assert kinds.tolist() == [[0, 0], [1, 1]]
        assert often.tolist() == [24, 8]
        assert 0 < np.sum(labels[:16]) < 16  # in no order
    np.testing.assert_array_equal(*asked)


def test_fewer_training_pictures_than_are_asked_for():
    model, seeds = zoo["ZOO"]["conditional_gan"]()[0], (0, 0, 1)
    train = grey(np.arange(20) % 2)
    first, again, other = (asked_of(model, train, 50, seed) for seed in seeds)
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    np.testing.assert_array_equal(first[:10], first[20:30])
    assert np.bincount(first[:40]).tolist() == [20, 20]


@pytest.mark.parametrize("name", TOLD)
def test_pictures_that_say_nothing(name, asked):
    """Said in a sentence, before anything is drawn."""
    model, bare = zoo["ZOO"][name]()[0], Pictures(zoo["images"](num=8))
    what = "attributes" if np.ndim(model.num_classes) else "labels"
    for measure in (
        lambda: evaluation.evaluate(model, bare, bare, num=8),
        lambda: evaluation._drawn(model, bare, bare, 8, seed=0),
    ):
        with pytest.raises(ValueError, match=f"model needs pictures with {what}; what"):
            measure()
    assert not asked
