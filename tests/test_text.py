"""Text: the tokenizer, pooling and slerp, the encoder and its pretraining."""

import itertools
import warnings

import numpy as np
import pytest
from keras import ops
from scipy.spatial import geometric_slerp

from keras_gen.text import (
    TextEncoder,
    interpolate_prompts,
    pool_tokens,
    pretrain_text_encoder,
    slerp,
    train_tokenizer,
)
from keras_gen.text.roberta import words

CAPTIONS = [
    f"a {size} flower with {number} {colour} petals{end}"
    for size, number, colour, end in itertools.product(
        ["small", "large", "Tiny"],
        ["four", "five", "six"],
        ["white", "red", "blue"],
        ["", " on grass", " at night", ", seen from near"],
    )
]
LENGTH = 28


def to_numpy(tensor):
    return np.asarray(ops.convert_to_numpy(tensor))


# ------------------------------------------------------------------- the tokenizer


@pytest.fixture(scope="module")
def tokenizer():
    return train_tokenizer(CAPTIONS, vocabulary_size=300)


def symbols_of_bytes():
    """The letter that stands for each byte, as GPT-2 published it."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return [chr(b) for b in printable] + [chr(256 + n) for n in range(len(others))]


def test_vocabulary_holds_every_byte_and_the_special_tokens(tokenizer):
    vocabulary = tokenizer.get_vocabulary()
    assert set(symbols_of_bytes()) <= set(vocabulary)
    assert len(vocabulary) == tokenizer.vocabulary_size() == 300
    ids = [tokenizer.token_to_id(t) for t in ("<s>", "<pad>", "</s>", "<mask>")]
    assert len(set(ids)) == 4
    assert ids[:3] == [
        tokenizer.start_token_id,
        tokenizer.pad_token_id,
        tokenizer.end_token_id,
    ]


def test_captions_take_few_tokens(tokenizer):
    tokens = sum(len(row) for row in tokenizer(CAPTIONS))
    assert tokens < 0.5 * sum(map(len, CAPTIONS))


@pytest.mark.parametrize(
    "text",
    [
        "a small flower with six white petals",
        "Ünïcödé: 六枚の白い花びら, ромашка, زهرة",
        "🌼🌸 x² ≤ 3€ \U0001f469‍\U0001f33e",
        "".join(map(chr, range(32, 384))),
        "two  spaces\tand a\nnew line",
    ],
)
def test_any_text_comes_back_from_its_tokens(tokenizer, text):
    assert tokenizer.detokenize(tokenizer([text]))[0] == text


def test_words():
    found = words("Six WHITE petals, a bee's dream: blue-green (très joli)!")
    assert found == "six white petals a bee's dream blue-green très joli".split()
    assert words("") == words(" ,.!") == []


# ------------------------------------------------------------- pooling and slerp


@pytest.mark.parametrize("kind", ["bool", "int32", "float32"])
def test_pooling_averages_the_real_tokens(kind):
    embeddings = np.random.default_rng(0).normal(size=(4, 5, 3)).astype("float32")
    mask = np.arange(5) < np.array([[1], [3], [5], [2]])
    mask[3] = [0, 1, 0, 0, 1]  # wherever they stand
    pooled = to_numpy(pool_tokens(ops.convert_to_tensor(embeddings), mask.astype(kind)))
    expected = [e[m].mean(axis=0) for e, m in zip(embeddings, mask, strict=True)]
    np.testing.assert_allclose(pooled, expected, rtol=1e-5, atol=1e-6)


def unit(*shape, seed=0):
    vectors = np.random.default_rng(seed).normal(size=shape)
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


@pytest.mark.parametrize("dim", [2, 3, 100])
def test_slerp_is_scipys(dim):
    v1, v2 = unit(2, dim)
    for t in (0.0, 0.1, 0.5, 0.75, 1.0):
        point = to_numpy(slerp(t, v1, v2))
        np.testing.assert_allclose(point, geometric_slerp(v1, v2, t), atol=1e-5)
        assert np.linalg.norm(point) == pytest.approx(1, abs=1e-5)


def test_slerp_of_vectors_of_any_length_is_the_formula():
    v1, v2 = np.random.default_rng(1).normal(0, 5, (2, 7, 4)).astype("float32")
    cosine = (v1 * v2).sum(-1) / np.linalg.norm(v1, axis=-1)
    theta = np.arccos(cosine / np.linalg.norm(v2, axis=-1))[:, None]
    expected = (np.sin(0.7 * theta) * v1 + np.sin(0.3 * theta) * v2) / np.sin(theta)
    np.testing.assert_allclose(to_numpy(slerp(0.3, v1, v2)), expected, rtol=1e-3)


def test_slerp_ends_exactly_at_its_ends():
    v1, v2 = np.random.default_rng(1).normal(0, 5, (2, 50, 8)).astype("float32")
    np.testing.assert_array_equal(to_numpy(slerp(0.0, v1, v2)), v1)
    np.testing.assert_array_equal(to_numpy(slerp(1.0, v1, v2)), v2)


@pytest.mark.parametrize("angle", [1e-7, 1e-5, 1e-3, 0.1, 1.5, 3.0, 3.14])
def test_slerp_turns_evenly_at_any_angle(angle):
    v1 = np.array([1, 0], "float32")
    v2 = np.array([np.cos(angle), np.sin(angle)], "float32")
    expected = [np.cos(0.25 * angle), np.sin(0.25 * angle)]
    np.testing.assert_allclose(to_numpy(slerp(0.25, v1, v2)), expected, atol=1e-4)


@pytest.mark.parametrize(
    "v1, v2, expected",
    [
        ([1, 2], [1, 2], [1, 2]),  # the same
        ([1, 2], [3, 6], [1.5, 3]),  # the same direction
        ([0, 0], [4, 8], [1, 2]),  # from nothing
        ([4, 8], [0, 0], [3, 6]),
        ([0, 0], [0, 0], [0, 0]),
    ],
)
def test_slerp_is_a_straight_line_where_there_is_no_angle(v1, v2, expected):
    point = to_numpy(slerp(0.25, np.array(v1, "float32"), np.array(v2, "float32")))
    np.testing.assert_allclose(point, expected, atol=1e-5)


@pytest.mark.parametrize("v", [[1.0, 0.0], [0.6, 0.8], [1.0, 1.0], [3.0, -0.1]])
def test_slerp_to_the_opposite_direction_is_finite(v):
    v = np.array(v, "float32")
    for t in (0.25, 0.5):
        point = to_numpy(slerp(t, v, -v))
        assert np.isfinite(point).all()
        assert np.linalg.norm(point) <= 1.01 * np.linalg.norm(v)
    np.testing.assert_array_equal(to_numpy(slerp(1.0, v, -v)), -v)


def test_slerp_takes_lists_of_integers():
    half = to_numpy(slerp(0.5, [1, 0], [0, 1]))
    np.testing.assert_allclose(half, [0.5**0.5] * 2, atol=1e-6)


def test_prompts_of_tokens_turn_each_token_on_its_own():
    e1, e2 = unit(2, 3, 4)
    e2[2] = 0  # padding on one side
    path = to_numpy(interpolate_prompts(e1, e2, 5))
    assert path.shape == (5, 3, 4)
    np.testing.assert_allclose(path[[0, -1]], [e1, e2], atol=1e-7)
    for step, t in enumerate(np.linspace(0, 1, 5)):
        for token in (0, 1):
            exact = geometric_slerp(e1[token], e2[token], t)
            np.testing.assert_allclose(path[step, token], exact, atol=1e-5)
        np.testing.assert_allclose(path[step, 2], (1 - t) * e1[2], atol=1e-6)


def test_one_prompt_between_two_is_the_first():
    e1, e2 = unit(2, 4)
    only = to_numpy(interpolate_prompts(e1, e2, 1))
    np.testing.assert_allclose(only, e1[None], atol=1e-7)
    with pytest.raises(ValueError, match="num must be a positive integer; got 0"):
        interpolate_prompts(e1, e2, 0)


# --------------------------------------------------------------------- the encoder


@pytest.fixture(scope="module")
def pretrained():
    """A tiny encoder, pretrained for seconds, and the history of that."""
    return pretrain_text_encoder(
        CAPTIONS,
        epochs=4,
        batch_size=36,
        vocabulary_size=300,
        num_layers=1,
        hidden_dim=32,
        sequence_length=LENGTH,
        learning_rate=2e-2,
        verbose=0,
    )


@pytest.fixture(scope="module")
def encoder(pretrained):
    return pretrained[0]


@pytest.fixture
def batches(monkeypatch):
    """The shapes of the batches that go through an encoder's network."""
    seen, original = [], TextEncoder.predict_on_batch

    def predict_on_batch(self, x):
        seen.append(x["token_ids"].shape)
        return original(self, x)

    monkeypatch.setattr(TextEncoder, "predict_on_batch", predict_on_batch)
    return seen


PROMPTS = ["a small flower", "a large flower with six red petals at night", "blue"]


def test_pretraining_lowers_the_loss(pretrained):
    losses = pretrained[1]["loss"]
    assert len(losses) == 4
    assert losses[-1] < 0.75 * losses[0]


def test_pretraining_mixes_the_captions(monkeypatch):
    """Two kinds of captions, one after the other, are fed as one."""
    import keras_hub

    class Fed(Exception):
        pass

    def fit(self, captions, **kwargs):
        raise Fed(list(captions))

    monkeypatch.setattr(keras_hub.models.RobertaMaskedLM, "fit", fit)
    captions = [f"a red flower {i}" for i in range(20)] + [
        f"not {i}" for i in range(20)
    ]
    with pytest.raises(Fed) as fed:
        pretrain_text_encoder(captions, num_layers=1, hidden_dim=32)
    (order,) = fed.value.args
    assert sorted(order) == sorted(captions)
    assert 4 <= sum(text.startswith("not") for text in order[:20]) <= 16


def test_pretraining_makes_an_encoder_of_the_captions_language(encoder):
    assert encoder.dim == 32 and encoder.sequence_length == LENGTH
    assert encoder.lowercase
    assert encoder.known_words == sorted(
        "a small large tiny flower with four five six white red blue petals on "
        "grass at night seen from near".split()
    )


def test_tokens_are_those_of_keras_hub(encoder):
    import keras_hub

    pack = keras_hub.models.RobertaTextClassifierPreprocessor(
        encoder.tokenizer, sequence_length=LENGTH
    )
    theirs, ours = pack(PROMPTS), encoder.tokenize(PROMPTS)
    for name, values in ours.items():
        assert values.dtype == "int32"
        np.testing.assert_array_equal(values, to_numpy(theirs[name]).astype("int32"))


def test_tokens_are_the_backbones_and_padding_is_zero(encoder):
    embeddings = encoder.embed(PROMPTS)
    assert embeddings.shape == (3, LENGTH, 32) and embeddings.dtype == "float32"
    inputs = encoder.tokenize(PROMPTS)
    raw = to_numpy(encoder.backbone(inputs))
    real = inputs["padding_mask"].astype(bool)
    np.testing.assert_allclose(embeddings[real], raw[real], atol=1e-5)
    assert not embeddings[~real].any() and np.abs(embeddings[real]).min(axis=0).all()
    pooled = encoder.embed(PROMPTS, pooled=True)
    expected = [e[m].mean(axis=0) for e, m in zip(raw, real, strict=True)]
    assert pooled.dtype == "float32"
    np.testing.assert_allclose(pooled, expected, atol=1e-5)


def test_padding_changes_nothing(encoder):
    short = TextEncoder(encoder.backbone, encoder.tokenizer, 20, lowercase=True)
    np.testing.assert_allclose(
        encoder.embed(PROMPTS)[:, :20], short.embed(PROMPTS), atol=1e-5
    )


def test_each_distinct_prompt_is_embedded_once_and_the_order_kept(encoder, batches):
    order = [2, 0, 0, 1, 2, 0, 1, 2]
    embeddings = encoder.embed([PROMPTS[i] for i in order])
    assert batches == [(3, LENGTH)]
    single = [encoder.embed(prompt)[0] for prompt in PROMPTS]
    np.testing.assert_allclose(embeddings, [single[i] for i in order], atol=1e-5)
    assert np.abs(single[0] - single[1]).max() > 0.1


@pytest.mark.parametrize("batch_size, calls", [(2, 2), (3, 1), (100, 1)])
def test_batches_bound_the_memory_and_change_nothing(
    encoder, batches, batch_size, calls
):
    whole = encoder.embed(PROMPTS)
    batches.clear()
    parts = encoder.embed(PROMPTS, batch_size=batch_size)
    np.testing.assert_allclose(parts, whole, atol=1e-5)
    assert batches == [(min(batch_size, 3), LENGTH)] * calls


@pytest.mark.parametrize("pooled", [False, True])
def test_empty_prompt_is_the_null_text(encoder, pooled):
    embeddings = encoder.embed(["", "a flower", ""], pooled=pooled)
    assert not embeddings[[0, 2]].any() and embeddings[1].any()


def test_longest_prompt_fits_and_one_more_is_one_sentence(encoder):
    longest = "z" * (LENGTH - 2)  # a token each: no caption has a z
    assert encoder.tokenize(longest)["padding_mask"].all()
    with pytest.raises(ValueError, match="The prompt 'zzz.*' has 27 tokens;.* most 26"):
        encoder.tokenize(["a flower", longest + "z"])


@pytest.mark.parametrize("prompts", [[], ["a flower", None], 3, None])
def test_what_is_no_text_is_one_sentence(encoder, prompts):
    with pytest.raises(ValueError, match="prompts must be a text or a list of texts"):
        encoder.embed(prompts)


def test_unknown_words_are_named_and_still_work(encoder):
    prompts = ["a purple flower with 花 petals", "a Small flower"]
    with pytest.warns(UserWarning, match="has never seen purple, 花; the picture") as w:
        embeddings = encoder.embed(prompts, pooled=True)
    assert len(w) == 1 and w[0].filename == __file__
    assert np.isfinite(embeddings).all()
    with pytest.warns(UserWarning, match="never seen green"):
        other = encoder.embed("a green flower with 花 petals", pooled=True)
    assert np.abs(embeddings[0] - other).max() > 1e-3
    assert encoder.unknown_words("Six PURPLE petals") == ["purple"]


def test_an_encoder_of_all_words_warns_of_none(encoder):
    knows_all = TextEncoder(encoder.backbone, encoder.tokenizer, LENGTH)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        knows_all.embed("a purple flower")


def test_capitals_matter_only_to_encoders_that_see_them(encoder):
    loud, quiet = encoder.embed(["A SMALL Flower", "a small flower"])
    np.testing.assert_allclose(loud, quiet, atol=1e-6)
    sees = TextEncoder(encoder.backbone, encoder.tokenizer, LENGTH)
    loud, quiet = sees.embed(["A SMALL Flower", "a small flower"])
    assert np.abs(loud - quiet).max() > 1e-3


# --------------------------------------------------------------------- the presets


def test_encoder_comes_back_from_its_preset_folder(encoder, tmp_path):
    folder = tmp_path / "encoder"
    encoder.save_to_preset(folder)
    again = TextEncoder.from_preset(folder)
    facts = ("sequence_length", "known_words", "lowercase", "dim")
    assert [getattr(again, f) for f in facts] == [getattr(encoder, f) for f in facts]
    np.testing.assert_allclose(again.embed(PROMPTS), encoder.embed(PROMPTS), atol=1e-6)


def test_folder_of_keras_hubs_own_needs_no_facts(encoder, tmp_path):
    encoder.save_to_preset(tmp_path)
    (tmp_path / "text_encoder.json").unlink()
    plain = TextEncoder.from_preset(str(tmp_path), sequence_length=20)
    assert (plain.sequence_length, plain.known_words, plain.lowercase) == (
        20,
        None,
        False,
    )


def test_preset_that_cannot_be_had_is_one_sentence(monkeypatch):
    import keras_hub

    def offline(preset, **kwargs):
        raise ConnectionError("a long story\nabout a network")

    monkeypatch.setattr(keras_hub.models.RobertaBackbone, "from_preset", offline)
    with pytest.raises(OSError, match="'roberta_base_en' could not be had") as error:
        TextEncoder.from_preset("roberta_base_en")
    assert "\n" not in str(error.value)
    assert 'TextEncoder.from_preset("flower_text_encoder")' in str(error.value)


def test_broken_folder_is_not_taken_for_a_missing_network(tmp_path):
    with pytest.raises(ValueError, match=r"has no config\.json"):  # keras-hub's word
        TextEncoder.from_preset(tmp_path)
