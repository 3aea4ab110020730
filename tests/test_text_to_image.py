"""Text to image: prompts in, pictures out; what is embedded when; what is trained."""

import keras
import keras_hub
import numpy as np
import pytest
from keras import ops

from keras_gen.diffusion import (
    CosineSchedule,
    DiffusionModel,
    TextConditionedDiffusionModel,
    TextToImage,
    build_unet,
)
from keras_gen.text import TextEncoder, slerp, train_tokenizer

SHAPE = (4, 4, 1)
LENGTH = 20
CAPTIONS = ["a red flower", "a blue flower on grass", "five white petals"]
NEGATIVES = ["a blue flower", "a red flower", "a red flower"]


def make_encoder():
    """A tiny encoder, as random as it began."""
    tokenizer = train_tokenizer(CAPTIONS, vocabulary_size=300)
    backbone = keras_hub.models.RobertaBackbone(
        vocabulary_size=tokenizer.vocabulary_size(),
        num_layers=1,
        num_heads=1,
        hidden_dim=32,
        intermediate_dim=32,
        max_sequence_length=LENGTH,
    )
    return TextEncoder(backbone, tokenizer, LENGTH)


def make_model(encoder, pooled=True, negative=False, draws=False):
    """Text to image with a tiny U-Net, or one with random weights, which draws."""
    text_shape = (32,) if pooled else (LENGTH, 32)
    unet = build_unet(SHAPE, (4, 4), 1, text_shape=text_shape, negative=negative)
    if draws:
        random = np.random.default_rng(0)
        for weight in unet.trainable_variables:
            weight.assign(random.normal(0, 0.3, weight.shape))
        noisy, noise_rates = unet.inputs[:2]
        unet = keras.Model(unet.inputs, noisy * noise_rates + 0.05 * unet.output)
    given = keras.layers.Normalization(mean=127.0, variance=1600.0, axis=None)
    diffusion = TextConditionedDiffusionModel(unet, normalizer=given, ema=0, seed=1)
    return TextToImage(encoder, diffusion)


@pytest.fixture(scope="module")
def encoder():
    return make_encoder()


@pytest.fixture(scope="module", params=["pooled", "tokens"])
def model(request, encoder):
    """A model that draws: from one vector a prompt, and from one a token."""
    return make_model(encoder, pooled=request.param == "pooled", draws=True)


@pytest.fixture
def embedded(monkeypatch):
    """The number of texts in each batch that goes through an encoder's network."""
    rows, original = [], TextEncoder.predict_on_batch

    def predict_on_batch(self, x):
        rows.append(len(x["token_ids"]))
        return original(self, x)

    monkeypatch.setattr(TextEncoder, "predict_on_batch", predict_on_batch)
    return rows


def training_set(repeats=2, negative=False):
    captions = CAPTIONS * repeats
    images = np.random.default_rng(0).integers(0, 256, (len(captions), *SHAPE))
    inputs = {"images": images.astype("uint8"), "captions": captions}
    if negative:
        inputs["negative_captions"] = NEGATIVES * repeats
    return inputs


def differs(ours, others):
    return np.abs(ours.astype(int) - others).max() > 2


# --------------------------------------------------------------------- generation


def test_prompts_come_as_text_list_or_dict(model):
    one = model.generate(CAPTIONS[0], num_steps=3, seed=0)
    assert one.dtype == "uint8" and one.shape == (1, *SHAPE)
    two = model.generate(CAPTIONS[:2], num_steps=3, seed=0)
    assert two.shape == (2, *SHAPE)
    for same in (
        model.generate(tuple(CAPTIONS[:2]), num_steps=3, seed=0),
        model.generate(np.array(CAPTIONS[:2]), num_steps=3, seed=0),
        model.generate({"prompts": CAPTIONS[:2]}, num_steps=3, seed=0),
        model.generate(
            {"prompts": CAPTIONS[:2], "negative_prompts": None}, num_steps=3, seed=0
        ),
    ):
        np.testing.assert_array_equal(same, two)


def test_text_seed_and_scale_decide_the_picture(model):
    picture = model.generate(CAPTIONS[0], num_steps=3, seed=0)
    again = model.generate(CAPTIONS[0], num_steps=3, seed=0)
    np.testing.assert_array_equal(again, picture)
    assert differs(model.generate(CAPTIONS[0], num_steps=3, seed=1), picture)
    assert differs(model.generate(CAPTIONS[1], num_steps=3, seed=0), picture)
    ignored = [
        model.generate(prompt, num_steps=3, guidance_scale=0, seed=0)
        for prompt in CAPTIONS[:2]
    ]
    np.testing.assert_array_equal(*ignored)


def test_generate_draws_from_the_embeddings(model):
    drawn = model.generate(CAPTIONS, num_steps=3, guidance_scale=2, seed=0)
    embeddings = model.embed(CAPTIONS)
    assert embeddings.shape == (3, *model.diffusion.text_shape)
    from_them = model.generate_from_embeddings(
        embeddings, num_steps=3, guidance_scale=2, seed=0
    )
    np.testing.assert_array_equal(drawn, from_them)
    inner = model.diffusion.generate(embeddings, 3, guidance_scale=2, seed=0)
    np.testing.assert_array_equal(drawn, inner)


def test_embeddings_are_the_encoders(model, encoder):
    pooled = len(model.diffusion.text_shape) == 1
    expected = encoder.embed(CAPTIONS, pooled=pooled)
    np.testing.assert_array_equal(model.embed(CAPTIONS), expected)


def test_negative_prompts_are_one_or_one_each(model):
    def draw(negative_prompts):
        inputs = {"prompts": CAPTIONS[:2], "negative_prompts": negative_prompts}
        return model.generate(inputs, num_steps=3, guidance_scale=4.0, seed=0)

    for_all, for_each = draw(CAPTIONS[2]), draw([CAPTIONS[2]] * 2)
    np.testing.assert_array_equal(for_all, for_each)
    assert differs(for_all, draw([CAPTIONS[2], "another"]))
    plain = model.generate(CAPTIONS[:2], num_steps=3, guidance_scale=4.0, seed=0)
    assert differs(for_all, plain)
    np.testing.assert_array_equal(draw(""), plain)  # the empty text is the null text
    from_embeddings = model.generate_from_embeddings(
        model.embed(CAPTIONS[:2]), model.embed([CAPTIONS[2]]), 3, 4.0, seed=0
    )
    np.testing.assert_array_equal(for_all, from_embeddings)


@pytest.mark.parametrize(
    "inputs, said",
    [
        ("", "prompt must be a text that is not empty; .* guidance_scale=0"),
        ("  ", "prompt must be a text that is not empty"),
        ([], "prompt must be a text that is not empty"),
        (["a flower", ""], "prompt must be a text that is not empty"),
        (["a flower", 3], "prompt must be a text"),
        (None, "prompt must be a text"),
        ({}, "must have the entry prompts .*; got none"),
        ({"prompt": "a flower"}, "must have the entry prompts .*; got prompt"),
        (
            {"prompts": "a", "images": 0},
            "and may have negative_prompts; got images, pr",
        ),
        (
            {"prompts": ["a", "b"], "negative_prompts": ["c", "d", "e"]},
            r"negative_prompts must be one text or as many .*\(2\); got 3",
        ),
        (
            {"prompts": ["a", "b"], "negative_prompts": ["c", None]},
            r"negative_prompts must be one text or as many .*\(2\); got",
        ),
        ({"prompts": "a", "negative_prompts": 3}, "negative_prompts must be one text"),
        ("z" * 40, "The prompt 'zzz.* has 40 tokens; this encoder takes at most 18"),
    ],
)
def test_bad_prompts_are_one_sentence(model, inputs, said):
    with pytest.raises(ValueError, match=said) as error:
        model.generate(inputs, num_steps=2)
    assert "\n" not in str(error.value)


# ---------------------------------------------------------------------- the morph


def test_other_prompts_and_morphs_compile_nothing_new(encoder, monkeypatch):
    model, asked = make_model(encoder, draws=True), []

    class Counting(CosineSchedule):
        def __call__(self, diffusion_times):  # asked while a program is traced
            asked.append(diffusion_times)
            return super().__call__(diffusion_times)

    model.diffusion.schedule = Counting()
    model.generate(CAPTIONS[:1] * 6, num_steps=2, seed=0)
    assert asked
    asked.clear()
    model.generate(["a flower"] * 5, num_steps=3, seed=1, guidance_scale=5.0)
    model.morph("a flower", CAPTIONS[0], num=6, num_steps=4, seed=2)
    assert asked == []


def test_morph_begins_and_ends_at_the_prompts_pictures(model):
    frames = model.morph(*CAPTIONS[:2], num=5, num_steps=3, seed=7)
    assert frames.shape == (5, *SHAPE) and frames.dtype == "uint8"
    for frame, prompt in ((frames[0], CAPTIONS[0]), (frames[-1], CAPTIONS[1])):
        alone = model.generate(prompt, num_steps=3, seed=7)[0]
        assert np.abs(frame.astype(int) - alone).max() <= 1
    assert differs(frames[0], frames[-1])


def test_morph_walks_by_slerp_with_the_noise_held(model):
    frames = model.morph(*CAPTIONS[:2], 5, num_steps=3, guidance_scale=2.0, seed=7)
    ends = model.embed(CAPTIONS[:2])
    third = ops.convert_to_numpy(slerp(0.5, ends[0], ends[1]))
    noise = model.diffusion.noise(1, seed=7)
    alone = model.generate_from_embeddings(third[None], None, 3, 2.0, noise=noise)
    assert np.abs(frames[2].astype(int) - alone[0]).max() <= 1
    again = model.morph(*CAPTIONS[:2], 5, num_steps=3, guidance_scale=2.0, seed=7)
    np.testing.assert_array_equal(again, frames)
    same = model.morph(CAPTIONS[0], CAPTIONS[0], num=3, num_steps=3, seed=7)
    assert np.abs(same.astype(int) - same[0]).max() <= 1


@pytest.mark.parametrize(
    "arguments, said",
    [
        (("", "a flower"), "prompt must be a text that is not empty"),
        (("a flower", "a red one", 0), "num must be a positive integer; got 0"),
    ],
)
def test_bad_morphs_are_one_sentence(model, arguments, said):
    with pytest.raises(ValueError, match=said):
        model.morph(*arguments)


# ----------------------------------------------------------------------- training


def test_fit_embeds_each_distinct_caption_once_and_leaves_the_encoder(
    embedded, encoder
):
    model = make_model(encoder, draws=True)
    before = encoder.get_weights()
    unet_before = model.diffusion.unet.get_weights()
    model.compile(keras.optimizers.Adam(0.02))
    pictures = []

    def draw(epoch, logs):  # as a callback that shows samples does
        pictures.append(model.generate(CAPTIONS[0], num_steps=2, seed=0))

    history = model.fit(
        training_set(),
        validation_data=training_set(1),
        batch_size=3,
        epochs=3,
        verbose=0,
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=draw)],
    )
    # The training set's, the validation set's, and one prompt an epoch.
    assert sorted(embedded) == [1, 1, 1, 3, 3]
    losses = history.history["loss"] + history.history["val_loss"]
    assert len(losses) == 6 and np.all(np.isfinite(losses))
    assert differs(pictures[0], pictures[-1])
    for old, new in zip(before, encoder.get_weights(), strict=True):
        np.testing.assert_array_equal(new, old)
    after = model.diffusion.unet.get_weights()
    assert any(np.any(old != new) for old, new in zip(unet_before, after, strict=True))
    ours = {id(v) for v in model.trainable_variables}
    assert ours == {id(v) for v in model.diffusion.unet.trainable_variables}
    assert np.isfinite(model.evaluate(training_set(), batch_size=3, verbose=0))


def test_loss_is_the_diffusion_models(encoder):
    model = make_model(encoder)
    model.compile("sgd", loss="mean_absolute_error")
    random = np.random.default_rng(0)
    pred_masks, masks = random.normal(size=(2, 3, *SHAPE)).astype("float32")
    outputs = (None, ops.convert_to_tensor(pred_masks), ops.convert_to_tensor(masks))
    expected = np.mean(np.abs(pred_masks - masks))
    assert float(model.compute_loss(y_pred=outputs)) == pytest.approx(expected)


def test_encoder_can_be_trained_too():
    model = make_model(make_encoder(), negative=True)
    model.encoder.trainable = True
    # The U-Net must let gradients through, so its last layer may not be zero.
    for weight in model.diffusion.unet.trainable_variables:
        weight.assign(np.random.default_rng(0).normal(0, 0.3, weight.shape))
    before = model.encoder.get_weights()
    embeddings = model.embed(CAPTIONS)
    model.compile(keras.optimizers.Adam(0.01))
    history = model.fit(training_set(negative=True), batch_size=3, verbose=0)
    assert np.isfinite(history.history["loss"][0])
    after = model.encoder.get_weights()
    moved = [np.abs(o - n).max() > 1e-4 for o, n in zip(before, after, strict=True)]
    assert np.mean(moved) > 0.9  # the bias of the keys does not
    assert np.abs(model.embed(CAPTIONS) - embeddings).max() > 1e-3
    again = TextToImage.from_config(model.get_config())
    assert len(again.trainable_variables) == len(model.trainable_variables)


def test_prepare_embeds_or_counts_tokens(encoder):
    model = make_model(encoder)
    prepared = model.prepare(training_set())
    assert set(prepared) == {"images", "text_embeddings"}
    expected = encoder.embed(CAPTIONS * 2, pooled=True)
    np.testing.assert_array_equal(prepared["text_embeddings"], expected)
    triples = make_model(encoder, negative=True).prepare(training_set(negative=True))
    assert set(triples) == {"images", "text_embeddings", "negative_embeddings"}
    expected = encoder.embed(NEGATIVES * 2, pooled=True)
    np.testing.assert_array_equal(triples["negative_embeddings"], expected)
    own = make_encoder()
    trained = make_model(own)
    own.trainable = True
    prepared = trained.prepare(training_set())
    assert set(prepared) == {"images", "text_token_ids", "text_padding_mask"}
    tokens = own.tokenize(CAPTIONS * 2)
    np.testing.assert_array_equal(prepared["text_token_ids"], tokens["token_ids"])


def test_tokens_in_call_are_embeddings_in_call(encoder):
    """The two ways of training see the same texts, and the same null text."""
    model = make_model(encoder, draws=True)
    captions = [*CAPTIONS[:2], ""]
    tokens = encoder.tokenize(captions)
    given = {f"text_{name}": values for name, values in tokens.items()}
    images = training_set(1)["images"]
    state = ops.convert_to_numpy(model.diffusion.seed_generator.state)
    ours = model({"images": images, **given})[1]
    model.diffusion.seed_generator.state.assign(state)
    embedded = {"images": images, "text_embeddings": model.embed(captions)}
    theirs = ops.convert_to_numpy(model(embedded)[1])
    np.testing.assert_allclose(ops.convert_to_numpy(ours), theirs, atol=1e-4)


@pytest.fixture(scope="module")
def triples(encoder):
    """A model that is trained on triples."""
    return make_model(encoder, negative=True, draws=True)


def test_triples_train_and_see_the_negative_prompt(triples):
    inputs = {"prompts": CAPTIONS[0], "negative_prompts": CAPTIONS[1]}
    # Scale 1 is the conditional branch alone: there the negative text is an input.
    with_it = triples.generate(inputs, num_steps=2, guidance_scale=1.0, seed=0)
    plain = triples.generate(CAPTIONS[0], num_steps=2, guidance_scale=1.0, seed=0)
    assert differs(with_it, plain)
    triples.compile("sgd")
    history = triples.fit(training_set(negative=True), batch_size=3, verbose=0)
    assert np.isfinite(history.history["loss"][0])


def test_triples_drop_the_negative_text_or_both(triples, monkeypatch):
    """Generation needs all three: both texts, the text alone, and neither."""
    seen, diffusion = [], triples.diffusion
    monkeypatch.setattr(diffusion, "drop_rate", 0.5)
    monkeypatch.setattr(
        diffusion, "_noise_and_denoise", lambda images, texts, _: seen.extend(texts)
    )
    embeddings = np.ones((400, 32), "float32")
    inputs = {"images": np.zeros((400, *SHAPE), "float32")}
    inputs |= {"text_embeddings": embeddings, "negative_embeddings": 2 * embeddings}
    diffusion.call(inputs, training=True)
    text, negative = (ops.convert_to_numpy(t) for t in seen)
    assert set(np.unique(text)) == {0.0, 1.0} and set(np.unique(negative)) == {0.0, 2.0}
    found = {
        kinds: np.mean((text[:, 0] == kinds[0]) & (negative[:, 0] == kinds[1]))
        for kinds in [(1, 2), (1, 0), (0, 0), (0, 2)]
    }
    expected = {(1, 2): 0.25, (1, 0): 0.25, (0, 0): 0.5, (0, 2): 0.0}
    assert found == pytest.approx(expected, abs=0.08)


WITHOUT = {"images": training_set()["images"]}


@pytest.mark.parametrize(
    "inputs, said",
    [
        (WITHOUT, "captions must hold one text for each of the 6 images; got none"),
        ({**WITHOUT, "captions": CAPTIONS}, "captions must .* 6 images; got 3"),
        ({**WITHOUT, "captions": None}, "captions must .* 6 images; got none"),
        ({**WITHOUT, "captions": [None] * 6}, "must be a text or a list of texts; got"),
        ({"captions": CAPTIONS}, r"images must have the shape \(batch, 4, 4, 1\)"),
        (
            {"images": np.zeros((3, 4, 6, 1)), "captions": CAPTIONS},
            r"images must have the shape .* got \(3, 4, 6, 1\)",
        ),
        (
            {**WITHOUT, "captions": CAPTIONS * 2},
            "negative_captions must hold one text for each of the 6 images; got none",
        ),
    ],
)
def test_bad_training_sets_are_one_sentence(triples, inputs, said):
    triples.compile("sgd")
    before = triples.diffusion.unet.get_weights()
    for use in (triples.fit, triples.evaluate):
        with pytest.raises(ValueError, match=said) as error:
            use(inputs, verbose=0)
        assert "\n" not in str(error.value)
    for old, new in zip(before, triples.diffusion.unet.get_weights(), strict=True):
        np.testing.assert_array_equal(new, old)  # not lost in a half-done step


def test_encoder_and_net_of_different_sizes_are_one_sentence(encoder):
    unet = build_unet(SHAPE, (4, 4), 1, text_shape=(16,))
    diffusion = TextConditionedDiffusionModel(unet, ema=0)
    with pytest.raises(ValueError, match="have 32 dimensions, but the U-Net takes 16"):
        TextToImage(encoder, diffusion)
    unet = build_unet(SHAPE, (4, 4), 1, text_shape=(LENGTH + 1, 32))
    diffusion = TextConditionedDiffusionModel(unet, ema=0)
    with pytest.raises(ValueError, match="gives 20 tokens a text, but .* takes 21"):
        TextToImage(encoder, diffusion)
    diffusion = DiffusionModel(build_unet(SHAPE, (4, 4), 1))
    said = "diffusion must be a TextConditionedDiffusionModel; got a DiffusionModel"
    with pytest.raises(ValueError, match=said):
        TextToImage(encoder, diffusion)


def test_unadapted_normaliser_is_one_sentence(encoder):
    unet = build_unet(SHAPE, (4, 4), 1, text_shape=(32,))
    model = TextToImage(encoder, TextConditionedDiffusionModel(unet, ema=0))
    model.compile("sgd")
    with pytest.raises(ValueError, match=r"call model\.normalizer\.adapt\(images"):
        model.fit(training_set())
