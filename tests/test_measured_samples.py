"""Measures by name: which pictures are compared, what is said of too few."""

import json

import numpy as np
import pytest

from keras_gen import arguments, cli, evaluation, shelf
from keras_gen.data import Pictures, digits, flowers
from keras_gen.evaluation import measures, per_picture
from keras_gen.evaluation.samples import places
from keras_gen.metrics import frechet_distance


@pytest.fixture
def pixels(monkeypatch):
    """Features that need no network: a few sums of pixels."""

    def features(images):
        return images[:, ::16, ::16].reshape(len(images), -1) / 255.0

    monkeypatch.setattr(measures, "inception_features", features)
    monkeypatch.setattr(measures, "reader_features", lambda reader, x: features(x))
    return features


def others(num, seed):
    """Pictures of which nothing is known."""
    return Pictures(flowers(num, seed=seed).images)


def test_words_of_the_command_line_are_the_measures():
    assert arguments.METRICS == (*measures.MEASURES, *per_picture.MEASURES)


def test_as_many_real_pictures_are_compared(pixels):
    test = others(100, 1)
    drawn = flowers(40, seed=2).images
    report = measures.measure_samples(drawn, test, ["frechet", "recall"])
    assert (report.pictures, report.dimensions) == (40, 12)
    assert report.features == "inception"
    row = report.rows[0]
    real, more = np.split(pixels(test.images[places(100, 80)]), 2)
    assert row.value == frechet_distance(real, pixels(drawn))
    assert row.of_real == frechet_distance(real, more)
    assert row.low < row.value < row.high
    assert [row.name for row in report.rows] == ["frechet", "recall"]


def test_fewer_real_pictures_than_drawn(pixels):
    test, drawn = others(30, 1), flowers(40, seed=2).images
    names = [name for name in measures.MEASURES if name != "inception_score"]
    report = measures.measure_samples(drawn, test, names)
    assert report.pictures == 30
    assert {row.of_real for row in report.rows} == {None}
    assert "–" in str(report)
    assert json.loads(json.dumps(report.as_dict()))["metrics"].keys() == {*names}


def test_digits_are_read_and_their_classes_counted():
    """The true ones look like ten classes, and one digit again and again like one."""
    train, test = digits()
    one = np.repeat(train.images[:1], 100, axis=0)
    names, how = ["inception_score", "vendi"], {"features": "digit_reader"}
    score, vendi = measures.measure_samples(one, test, names, **how).rows
    assert score.value == pytest.approx(1.0, abs=1e-4)
    assert vendi.value == pytest.approx(1.0, abs=1e-3)
    assert 8 < score.of_real <= 10
    with pytest.raises(ValueError, match="inception_score needs --features flower_r"):
        measures.measure_samples(one, test, names, "inception")


def test_drawn_flowers_are_read_and_never_too_few(pixels):
    test = flowers(20, seed=1)
    report = measures.measure_samples(flowers(50, seed=2).images, test, ["coverage"])
    assert (report.features, report.pictures) == ("flower_reader", 50)
    assert 0.8 < report.rows[0].of_real <= 1.0


def test_other_pictures_are_told_from_real_ones(pixels):
    noise = np.random.default_rng(0).integers(0, 256, (60, 32, 32, 3), dtype="uint8")
    report = measures.measure_samples(noise, flowers(9), ["frechet", "precision"])
    frechet, precision = report.rows
    assert frechet.low > 2 * frechet.of_real
    assert precision.value < 0.5 < precision.of_real


@pytest.mark.parametrize(
    ("num", "said"), [(12, "covariance is singular"), (60, "too large"), (200, None)]
)
def test_too_few_pictures_are_said(pixels, num, said):
    drawn = flowers(num, seed=2).images
    report = measures.measure_samples(drawn, flowers(9, seed=1), ["frechet"])
    assert [said in note for note in report.notes] == ([True] if said else [])
    assert not measures.measure_samples(drawn, flowers(9, seed=1), ["kernel"]).notes
    assert (said or "") in str(report)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"names": ["fid"]}, "metrics must be among frechet, .*; got 'fid'"),
        ({"features": "clip"}, "features must be .*; got 'clip'"),
        ({"features": "flower_reader"}, "of drawn flowers of 32 x 32 pixels"),
        ({"samples": flowers(11).images}, "at least 12 to be measured; got 11"),
    ],
)
def test_what_cannot_be_measured(pixels, how, said):
    given = {"samples": flowers(20).images, "names": ["frechet"], **how}
    with pytest.raises(ValueError, match=said):
        measures.measure_samples(test=others(20, 0), **given)


# ------------------------------------------------------------- from the command line


@pytest.mark.parametrize("model", ["diffusion_flowers_32", "text_to_image_flowers_32"])
def test_evaluate_prints_a_table(pixels, model, tmp_path, capsys):
    out = tmp_path / "figures.json"
    words = f"evaluate {model} -n 12 --steps 1 --metrics kernel diversity --out {out}"
    assert cli.main(words.split()) == 0
    printed = capsys.readouterr().out
    assert "12 pictures, 12 features of flower_reader" in printed
    found = json.loads(out.read_text())
    assert found["num_steps"] == 1 and found["data"] == "flowers"
    assert found["metrics"].keys() == {"kernel", "diversity"}
    assert f"{found['metrics']['kernel']['value']:.4g}" in printed


def test_evaluate_a_vae_on_what_it_was_trained_on(pixels, tmp_path, capsys):
    out = tmp_path / "figures.json"
    words = f"evaluate vae_digits -n 15 --metrics diversity --out {out}"
    assert cli.main(words.split()) == 0
    assert json.loads(out.read_text())["features"] == "inception"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("flower_reader --metrics frechet", "need a model that draws"),
        ("vae_digits --metrics frechet --steps 3", "it takes no num_steps"),
        ("vae_digits --features inception", "give both"),
    ],
)
def test_evaluate_what_has_no_such_table(words, said, capsys):
    assert cli.main(["evaluate", *words.split()]) == 1
    assert said in capsys.readouterr().err


def test_what_is_measured_is_drawn_with_the_guide(monkeypatch):
    class Seen(Exception):
        pass

    def seen(model, train, test, num, seed, **how):
        assert how == {"num_steps": 2}
        raise Seen(model.unet.layers[-1].guidance_scale)

    monkeypatch.setattr(evaluation, "_drawn", seen)
    path, guide = shelf.find("diffusion_digits"), "diffusion_digits"
    for more, scale in (({}, 2.0), ({"guidance_scale": 1.5}, 1.5)):
        with pytest.raises(Seen, match=str(scale)):
            evaluation.measure_stored(
                path, ["frechet"], num=4, num_steps=2, guide=guide, **more
            )


def test_prompts_are_the_captions(monkeypatch):
    asked = []

    class Model(evaluation.TextToImage):
        def __init__(self):
            pass

        def generate(self, prompts, **how):
            asked.append((prompts, how))

    def drawn(captions, num):
        test = Pictures(flowers(len(captions or "abc")).images, captions=captions)
        return evaluation._drawn(Model(), None, test, num, 5, guidance_scale=2.0)

    drawn(["a", "", "c"], 3)
    ((prompts, how),) = asked
    assert prompts in (["a", "c", "a"], ["c", "a", "c"])
    assert how == {"num_steps": 20, "seed": 5, "guidance_scale": 2.0}
    drawn(["a"] * 20 + ["c"] * 20, 12)  # in order of their folders
    assert set(asked[-1][0]) == {"a", "c"}
    with pytest.raises(ValueError, match="pictures with captions"):
        drawn(None, 3)
