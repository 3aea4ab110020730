"""Contrastive training: its loss by hand, and that texts that say the same meet."""

import itertools

import numpy as np
import pytest
from keras import ops
from scipy.special import logsumexp

from keras_gen.text import (
    ParaphraseModel,
    contrastive_loss,
    pretrain_text_encoder,
    train_on_paraphrases,
)

# In two languages, so that no word helps.
NUMBERS = {"three": "drei", "four": "vier", "five": "fünf", "six": "sechs"}
COLOURS = {"red": "rote", "blue": "blaue", "white": "weiße", "pink": "rosa"}
PAIRS = list(itertools.product(NUMBERS, COLOURS))
TEXTS = [f"a flower with {number} {colour} petals" for number, colour in PAIRS]
OTHERS = [f"{NUMBERS[number]} {COLOURS[colour]} Blätter" for number, colour in PAIRS]


@pytest.fixture(scope="module")
def encoder():
    """A tiny encoder that has hardly seen the language."""
    return pretrain_text_encoder(
        TEXTS + OTHERS,
        epochs=1,
        batch_size=32,
        vocabulary_size=300,
        num_layers=1,
        hidden_dim=32,
        sequence_length=16,
        verbose=0,
    )[0]


def test_the_loss_is_its_formula():
    similarities = np.random.default_rng(0).normal(size=(5, 5)).astype("float32")
    exact = similarities.astype("float64")
    by_rows = logsumexp(exact, axis=1) - np.diag(exact)
    by_columns = logsumexp(exact, axis=0) - np.diag(exact)
    expected = (by_rows.mean() + by_columns.mean()) / 2
    loss = float(contrastive_loss(ops.convert_to_tensor(similarities)))
    assert loss == pytest.approx(expected, rel=1e-5)


def test_the_loss_of_texts_that_are_all_alike_is_that_of_guessing():
    assert float(contrastive_loss(ops.ones((8, 8)))) == pytest.approx(np.log(8))


def found(encoder):
    """Share of the texts that are nearest to their own paraphrase."""
    vectors = [encoder.embed(texts, pooled=True) for texts in (TEXTS, OTHERS)]
    texts, others = (v / np.linalg.norm(v, axis=1, keepdims=True) for v in vectors)
    return np.mean((texts @ others.T).argmax(axis=1) == np.arange(len(TEXTS)))


def test_the_model_compares_directions(encoder):
    pairs = {
        **encoder.tokenize(TEXTS[:3]),
        **{f"other_{k}": v for k, v in encoder.tokenize(OTHERS[:3]).items()},
    }
    vectors = [encoder.embed(t[:3], pooled=True) for t in (TEXTS, OTHERS)]
    texts, others = (v / np.linalg.norm(v, axis=1, keepdims=True) for v in vectors)
    similarities = ParaphraseModel(encoder, temperature=0.1)(pairs)
    np.testing.assert_allclose(
        ops.convert_to_numpy(similarities), texts @ others.T / 0.1, atol=1e-4
    )


def test_after_training_a_text_finds_its_paraphrase(encoder):
    assert found(encoder) < 0.4
    history = train_on_paraphrases(
        encoder,
        TEXTS,
        OTHERS,
        epochs=40,
        batch_size=16,
        learning_rate=1e-2,
        verbose=0,
    )
    assert len(history["loss"]) == 40 and history["loss"][-1] < history["loss"][0]
    assert found(encoder) > 0.9


def test_pairs_that_are_none_are_one_sentence(encoder):
    with pytest.raises(ValueError, match="equally many.*; got 16 and 15"):
        train_on_paraphrases(encoder, TEXTS, OTHERS[:-1], batch_size=4)
    with pytest.raises(ValueError, match="at least batch_size=32; got 16 and 16"):
        train_on_paraphrases(encoder, TEXTS, OTHERS, batch_size=32)


def test_the_model_survives_its_config(encoder):
    again = ParaphraseModel.from_config(ParaphraseModel(encoder, 0.2).get_config())
    assert again.temperature == 0.2 and again.encoder.dim == encoder.dim
