"""JAX and TensorFlow give the same for equal weights, and read each other's files.

Both sides compute everything of `compute`, save every model of the zoo, and load what
the other saved; one process a side.  Random draws are replaced by given numbers, as the
backends' own generators differ.

Tolerance: float32 keeps 7 digits, and the backends add up a convolution's terms in
different orders, so that about 5 digits of the largest number agree.  Pictures, rounded
to integers, may differ by 1.
"""

import runpy
from pathlib import Path
from unittest import mock

import keras
import numpy as np
import pytest
from keras import ops

from keras_gen import autoencoders, diffusion, text
from keras_gen.training import load_checkpoint, save_checkpoint

zoo = runpy.run_path(str(Path(__file__).with_name("zoo.py")))
random, fill = zoo["random"], zoo["fill"]
SHAPE, NUM, DIM, LENGTH = zoo["SHAPE"], zoo["NUM"], zoo["DIM"], zoo["LENGTH"]
DIGITS = 2e-5
pytestmark = pytest.mark.skipif(
    keras.backend.backend() == "jax",
    reason="compared in the run on TensorFlow, which also runs JAX, both ways",
)


def given_noise():
    """Puts given numbers in the place of every random draw."""

    def normal(shape, dtype=None, seed=None):
        return ops.cast(random(*map(int, shape), seed=4), dtype or "float32")

    def uniform(shape, dtype=None, seed=None):
        numbers = np.random.default_rng(5).uniform(size=tuple(map(int, shape)))
        return ops.cast(numbers, dtype or "float32")

    def randint(shape, minval, maxval, dtype="int32", seed=None):
        numbers = np.random.default_rng(6).integers(
            minval, maxval, size=tuple(map(int, shape))
        )
        return ops.cast(numbers, dtype)

    given = {"normal": normal, "uniform": uniform, "randint": randint}
    return mock.patch.multiple(keras.random, **given)


# ------------------------------------------------------------- what is computed


def functions():
    """Everything that is a plain function of tensors."""
    times = np.linspace(0, 1, 11, dtype="float32").reshape(-1, 1, 1, 1)
    clean, noisy = random(NUM, *SHAPE, seed=1), random(NUM, *SHAPE, seed=2)
    rates = [r[:NUM] for r in diffusion.diffusion_schedule(times)]
    tokens, mask = random(NUM, LENGTH, DIM), np.tri(NUM, LENGTH, dtype="int32")
    a, b = ops.convert_to_tensor(tokens[0]), ops.convert_to_tensor(tokens[1])
    chances = 1 / (1 + np.exp(-20 * clean))  # some are 0 or 1, to float32
    black_and_white = np.float32(noisy > 0)
    found = {
        "noise_rates": diffusion.diffusion_schedule(times)[0],
        "signal_rates": diffusion.CosineSchedule(0.1, 0.9)(times)[1],
        "add_noise": diffusion.add_noise(clean, noisy, *rates),
        "ddim_step": diffusion.ddim_step(clean, noisy, *rates),
        "guided_noise": diffusion.guided_noise(clean, noisy, 2.5),
        "pool_tokens": text.pool_tokens(ops.convert_to_tensor(tokens), mask),
        "slerp": text.slerp(0.3, a, b),
        "slerp of one": text.slerp(0.3, a, a),
        "interpolate_prompts": text.interpolate_prompts(a, b, 4),
        "kl_divergence": autoencoders.kl_divergence(*random(2, NUM, 3)),
        "reconstruction_loss": autoencoders.reconstruction_loss(
            black_and_white, ops.convert_to_tensor(chances)
        ),
    }
    with given_noise():
        found["drop_text"] = diffusion.drop_text(ops.convert_to_tensor(tokens), 0.5, 0)
    return found


def layers_and_blocks():
    """Layers with weights and the sampler."""
    features = keras.Input((8, 4, 6))
    block = fill(keras.Model(features, diffusion.residual_block(features, 4)))
    tokens = keras.Input((LENGTH, DIM))
    attention = diffusion.TextAttention(num_heads=2)
    attend = fill(keras.Model([features, tokens], attention(features, tokens)))
    x, words = random(NUM, 8, 4, 6), random(NUM, LENGTH, DIM, seed=1)
    words[:, 1:] *= np.arange(NUM).reshape(-1, 1, 1) % 2  # some are padding
    gaussians = [ops.convert_to_tensor(g) for g in random(2, NUM, 3)]
    sure = [gaussians[0], ops.full((NUM, 3), -50.0)]
    with given_noise():
        z = autoencoders.Sampler()(*gaussians)
    return {
        "residual_block": block(x),
        "residual_block in training": block(x, training=True),
        "TextAttention": attend([x, words]),
        "Sampler": z,
        "Sampler without noise": autoencoders.Sampler()(*sure),
    }


UNETS = {
    "plain": {},
    "grey and rectangular": {"image_shape": (8, 16, 1)},
    "deep": {"block_depth": 2, "widths": (4, 4, 8)},
    "maps": {"text_shape": (DIM,)},
    "maps, triples": {"text_shape": (DIM,), "negative": True},
    "attention": {"text_shape": (LENGTH, DIM)},
    "attention, triples": {"text_shape": (LENGTH, DIM), "negative": True},
    "modulated": {"text_shape": (LENGTH, DIM), "modulated": True},
    "looking at itself": {"self_attention": True},
    "normalised by group": {"normalization": "group"},
    "of patches": {"patch_size": 2},
    "told classes": {"num_classes": (2, DIM - 2), "modulated": True},
}


def unets():
    found = {}
    for name, options in UNETS.items():
        unet = fill(zoo["unet"](**options))
        inputs = [random(NUM, *x.shape[1:], seed=i) for i, x in enumerate(unet.inputs)]
        found[name] = unet(inputs)
    return found


def text_encoder():
    encoder = fill(zoo["text_encoder"]())
    prompts = [*zoo["CAPTIONS"][:4], "", "größer 花"]
    return {
        "token_ids": encoder.tokenize(prompts)["token_ids"],
        "tokens": encoder.embed(prompts),
        "pooled": encoder.embed(prompts, pooled=True),
    }


def model(name, folder):
    """A model's call, loss and one step, all of equal weights; saves it at last."""
    model, data = zoo["ZOO"][name]()
    fill(model)
    if name == "autoencoder":
        model.add_noise.stddev = 0.0  # drawn inside Keras
    model.compile(keras.optimizers.SGD(0.01, momentum=0.9))
    x = zoo["prepared"](model, data)
    pictures = zoo["generated"](model, data)
    with given_noise():
        y_pred = model(x, training=False)
        loss = model.compute_loss(x=x, y_pred=y_pred, training=False)
        trained_loss = model.train_on_batch(x)
    parts = y_pred.values() if isinstance(y_pred, dict) else y_pred
    found = {f"output {i}": output for i, output in enumerate(parts)}
    found |= {"loss": loss, "trained loss": trained_loss, "pictures": pictures}
    # Copied at once: JAX gives the memory away at the next step.
    weights = [ops.convert_to_numpy(w.value) for w in model.weights]
    found |= {f"weight {number}": weight for number, weight in enumerate(weights)}
    save_checkpoint(model, folder / f"{name}.keras", {})
    saved = zoo["outputs"](model, data) | {"pictures": zoo["generated"](model, data)}
    return found | {f"saved {key}": value for key, value in saved.items()}


def load(name, folder):
    loaded, _ = load_checkpoint(folder / f"{name}.keras")
    data = zoo["ZOO"][name]()[1]
    assert int(loaded.optimizer.iterations) == 1
    return zoo["outputs"](loaded, data) | {"pictures": zoo["generated"](loaded, data)}


PARTS = [functions, layers_and_blocks, unets, text_encoder]


def write(path, found):
    np.savez(path, **{key: ops.convert_to_numpy(v) for key, v in found.items()})


def compute(folder):
    """Computes all there is to compare, and saves it."""
    folder.mkdir()
    for part in PARTS:
        write(folder / f"{part.__name__}.npz", part())
    for name in zoo["ZOO"]:
        write(folder / f"{name}.npz", model(name, folder))


def load_all(folder, others):
    """Loads the models that the other backend saved."""
    for name in zoo["ZOO"]:
        write(folder / f"{name}, loaded.npz", load(name, others))


# ------------------------------------------------------------------------ tests

SCRIPT = """
import runpy, sys
from pathlib import Path
test, here, there = sys.argv[1:]
module = runpy.run_path(test)
module["compute"](Path(here))
module["load_all"](Path(here), Path(there))
print(module["keras"].backend.backend())
"""
FOLDERS = []  # what is computed once for all tests: of this backend, of the other


@pytest.fixture
def folders(other_backend_run, tmp_path_factory, backend):
    if not FOLDERS:
        base = tmp_path_factory.mktemp("backends")
        here, there = base / "here", base / "there"
        compute(here)
        other = other_backend_run(SCRIPT, __file__, there, here).split()[-1]
        assert {backend, other} == {"jax", "tensorflow"}
        load_all(here, there)
        FOLDERS.extend([here, there])
    return FOLDERS


def assert_close(found, expected):
    assert found.keys() == expected.keys() and len(found)
    for key, x in found.items():
        y = expected[key]
        assert x.shape == y.shape, key
        assert np.isfinite(x).all(), key
        if x.dtype == np.uint8:
            atol = 1
            assert y.std() > 1, f"{key}: a picture of nothing"
        else:
            # A step adds a gradient, which may be larger than the weight.
            least = 5.0 if key.startswith("weight") else 1e-3
            atol = DIGITS * max(np.abs(y).max(), least)
        np.testing.assert_allclose(
            x.astype("float64"), y.astype("float64"), rtol=0, atol=atol, err_msg=key
        )


def read(path):
    with np.load(path) as arrays:
        return dict(arrays)


@pytest.mark.parametrize("part", [*(part.__name__ for part in PARTS), *zoo["ZOO"]])
def test_equal_weights_give_equal_numbers(folders, part):
    assert_close(*(read(folder / f"{part}.npz") for folder in folders))


@pytest.mark.parametrize("reader", [0, 1], ids=["here", "there"])
@pytest.mark.parametrize("name", zoo["ZOO"])
def test_a_file_of_the_other_backend_gives_the_same(folders, name, reader):
    found = read(folders[reader] / f"{name}, loaded.npz")
    saved = read(folders[1 - reader] / f"{name}.npz")
    prefix = "saved "
    expected = {k.removeprefix(prefix): v for k, v in saved.items() if prefix in k}
    assert_close(found, expected)
