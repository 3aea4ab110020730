"""Autoencoders against independent truth: SciPy, quadrature, closed forms."""

import keras
import numpy as np
import pytest
from keras import layers, ops
from scipy import integrate, special, stats

from keras_gen.autoencoders import (
    VAE,
    Autoencoder,
    Sampler,
    build_code_encoder,
    build_decoder,
    build_encoder,
    kl_divergence,
    latent_grid,
    reconstruction_loss,
)
from keras_gen.quick_layers import Conv2DTranspose

SHAPE = (8, 8, 1)
SHAPES = [SHAPE, (8, 16, 3), (12, 4, 2)]


def pictures(num, shape=SHAPE, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (num, *shape), dtype="uint8")


def black_and_white(num, shape=SHAPE, seed=0):
    return 255 * (pictures(num, shape, seed) > 160).astype("uint8")


def blobs(num, size=8, seed=0):
    """White discs at random places: pictures that can be learned."""
    centres = np.random.default_rng(seed).uniform(1, size - 2, (num, 2, 1, 1))
    rows, columns = np.mgrid[:size, :size]
    distances = (rows - centres[:, 0]) ** 2 + (columns - centres[:, 1]) ** 2
    return (255 * np.exp(-distances / 3)).astype("uint8")[..., None]


def tiny_vae(shape=SHAPE, latent_dim=2, **kwargs):
    vae = VAE(
        build_encoder(shape, latent_dim, (4, 8), 16),
        build_decoder(shape, latent_dim, (4, 8)),
        **kwargs,
    )
    vae.compile(keras.optimizers.Adam(0.01))
    return vae


def given_encoder(shape, z_mean, z_log_var):
    """An encoder that says the same of every picture."""
    images = keras.Input(shape)
    flat = layers.Flatten()(images)
    outputs = [
        layers.Dense(
            len(values),
            kernel_initializer="zeros",
            bias_initializer=lambda shape, dtype, values=values: ops.cast(
                np.array(values), dtype
            ),
        )(flat)
        for values in (z_mean, z_log_var)
    ]
    return keras.Model(images, outputs)


def linear_decoder(shape, kernel, bias):
    """Logits linear in `z`: kernel `(latent_dim, pixels)`, bias `(pixels,)`."""
    latents = keras.Input((len(kernel),))
    dense = layers.Dense(len(bias))
    logits = layers.Reshape(shape)(dense(latents))
    decoder = keras.Model(latents, layers.Activation("sigmoid")(logits))
    dense.set_weights([np.array(kernel), np.array(bias)])
    return decoder


def identity(shape=SHAPE):
    """An autoencoder whose code is the picture."""
    images, codes = keras.Input(shape), keras.Input((int(np.prod(shape)),))
    return (
        keras.Model(images, layers.Flatten()(images)),
        keras.Model(codes, layers.Reshape(shape)(codes)),
    )


def entropy(images):
    """Binary cross-entropy of pictures in [0, 1] with themselves, in nats each."""
    flat = images.reshape(len(images), -1).astype("float64")
    return special.entr(flat).sum(1) + special.entr(1 - flat).sum(1)


# ----------------------------------------------------------------------- sampler


def draw(sampler, z_mean, z_log_var):
    z = sampler(*map(ops.convert_to_tensor, (z_mean, z_log_var)))
    return ops.convert_to_numpy(z)


def test_sampler_scales_by_the_standard_deviation():
    zeros = np.zeros((4, 3), "float32")
    z_mean = np.linspace(-2, 2, 12, dtype="float32").reshape(4, 3)
    z_log_var = np.linspace(-3, 3, 12, dtype="float32").reshape(4, 3)
    epsilon = draw(Sampler(seed=5), zeros, zeros)
    z = draw(Sampler(seed=5), z_mean, z_log_var)
    np.testing.assert_allclose(z, z_mean + np.exp(z_log_var / 2) * epsilon, rtol=1e-5)


@pytest.mark.parametrize("log_var", [-2.0, 0.0, 2.0])
def test_samples_have_the_moments_of_the_gaussian(log_var):
    num = 100_000
    z = draw(Sampler(seed=0), np.full((num, 2), 3.0), np.full((num, 2), log_var))
    deviation = np.exp(0.5 * log_var)
    # Five standard errors of the mean, of the deviation and of the correlation.
    assert np.abs(z.mean(0) - 3.0).max() < 5 * deviation / np.sqrt(num)
    assert np.abs(z.std(0) / deviation - 1).max() < 5 / np.sqrt(2 * num)
    assert abs(np.corrcoef(z.T)[0, 1]) < 5 / np.sqrt(num)
    assert stats.kstest((z[:, 0] - 3) / deviation, "norm").pvalue > 1e-4


def test_sampler_noise_is_fresh_and_seeded():
    zeros = np.zeros((5, 2), "float32")
    one, same, other = Sampler(seed=1), Sampler(seed=1), Sampler(seed=2)
    first, second = draw(one, zeros, zeros), draw(one, zeros, zeros)
    assert np.unique(np.stack([first, second])).size == 20
    np.testing.assert_array_equal(draw(same, zeros, zeros), first)
    np.testing.assert_array_equal(draw(same, zeros, zeros), second)
    assert not np.any(draw(other, zeros, zeros) == first)
    assert Sampler.from_config(one.get_config()).seed == 1


class Gaussians(keras.Model):
    """Learns `sum(slopes * z)`, so that one step of SGD shows the gradients."""

    def __init__(self, z_mean, z_log_var, slopes):
        super().__init__()
        self.z_mean = self.add_weight(shape=z_mean.shape, name="mean")
        self.z_log_var = self.add_weight(shape=z_mean.shape, name="log_var")
        self.z = self.add_weight(shape=z_mean.shape, trainable=False, name="z")
        self.slopes = slopes
        self.sampler = Sampler(seed=0)
        self.z_mean.assign(z_mean)
        self.z_log_var.assign(z_log_var)

    def call(self, inputs):
        z = self.sampler(self.z_mean.value, self.z_log_var.value)
        self.z.assign(z)
        return z

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        return ops.sum(self.slopes * y_pred)


def test_gradients_pass_through_the_sample():
    rng = np.random.default_rng(0)
    z_mean, z_log_var, slopes = rng.standard_normal((3, 4, 2)).astype("float32")
    model = Gaussians(z_mean, z_log_var, slopes)
    model.compile(keras.optimizers.SGD(1.0))
    model.train_on_batch(np.zeros((4, 1), "float32"))
    moved = z_mean - ops.convert_to_numpy(model.z_mean.value)
    np.testing.assert_allclose(moved, slopes, rtol=1e-5, atol=1e-6)
    moved = z_log_var - ops.convert_to_numpy(model.z_log_var.value)
    noise = ops.convert_to_numpy(model.z.value) - z_mean  # exp(z_log_var / 2) epsilon
    assert np.abs(noise).min() > 1e-3
    np.testing.assert_allclose(moved, slopes * 0.5 * noise, rtol=1e-4, atol=1e-6)


# ------------------------------------------------------------------------ losses

GAUSSIANS = [(0.0, 0.0), (1.5, 0.0), (0.0, 2.0), (-0.7, -3.0)]


@pytest.mark.parametrize(("mean", "log_var"), GAUSSIANS)
def test_kl_divergence_is_the_integral(mean, log_var):
    q, p = stats.norm(mean, np.exp(log_var / 2)), stats.norm()
    ends = q.ppf([1e-14, 1 - 1e-14])
    truth, _ = integrate.quad(lambda z: q.pdf(z) * (q.logpdf(z) - p.logpdf(z)), *ends)
    found = kl_divergence(ops.array([[mean]]), ops.array([[log_var]]))
    np.testing.assert_allclose(found, [truth], rtol=1e-4, atol=1e-6)


def test_kl_divergence_is_the_monte_carlo_mean():
    mean, log_var = map(np.array, zip(*GAUSSIANS, strict=True))
    q = stats.norm(mean, np.exp(log_var / 2))
    z = q.rvs((200_000, 4), random_state=0)
    ratios = (q.logpdf(z) - stats.norm.logpdf(z)).sum(1)
    found = float(kl_divergence(ops.array([mean]), ops.array([log_var]))[0])
    assert abs(found - ratios.mean()) < 5 * ratios.std() / np.sqrt(len(z))


def test_kl_divergence_is_least_at_the_prior():
    rng = np.random.default_rng(0)
    found = ops.convert_to_numpy(kl_divergence(*rng.standard_normal((2, 100, 3))))
    assert found.shape == (100,) and found.min() > 0
    assert float(kl_divergence(np.zeros((1, 3)), np.zeros((1, 3)))[0]) == 0


@pytest.mark.parametrize("shape", SHAPES)
def test_reconstruction_loss_is_the_likelihood_in_nats(shape):
    images = (black_and_white(5, shape) / 255).astype("float32")
    chances = np.random.default_rng(1).uniform(0.01, 0.99, images.shape)
    truth = -stats.bernoulli.logpmf(images, chances).sum((1, 2, 3))
    found = reconstruction_loss(images, ops.cast(chances, "float32"))
    assert found.shape == (5,)
    np.testing.assert_allclose(found, truth, rtol=1e-5)


def test_reconstruction_loss_of_grey_pictures():
    rng = np.random.default_rng(0)
    images, chances = rng.uniform(0.01, 0.99, (2, 3, *SHAPE)).astype("float32")
    truth = -special.xlogy(images, chances) - special.xlog1py(1 - images, -chances)
    found = ops.convert_to_numpy(reconstruction_loss(images, chances))
    np.testing.assert_allclose(found, truth.sum((1, 2, 3)), rtol=1e-5)
    least = ops.convert_to_numpy(reconstruction_loss(images, images))
    np.testing.assert_allclose(least, entropy(images), rtol=1e-5)
    assert np.all(found > least)


def test_reconstruction_loss_of_a_sure_mistake_is_finite():
    black, white = np.zeros((1, *SHAPE), "float32"), np.ones((1, *SHAPE), "float32")
    for images in (black, white):
        assert float(reconstruction_loss(images, images)[0]) < 1e-4
        wrong = float(reconstruction_loss(images, 1 - images)[0])
        np.testing.assert_allclose(wrong / 64, -np.log(1e-7), rtol=0.02)


def test_a_sure_mistake_costs_the_same_in_evaluate_as_in_elbo():
    # Keras on TensorFlow would look behind the sigmoid: 30 nats a pixel, not 16.
    decoder = linear_decoder(SHAPE, np.zeros((1, 64)), np.full(64, 30.0))
    vae = VAE(given_encoder(SHAPE, [0.0], [0.0]), decoder)
    vae.compile()
    images = np.zeros((2, *SHAPE), "uint8")
    loss = vae.evaluate(images, verbose=0, return_dict=True)["loss"]
    np.testing.assert_allclose(loss, -vae.elbo(images, num_samples=1), rtol=1e-5)


# -------------------------------------------------------------------------- ELBO


@pytest.mark.parametrize("beta", [0.0, 1.0, 4.0])
def test_loss_of_a_constant_decoder_has_a_closed_form(beta):
    rng = np.random.default_rng(0)
    logits = rng.standard_normal(64)
    mean, log_var = [0.5, -1.0, 2.0], [0.3, -2.0, 1.0]
    vae = VAE(
        given_encoder(SHAPE, mean, log_var),
        linear_decoder(SHAPE, np.zeros((3, 64)), logits),
        beta=beta,
    )
    vae.compile()
    images = black_and_white(10)
    bits = images.reshape(10, -1) / 255
    likelihood = stats.bernoulli.logpmf(bits, special.expit(logits)).sum(1)
    divergence = 0.5 * sum(
        m * m + np.exp(v) - 1 - v for m, v in zip(mean, log_var, strict=True)
    )
    np.testing.assert_allclose(
        vae.elbo(images, num_samples=2), likelihood - divergence, rtol=1e-5
    )
    # The last batch of 4 has 2 pictures: every picture counts the same all the same.
    logs = vae.evaluate(images, batch_size=4, verbose=0, return_dict=True)
    np.testing.assert_allclose(logs["kl_loss"], divergence, rtol=1e-5)
    np.testing.assert_allclose(
        logs["reconstruction_loss"], -likelihood.mean(), rtol=1e-5
    )
    np.testing.assert_allclose(
        logs["loss"], beta * divergence - likelihood.mean(), rtol=1e-5
    )
    weights = np.arange(10, dtype="float32")
    loss = vae.evaluate(images, sample_weight=weights, verbose=0, return_dict=True)
    expected = weights * (beta * divergence - likelihood)
    np.testing.assert_allclose(loss["loss"], expected.mean(), rtol=1e-5)


@pytest.mark.parametrize(("mean", "log_var"), [(0.4, -1.0), (-1.0, 0.5)])
def test_elbo_is_the_likelihood_less_the_gap_to_the_posterior(mean, log_var):
    rng = np.random.default_rng(0)
    kernel, bias = rng.standard_normal((1, 16)), rng.standard_normal(16)
    vae = VAE(
        given_encoder((4, 4, 1), [mean], [log_var]),
        linear_decoder((4, 4, 1), kernel, bias),
    )
    images = black_and_white(3, (4, 4, 1))
    z = np.linspace(-8, 8, 4001)
    q = stats.norm(mean, np.exp(log_var / 2))
    chances = special.expit(z[:, None] * kernel + bias)
    num = 2000
    estimates = vae.elbo(np.repeat(images, num // 2, axis=0), num_samples=2, seed=1)
    found = estimates.reshape(3, -1).mean(1)
    for image, elbo in zip(images, found, strict=True):
        likelihood = stats.bernoulli.logpmf(image.ravel() / 255, chances).sum(1)
        joint = likelihood + stats.norm.logpdf(z)
        evidence = np.log(np.trapezoid(np.exp(joint), z))  # log p(x)
        posterior = joint - evidence
        gap = np.trapezoid(q.pdf(z) * (q.logpdf(z) - posterior), z)
        spread = np.sqrt(
            np.trapezoid(q.pdf(z) * likelihood**2, z)
            - np.trapezoid(q.pdf(z) * likelihood, z) ** 2
        )
        assert gap > 0.01
        assert abs(elbo - (evidence - gap)) < 5 * spread / np.sqrt(num) + 1e-3
        assert elbo < evidence


def test_elbo_is_seeded():
    vae, images = tiny_vae(), pictures(3)
    first, same, other = (vae.elbo(images, 2, seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, same)
    assert np.all(first != other)


@pytest.mark.parametrize("batch_size", [1, 4, 10, 64])
def test_logged_parts_add_up_to_the_loss(batch_size):
    vae = tiny_vae(beta=3.0)
    logs = vae.fit(pictures(10), batch_size=batch_size, verbose=0).history
    np.testing.assert_allclose(
        logs["loss"],
        np.array(logs["reconstruction_loss"]) + 3.0 * np.array(logs["kl_loss"]),
        rtol=1e-5,
    )


# --------------------------------------------------------------------------- VAE


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_trains_and_keeps_its_shape(shape):
    vae = tiny_vae(shape)
    images = pictures(5, shape)
    vae.fit(images, batch_size=4, verbose=0)
    mean, log_var = vae.encode(images)
    assert mean.shape == log_var.shape == (5, 2)
    reconstructions, *gaussian = vae(images)
    assert reconstructions.shape == images.shape
    assert 0 <= ops.min(reconstructions) and ops.max(reconstructions) <= 1
    np.testing.assert_allclose(gaussian, (mean, log_var), rtol=1e-4, atol=1e-5)
    for made, num in [
        (vae.reconstruct(images), 5),
        (vae.generate(3), 3),
        (vae.interpolate(*images[:2], num=4), 4),
    ]:
        assert made.dtype == np.uint8 and made.shape == (num, *shape)


@pytest.mark.parametrize("model", ["vae", "autoencoder"])
def test_integers_and_floats_are_the_same_pictures(model):
    vae = tiny_vae() if model == "vae" else Autoencoder(*halves())
    images = pictures(4)
    expected = vae.encode(images)
    for same in (
        images.astype("int64"),
        (images / 255).astype("float32"),
        images / 255,
        ops.convert_to_tensor(images),
    ):
        np.testing.assert_allclose(vae.encode(same), expected, rtol=1e-4, atol=1e-6)
    vae.compile()
    if model == "vae":
        vae.sampler.call = lambda z_mean, z_log_var: z_mean
    losses = [vae.evaluate(x, verbose=0) for x in (images, images / 255)]
    np.testing.assert_allclose(*losses, rtol=1e-5)


def test_reconstruct_decodes_the_mean():
    vae, images = tiny_vae(), pictures(3)
    expected = vae.decode(vae.encode(images)[0])
    np.testing.assert_array_equal(vae.reconstruct(images), expected)


def test_generate_is_seeded():
    vae = tiny_vae()
    scale = vae.decoder.layers[1]  # so that two latent vectors differ in the picture
    scale.set_weights([10 * w for w in scale.get_weights()])
    first, same, other = (vae.generate(3, seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, same)
    assert np.any(first != other)
    assert np.any(vae.generate(3) != vae.generate(3))


def test_generated_latents_are_standard_normal():
    vae = tiny_vae()
    seen = []
    vae.decode = seen.append
    vae.generate(20_000, seed=0)
    assert stats.kstest(seen[0].ravel(), "norm").pvalue > 1e-4


def test_interpolate_walks_the_line_between_two_codes():
    vae, images = tiny_vae(latent_dim=3), pictures(2)
    seen = []
    vae.decode = seen.append
    vae.interpolate(*images, num=5)
    start, end = vae.encode(images)[0]
    expected = [start + k / 4 * (end - start) for k in range(5)]
    np.testing.assert_allclose(seen[0], expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("chance", "grey"), [(0.0, 0), (0.2, 51), (0.999, 255)])
def test_decoded_pictures_are_rounded(chance, grey):
    logits = np.full(64, special.logit(max(chance, 1e-6)))
    vae = VAE(
        given_encoder(SHAPE, [0.0], [0.0]),
        linear_decoder(SHAPE, np.zeros((1, 64)), logits),
    )
    assert np.all(vae.decode([[0.0]]) == grey)


def test_vae_learns_32_pictures():
    vae, images = tiny_vae(seed=0), blobs(32)
    losses = vae.fit(images, epochs=20, batch_size=8, verbose=0).history["loss"]
    mean_picture = np.full_like(images, 1) * (images / 255).mean()
    baseline = ops.mean(reconstruction_loss(images / 255.0, mean_picture + 0.0))
    assert losses[-1] < 0.8 * losses[0]
    assert losses[-1] < float(baseline)


class Watched:
    """A decoder that shows its latent vector: colour 0 is z[0], colour 1 is z[1]."""

    def __init__(self):
        latents = keras.Input((2,))
        dots = layers.Reshape((1, 1, 2))(latents)
        self.model = keras.Model(latents, layers.UpSampling2D((2, 3))(dots))
        self.input_shape = self.model.input_shape
        self.calls = 0

    def predict(self, *args, **kwargs):
        self.calls += 1
        return self.model.predict(*args, **kwargs)


traced = []


class Traced(layers.Layer):
    """Passes latents on, and notes when a program is traced."""

    def call(self, latents):
        traced.append(latents.shape)
        return latents


def test_new_latents_compile_nothing_new():
    z = keras.Input((2,))
    x = layers.Dense(16, activation="sigmoid")(Traced()(z))
    decoder = keras.Model(z, layers.Reshape((4, 4, 1))(x))
    vae = VAE(build_encoder((4, 4, 1), 2, widths=(2,)), decoder)
    images = np.zeros((2, 4, 4, 1), "uint8")
    vae.generate(6, seed=0)
    vae.interpolate(*images, num=5)
    latent_grid(decoder, 3, extent=1.0)
    assert traced
    traced.clear()
    vae.generate(6, seed=1)
    vae.interpolate(*(images + 255), num=5)
    latent_grid(decoder, 3, extent=2.5)
    assert traced == []


def test_latent_grid_runs_right_and_up():
    decoder = Watched()
    grid = latent_grid(decoder, 5, extent=1.5)
    assert decoder.calls == 1
    assert grid.shape == (10, 15, 2)
    axis = np.linspace(-1.5, 1.5, 5)
    expected = np.broadcast_to(np.repeat(axis, 3), (10, 15))
    np.testing.assert_allclose(grid[..., 0], expected, rtol=1e-6)
    expected = np.broadcast_to(np.repeat(axis[::-1], 2)[:, None], (10, 15))
    np.testing.assert_allclose(grid[..., 1], expected, rtol=1e-6)


# ------------------------------------------------------------------- autoencoder


def halves(shape=SHAPE, latent_dim=4):
    return (
        build_code_encoder(shape, latent_dim, (4, 8), 16),
        build_decoder(shape, latent_dim, (4, 8)),
    )


def test_noise_is_put_on_in_training_only():
    model = Autoencoder(*identity((32, 32, 1)), noise=0.2, seed=0)
    images = pictures(8, (32, 32, 1)) / np.float32(255)
    _, codes = model(images, training=False)
    np.testing.assert_allclose(codes, images.reshape(8, -1), atol=1e-6)
    _, codes = model(images, training=True)
    noise = ops.convert_to_numpy(codes) - images.reshape(8, -1)
    assert abs(noise.std() / 0.2 - 1) < 5 / np.sqrt(2 * noise.size)
    assert abs(noise.mean()) < 5 * 0.2 / np.sqrt(noise.size)
    _, again = model(images, training=True)
    assert np.any(ops.convert_to_numpy(again) != ops.convert_to_numpy(codes))


def test_denoising_is_measured_against_the_clean_picture():
    model = Autoencoder(*identity(), noise=0.5, seed=0)
    images = ops.convert_to_tensor(pictures(4) / np.float32(255))
    noisy = ops.clip(images + 0.3, 0.0, 1.0)
    codes = ops.reshape(noisy, (4, -1))
    loss = model.compute_loss(x=images, y_pred=(noisy, codes))
    truth = np.mean(reconstruction_loss(images, noisy))
    np.testing.assert_allclose(loss, truth, rtol=1e-6)


def test_without_noise_training_changes_nothing():
    model = Autoencoder(*identity())
    images = pictures(2)
    np.testing.assert_array_equal(
        model(images, training=True)[1], model(images, training=False)[1]
    )


def test_sparsity_costs_the_l1_norm_of_the_code():
    model = Autoencoder(*identity(), sparsity=0.25)
    model.compile()
    images = pictures(6) / np.float32(255)
    logs = model.evaluate(images, batch_size=4, verbose=0, return_dict=True)
    norms = images.reshape(6, -1).sum(1)
    np.testing.assert_allclose(logs["sparsity_loss"], 0.25 * norms.mean(), rtol=1e-5)
    np.testing.assert_allclose(
        logs["reconstruction_loss"], entropy(images).mean(), rtol=1e-4
    )
    np.testing.assert_allclose(
        logs["loss"], (entropy(images) + 0.25 * norms).mean(), rtol=1e-4
    )
    weights = np.array([0, 0, 1, 0, 0, 2.0])
    loss = model.evaluate(images, sample_weight=weights, verbose=0, return_dict=True)
    expected = np.mean(weights * (entropy(images) + 0.25 * norms))
    np.testing.assert_allclose(loss["loss"], expected, rtol=1e-4)


def test_sparsity_counts_negative_codes_too():
    model = Autoencoder(*halves(), sparsity=2.0)
    images = ops.zeros((1, *SHAPE))
    codes = ops.array([[-1.0, 0.5, 0.0, -2.0]])
    for y_pred, expected in [((images, codes), 7.0), ((images, 0 * codes), 0.0)]:
        loss = model.compute_loss(x=images, y_pred=y_pred)
        np.testing.assert_allclose(loss, expected, atol=1e-4)


@pytest.mark.parametrize("options", [{}, {"noise": 0.3}, {"sparsity": 0.1}], ids=str)
def test_autoencoder_learns_32_pictures(options):
    model, images = Autoencoder(*halves(), seed=0, **options), blobs(32)
    model.compile(keras.optimizers.Adam(0.01))
    history = model.fit(images, epochs=40, batch_size=8, verbose=0).history
    losses = history["reconstruction_loss"]
    assert losses[-1] < 0.8 * losses[0]
    pictures = model.reconstruct(images)
    assert pictures.dtype == np.uint8 and pictures.shape == images.shape
    error = np.mean((pictures - images.astype(float)) ** 2)
    assert error < 0.7 * np.mean((images.mean(0) - images.astype(float)) ** 2)


def test_sparsity_puts_zeros_into_the_code_and_keeps_the_pictures():
    shares = []
    for sparsity in (0.0, 0.03):
        keras.utils.set_random_seed(0)
        encoder = build_code_encoder(SHAPE, 32, (8,), activation="relu")
        model = Autoencoder(encoder, build_decoder(SHAPE, 32, (8,)), sparsity=sparsity)
        model.compile(keras.optimizers.Adam(0.003))
        images = blobs(32)
        model.fit(images, epochs=60, batch_size=8, verbose=0)
        shares.append(np.mean(model.encode(images) == 0))
        error = np.mean((model.reconstruct(images) - images.astype(float)) ** 2)
        assert error < 0.1 * np.mean((images.mean(0) - images.astype(float)) ** 2)
    assert shares[1] > shares[0] + 0.1


# ---------------------------------------------------------------------- builders


def layers_of(model, kind):
    return [layer for layer in model.layers if isinstance(layer, kind)]


@pytest.mark.parametrize("build", [build_encoder, build_code_encoder])
def test_encoders_stride_and_do_not_pool(build):
    encoder = build((16, 8, 1), 3, widths=(4, 6, 8))
    convolutions = layers_of(encoder, layers.Conv2D)
    assert [c.strides for c in convolutions] == [(2, 2)] * 3
    assert [c.filters for c in convolutions] == [4, 6, 8]
    assert not [layer for layer in encoder.layers if "pool" in layer.name]
    for output in encoder.outputs:
        assert output.shape == (None, 3) and output.dtype == "float32"
    last = [layer for layer in encoder.layers if layer.output in encoder.outputs]
    assert [d.activation for d in last] == [keras.activations.linear] * len(last)


def test_decoder_mirrors_the_encoder():
    decoder = build_decoder((16, 8, 3), 3, widths=(4, 6))
    convolutions = layers_of(decoder, layers.Conv2DTranspose)
    assert [c.strides for c in convolutions] == [(2, 2)] * 2
    assert [c.filters for c in convolutions] == [6, 4]
    assert decoder.output_shape == (None, 16, 8, 3)
    assert decoder.output.dtype == "float32"
    far = decoder.predict(1e3 * np.eye(3), verbose=0)
    assert far.min() >= 0 and far.max() <= 1


@pytest.mark.parametrize(
    "settings",
    [
        {"kernel_size": 3, "strides": 2, "padding": "same"},
        {"kernel_size": 5, "strides": 3, "padding": "same", "activation": "relu"},
        {"kernel_size": 3, "strides": 2, "padding": "valid"},
        {"kernel_size": 3, "strides": 2, "padding": "same", "use_bias": False},
        {"kernel_size": 4, "strides": 2, "padding": "same"},
    ],
)
def test_transposed_convolution_learns_what_keras_learns(settings):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 5, 4, 3)).astype("float32")
    ours, theirs = (
        keras.Sequential([keras.Input(x.shape[1:]), kind(2, **settings)])
        for kind in (Conv2DTranspose, layers.Conv2DTranspose)
    )
    theirs.set_weights(ours.get_weights())
    before = ours.get_weights()[0]
    y = rng.normal(size=ours.predict(x, verbose=0).shape)
    for model in (ours, theirs):
        model.compile(keras.optimizers.SGD(1.0), loss="mean_squared_error")
        model.train_on_batch(x, y)
    assert np.abs(ours.get_weights()[0] - before).max() > 1e-3
    for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


# --------------------------------------------------------------------- bad input


BUILDERS = [build_encoder, build_code_encoder, build_decoder]


@pytest.mark.parametrize("build", BUILDERS)
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (((8, 8), 2), r"image_shape must be three .* got \(8, 8\)"),
        ((8, 2), "image_shape must be three .* got 8"),
        (((8, 8, 0), 2), r"image_shape must be three .* got \(8, 8, 0\)"),
        (((8, 10, 1), 2), r"divisible by 4 .* got \(8, 10, 1\)"),
        (((8, 8, 1), 0), "latent_dim must be a positive integer; got 0"),
        (((8, 8, 1), 2.5), "latent_dim must be a positive integer; got 2.5"),
        (((8, 8, 1), 2, ()), r"widths must be positive integers; got \(\)"),
        (((8, 8, 1), 2, (4, -1)), r"widths must be positive integers; got \(4, -1\)"),
        (((8, 8, 1), 2, 8), "widths must be positive integers.* got 8"),
    ],
)
def test_builders_say_what_does_not_fit(build, arguments, message):
    with pytest.raises(ValueError, match=message):
        build(*arguments)


@pytest.mark.parametrize("build", BUILDERS[:2])
def test_encoders_say_that_hidden_units_do_not_fit(build):
    with pytest.raises(ValueError, match="hidden_units must be a positive integer"):
        build((8, 8, 1), 2, (4,), hidden_units=0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: tiny_vae(beta=-1), "beta must be a number of at least 0; got -1"),
        (
            lambda: Autoencoder(*halves(), noise=-1),
            "noise must be a number of at least 0",
        ),
        (
            lambda: Autoencoder(*halves(), sparsity=-1),
            "sparsity must be a number of at least 0",
        ),
        (lambda: VAE(*halves()), "must return z_mean and z_log_var; it has 1 output"),
        (
            lambda: Autoencoder(build_encoder(SHAPE, 4, (4,)), halves()[1]),
            "must return one code; it has 2 outputs",
        ),
        (
            lambda: VAE(build_encoder(SHAPE, 3, (4,)), halves()[1]),
            "have 3 dimensions, but the decoder takes 4",
        ),
        (
            lambda: Autoencoder(halves()[0], build_decoder((8, 16, 1), 4)),
            r"takes pictures \(8, 8, 1\), but the decoder makes \(8, 16, 1\)",
        ),
    ],
)
def test_models_say_which_parts_do_not_fit(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.fixture(scope="module", params=["vae", "autoencoder"])
def model(request):
    if request.param == "vae":
        return tiny_vae()
    model = Autoencoder(*halves())
    model.compile(keras.optimizers.Adam(0.01))
    return model


@pytest.mark.parametrize("method", ["fit", "encode", "reconstruct", "__call__"])
@pytest.mark.parametrize("shape", [(2, 8, 8), (2, 8, 8, 3), (8, 8, 1)])
def test_pictures_of_another_shape_are_named(model, method, shape):
    with pytest.raises(ValueError, match=r"shape \(batch, 8, 8, 1\); got \("):
        getattr(model, method)(np.zeros(shape, "uint8"))
    assert np.isfinite(model.encode(pictures(2))).all()  # the weights are still there


@pytest.mark.parametrize("method", ["fit", "encode", "reconstruct"])
@pytest.mark.parametrize("worst", [255.0, -0.5, np.nan])
def test_floats_out_of_range_are_named(model, method, worst):
    images = np.zeros((2, *SHAPE))
    images[0, 0] = worst
    with pytest.raises(ValueError, match=r"uint8 in \[0, 255\] or floats in \[0, 1\]"):
        getattr(model, method)(images)


@pytest.mark.parametrize("latents", [[1.0, 2.0, 3.0], [[1.0, 2.0, 3.0]]])
def test_latents_of_another_shape_are_named(model, latents):
    with pytest.raises(ValueError, match=r"must have the shape \(batch, [24]\); got"):
        model.decode(latents)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda vae: vae.generate(0), "num_images must be a positive integer; got 0"),
        (
            lambda vae: vae.interpolate(*pictures(2), num=0),
            "num must be a positive integer; got 0",
        ),
        (lambda vae: vae.elbo(pictures(2), 0), "num_samples must be a positive"),
        (lambda vae: latent_grid(vae.decoder, 0), "n must be a positive integer"),
        (
            lambda vae: latent_grid(tiny_vae(latent_dim=3).decoder, 2),
            "needs a 2-D latent space; the decoder takes 3",
        ),
    ],
)
def test_numbers_that_make_no_sense_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call(tiny_vae())
