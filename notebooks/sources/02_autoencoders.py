# %% [markdown]
# # 2. Autoencoders and VAEs
#
# After this notebook you have written a variational autoencoder, trained it on
# handwritten digits and walked through its latent space. The lecture page is
# [Autoencoders and VAEs](../lectures/02_autoencoders.md); the symbols stand in
# [Notation](../lectures/notation.md).
#
# There are seven exercises. In each of them:
#
# 1. **Predict.** Say what will come out before you run anything.
# 2. **Write.** Fill in the code where it says so.
# 3. **Check.** `keras_gen.check` says what is right, and what a mistake looks like.
# 4. **See.** Your code runs in a real model.
#
# An exercise may stay open: `keras_gen.mine_or_ours` then takes the library's own, so
# everything below still runs, and you can come back later.

# %%
import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")  # or "jax"; before Keras comes in
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # quick on older processors too

import keras
import numpy as np
from keras import layers, ops

import keras_gen
from keras_gen import plots

keras.utils.set_random_seed(0)

# %% [markdown]
# ## The data, and a trained model
#
# There are 1,500 digits to train on and 297 to test with, of 28 × 28 pixels each. The
# networks want floats in $[0, 1]$. `preset` is a VAE that was trained on these digits
# with two latent dimensions: its encoder makes two numbers of a picture, and its
# decoder a picture of two numbers.

# %%
train, test = keras_gen.digits()
images = train.images.astype("float32") / 255  # (1500, 28, 28, 1)
test_images = test.images.astype("float32") / 255  # (297, 28, 28, 1)

preset = keras_gen.VAE.from_preset("vae_digits")
plots.pairs(test.images[:10], preset.reconstruct(test.images[:10]))

# %% [markdown]
# **Predict.** Where on the plane does the encoder put the ten digits? Which of them
# will lie close together? The pictures above give a hint.

# %%
z_mean, z_log_var = preset.encode(test.images)  # (297, 2) each
plots.latent_map(z_mean, test.labels)  # a point for each picture, at its z_mean

# %% [markdown]
# ## Exercise 1: the KL divergence
#
# For each picture the encoder gives a Gaussian with the mean $\mu$ and the variance
# $\sigma^2$, in each of $d$ latent dimensions. The loss charges its divergence from the
# standard normal distribution $\mathcal N(0, I)$, in nats:
#
# $$
# \mathrm{KL} = \frac12 \sum_{j=1}^{d}
# \left(\mu_j^2 + \sigma_j^2 - 1 - \log \sigma_j^2\right)
# $$
#
# **Predict.** What is it where $\mu = 0$ and $\sigma = 1$? What becomes of it where a
# code is made ever more exact, $\sigma \to 0$?
#
# **Write.** In come `z_mean` $= \mu$ and `z_log_var` $= \log \sigma^2$, tensors of the
# shape `(batch, latent_dim)`. Out comes one number a picture, `(batch,)`. Take
# `keras.ops`, so that it can be trained through.


# %%
def kl_divergence(z_mean, z_log_var):
    """KL of N(mean, variance) from N(0, I), in nats, `(batch,)`."""
    ### BEGIN SOLUTION
    variance = ops.exp(z_log_var)
    per_dimension = ops.square(z_mean) + variance - 1.0 - z_log_var
    return 0.5 * ops.sum(per_dimension, axis=-1)
    ### END SOLUTION


# %%
keras_gen.check("kl_divergence", kl_divergence)
kl_divergence = keras_gen.mine_or_ours("kl_divergence", kl_divergence)

# %% [markdown]
# **See.** What the preset pays for the codes of the test pictures. Find the cheapest
# and the dearest ones on the map above.

# %%
kl = ops.convert_to_numpy(kl_divergence(z_mean, z_log_var))  # (297,)
order = np.argsort(kl)
chosen = np.concatenate([order[:5], order[-5:]])
plots.strip(test.images[chosen], labels=[f"{kl[i]:.1f} nats" for i in chosen])

# %% [markdown]
# <details><summary>What was to be predicted</summary>
#
# At $\mu = 0$, $\sigma = 1$ it is 0, the least that it can be. For $\sigma \to 0$ it
# grows without bound, as $-\log \sigma$: an exact code is an expensive one. Dear
# pictures lie far from the middle of the map.
# </details>

# %% [markdown]
# ## Exercise 2: the reconstruction loss
#
# The decoder's pixel $\hat x_i$ is read as the probability of a white dot. What the
# picture $x$ costs, given its code, is the cross-entropy in nats, summed over all
# pixels and channels:
#
# $$
# -\log p(x|z) = -\sum_i \left(x_i \log \hat x_i + (1 - x_i) \log(1 - \hat x_i)\right)
# $$
#
# **Predict.** A grey pixel, $x_i = 0.5$, is restored exactly, $\hat x_i = 0.5$. What
# does it cost? What would become of the balance with the KL term if this were a mean
# over the 784 pixels?
#
# **Write.** `images` and `reconstructions` are `(batch, height, width, channels)`, in
# $[0, 1]$; the answer is `(batch,)`. Reconstructions may come very near to 0 and 1,
# where a logarithm is not finite: Keras's own cross-entropies take care of that. If you
# use one, look up over which axes it takes a mean.


# %%
def reconstruction_loss(images, reconstructions):
    """Cross-entropy of each picture, in nats, `(batch,)`."""
    ### BEGIN SOLUTION
    losses = ops.binary_crossentropy(images, reconstructions)  # one a pixel
    return ops.sum(losses, axis=(1, 2, 3))
    ### END SOLUTION


# %%
keras_gen.check("reconstruction_loss", reconstruction_loss)
reconstruction_loss = keras_gen.mine_or_ours("reconstruction_loss", reconstruction_loss)

# %% [markdown]
# **See.** The test pictures that the preset restores best and worst, and what a perfect
# reconstruction of each would cost.

# %%
restored = ops.convert_to_numpy(preset.decoder(z_mean))  # (297, 28, 28, 1) in [0, 1]
losses = ops.convert_to_numpy(reconstruction_loss(test_images, restored))
least = ops.convert_to_numpy(reconstruction_loss(test_images, test_images))
order = np.argsort(losses)
chosen = np.concatenate([order[:4], order[-4:]])
for i in chosen:
    print(f"a {test.labels[i]}: {losses[i]:.0f} nats, and at least {least[i]:.0f}")
plots.pairs(test.images[chosen], restored[chosen])

# %% [markdown]
# <details><summary>What was to be predicted</summary>
#
# The grey pixel costs $\log 2 \approx 0.69$ nats although it is exact: what is paid for
# is the entropy of the pixel. So a perfect reconstruction does not cost 0. With a mean
# over the pixels the KL term would weigh 784 times too much, and the encoder would
# rather forget the picture.
# </details>

# %% [markdown]
# ## Exercise 3: the sampling layer
#
# The decoder does not get $\mu$ but a draw from the picture's Gaussian:
#
# $$
# z = \mu + \sigma \odot \epsilon, \qquad \epsilon \sim \mathcal N(0, I)
# $$
#
# The randomness comes in from outside, so $z$ can be derived in $\mu$ and $\sigma$.
# This is the reparameterisation trick.
#
# **Predict.** The encoder gives `z_log_var = -4`. How wide is the noise? In what
# direction would the training push `z_log_var` if there were no KL term?
#
# **Write.** A layer, called with `z_mean` and `z_log_var`, both `(batch, latent_dim)`;
# `z` has the same shape. Every row, every dimension and every call needs noise of its
# own: a `keras.random.SeedGenerator`, made once and kept by the layer, gives it. The
# batch size is not known in advance; `ops.shape` asks for it.


# %%
class Sampler(keras.Layer):
    """Draws `z` from N(mean, variance), `(batch, latent_dim)`."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        ### BEGIN SOLUTION
        self.seed_generator = keras.random.SeedGenerator()
        ### END SOLUTION

    def call(self, z_mean, z_log_var):
        ### BEGIN SOLUTION
        shape = ops.shape(z_mean)
        epsilon = keras.random.normal(shape, seed=self.seed_generator)
        return z_mean + ops.exp(0.5 * z_log_var) * epsilon
        ### END SOLUTION


# %%
keras_gen.check("Sampler", Sampler)
Sampler = keras_gen.mine_or_ours("Sampler", Sampler)

# %% [markdown]
# **See.** Your sampler between the preset's encoder and decoder. Ten test pictures, one
# of each digit, are drawn 200 times each: that is how wide their clouds are on the
# plane.

# %%
ten = np.array([np.flatnonzero(test.labels == digit)[0] for digit in range(10)])
clouds = np.repeat(ten, 200)
z = ops.convert_to_numpy(Sampler()(z_mean[clouds], z_log_var[clouds]))  # (2000, 2)
plots.latent_map(z, test.labels[clouds])

# %% [markdown]
# And what the decoder makes of draws from one cloud, that of the first test picture of
# a four:

# %%
draws = z[test.labels[clouds] == 4][:10]
plots.pairs(
    np.repeat(test.images[ten[4]][None], 10, axis=0),
    preset.decode(draws),
    titles=("the picture", "of its cloud"),
)

# %% [markdown]
# <details><summary>What was to be predicted</summary>
#
# $\sigma = e^{-4/2} = 0.14$. Noise only harms a reconstruction, so without the KL term
# `z_log_var` would go to minus infinity: a plain autoencoder, and a plane with holes.
# </details>

# %% [markdown]
# ## Exercise 4: the encoder
#
# It makes the picture smaller by strided convolutions: 28 × 28 becomes 14 × 14, then 7
# × 7, with more channels each time. Pooling would forget where in its window the
# largest value was, and a decoder must know where things are. At the end two dense
# layers give $\mu$ and $\log \sigma^2$.
#
# **Predict.** Which activation may the two outputs have?
#
# **Write.** A model from images `(batch, *image_shape)` to `[z_mean, z_log_var]`, both
# `(batch, latent_dim)`. Heights and widths are divisible by 4. Two convolutions, with
# 16 and 32 channels, are enough here, and a dense layer of 64 units after them.


# %%
def build_encoder(image_shape, latent_dim):
    """A model: images -> `[z_mean, z_log_var]`."""
    inputs = keras.Input(image_shape, name="images")
    ### BEGIN SOLUTION
    x = layers.Conv2D(16, 3, strides=2, padding="same", activation="relu")(inputs)
    x = layers.Conv2D(32, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.Flatten()(x)
    x = layers.Dense(64, activation="relu")(x)
    z_mean = layers.Dense(latent_dim, name="z_mean")(x)
    z_log_var = layers.Dense(latent_dim, name="z_log_var")(x)
    ### END SOLUTION
    return keras.Model(inputs, [z_mean, z_log_var], name="encoder")


# %%
keras_gen.check("build_encoder", build_encoder)
build_encoder = keras_gen.mine_or_ours("build_encoder", build_encoder)

# %% [markdown]
# **See.** Where an encoder that has learned nothing puts the digits. What does it know
# of them already, and how wide is its plane?

# %%
encoder = build_encoder((28, 28, 1), latent_dim=2)
print(f"{encoder.count_params():,} weights")
plots.latent_map(ops.convert_to_numpy(encoder(test_images)[0]), test.labels)

# %% [markdown]
# <details><summary>What was to be predicted</summary>
#
# None: means and logarithms may be any number, negative ones too. A ReLU on `z_log_var`
# would keep every $\sigma$ at 1 or above.
# </details>

# %% [markdown]
# ## Exercise 5: the decoder
#
# The way back: a dense layer, reshaped to 7 × 7 places, and two upsampling
# convolutions: `Conv2DTranspose` with strides, as in the lecture, or `UpSampling2D`
# followed by `Conv2D`, which is quicker on JAX's CPU.
#
# **Predict.** Which activation must the last layer have?
#
# **Write.** A model from `z`, `(batch, latent_dim)`, to images `(batch, *image_shape)`
# in $[0, 1]$. Images need not be square, and may have three channels.


# %%
def build_decoder(image_shape, latent_dim):
    """A model: `z` -> images in [0, 1]."""
    height, width, channels = image_shape
    inputs = keras.Input((latent_dim,), name="z")
    ### BEGIN SOLUTION
    x = layers.Dense((height // 4) * (width // 4) * 32, activation="relu")(inputs)
    x = layers.Reshape((height // 4, width // 4, 32))(x)
    for filters in (32, 16):
        x = layers.UpSampling2D(2)(x)
        x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
    x = layers.Conv2D(channels, 3, padding="same", activation="sigmoid")(x)
    ### END SOLUTION
    return keras.Model(inputs, x, name="decoder")


# %%
keras_gen.check("build_decoder", build_decoder)
build_decoder = keras_gen.mine_or_ours("build_decoder", build_decoder)

# %% [markdown]
# **See.** What a decoder draws that has learned nothing: ten random codes.

# %%
decoder = build_decoder((28, 28, 1), latent_dim=2)
print(f"{decoder.count_params():,} weights")
codes = np.random.default_rng(0).standard_normal((10, 2)).astype("float32")
plots.strip(ops.convert_to_numpy(decoder(codes)))

# %% [markdown]
# <details><summary>What was to be predicted</summary>
#
# A sigmoid: all of $[0, 1]$ and nothing else. Untrained it gives a grey near 0.5.
# </details>

# %% [markdown]
# ## Exercise 6: the model
#
# All of it together. In Keras a model trains by what `call` gives and `compute_loss`
# makes of it; `fit` does the rest, on every backend. The loss is the negative evidence
# lower bound, a mean over the batch:
#
# $$
# \mathcal L = \frac1B \sum_{x} \Big(-\log p(x|z) + \mathrm{KL}\Big)
# $$
#
# **Predict.** Which of the two terms falls, and what does the other one do meanwhile?
#
# **Write.** `call` encodes, draws `z` and decodes. `compute_loss` is given the images
# as `x` and what `call` returned as `y_pred`; there are no targets `y`. It updates the
# two trackers, from which `fit` reports, and returns a scalar.


# %%
class VAE(keras.Model):
    """Trains an encoder and a decoder by `compile` and `fit(images)`."""

    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(**kwargs)
        self.encoder = encoder
        self.decoder = decoder
        self.sampler = Sampler()
        self.reconstruction_tracker = keras.metrics.Mean(name="reconstruction_loss")
        self.kl_tracker = keras.metrics.Mean(name="kl_loss")

    def call(self, images):
        """`(reconstructions, z_mean, z_log_var)` of images in [0, 1]."""
        ### BEGIN SOLUTION
        z_mean, z_log_var = self.encoder(images)
        z = self.sampler(z_mean, z_log_var)
        return self.decoder(z), z_mean, z_log_var
        ### END SOLUTION

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        reconstructions, z_mean, z_log_var = y_pred
        ### BEGIN SOLUTION
        reconstruction = ops.mean(reconstruction_loss(x, reconstructions))
        kl = ops.mean(kl_divergence(z_mean, z_log_var))
        self.reconstruction_tracker.update_state(reconstruction)
        self.kl_tracker.update_state(kl)
        return reconstruction + kl
        ### END SOLUTION


# %%
keras_gen.check("VAE", VAE)
VAE = keras_gen.mine_or_ours("VAE", VAE)

# %% [markdown]
# **See.** Your VAE learns, with your networks, your sampler and your losses. It takes a
# minute or so on a CPU.

# %%
EPOCHS = keras_gen.budget(25, quick=1)

keras.utils.set_random_seed(0)
encoder = build_encoder((28, 28, 1), latent_dim=2)
decoder = build_decoder((28, 28, 1), latent_dim=2)
vae = VAE(encoder, decoder)
vae.compile(keras.optimizers.Adam(2e-3))
history = vae.fit(images, batch_size=32, epochs=EPOCHS, verbose=2)

# %%
plots.training_curves(history)

# %% [markdown]
# What it restores of test pictures, which it has never seen, beside what the preset
# does, which was trained for 150 epochs:

# %%
z_mean = ops.convert_to_numpy(encoder(test_images)[0])
restored = ops.convert_to_numpy(decoder(z_mean))
for name, pictures in (
    ("yours", restored),
    ("preset", preset.reconstruct(test.images) / 255),
):
    error = np.sqrt(np.mean((pictures - test_images) ** 2))
    print(f"{name}: root mean squared error {error:.3f}")
plots.pairs(test.images[:10], restored[:10])

# %% [markdown]
# And its map. Compare it with the one before the training, and with the preset's: are
# the same digits neighbours? Why may it be turned or mirrored?

# %%
plots.latent_map(z_mean, test.labels)

# %% [markdown]
# <details><summary>What was to be predicted</summary>
#
# The reconstruction loss falls all the way, fast at first. In the end the KL term
# rises: telling pictures apart has its price in nats, and it pays. The prior looks the
# same from all sides, so nothing says which digit goes where.
# </details>

# %% [markdown]
# ## Exercise 7: the latent grid
#
# The decoder draws a picture for every point of the plane. A grid of them shows what it
# has learned.
#
# **Predict.** From your map: which digits will stand in the four corners?
#
# **Write.** `n` × `n` points, `linspace(-extent, extent, n)` on both axes, are decoded
# and put together to one large picture `(n * height, n * width, channels)`. `z[0]`
# grows to the right and `z[1]` upwards, as on a map; the first row of an array is at
# the top. However large `n` is, the decoder is called as often: decode all points at
# once. NumPy is allowed here.


# %%
def latent_grid(decoder, n, extent=2.0):
    """One picture of `n` x `n` decoded points, `(n * height, n * width, channels)`."""
    ### BEGIN SOLUTION
    axis = np.linspace(-extent, extent, n)
    right, up = np.meshgrid(axis, axis[::-1])
    points = np.stack([right.ravel(), up.ravel()], axis=1).astype("float32")
    tiles = ops.convert_to_numpy(decoder(points))
    height, width, channels = tiles.shape[1:]
    tiles = tiles.reshape(n, n, height, width, channels)
    rows = tiles.transpose(0, 2, 1, 3, 4)  # n, height, n, width, channels
    return rows.reshape(n * height, n * width, channels)
    ### END SOLUTION


# %%
keras_gen.check("latent_grid", latent_grid)
latent_grid = keras_gen.mine_or_ours("latent_grid", latent_grid)

# %% [markdown]
# **See.** The plane of your VAE.

# %%
plots.latent_grid(latent_grid(decoder, n=15, extent=2.0), extent=2.0, n=15)

# %% [markdown]
# ## Walking over the plane
#
# Move the sliders. Where does one digit become another? Go beyond ±2, where the prior
# has next to no codes: what does the decoder draw there?


# %%
def draw(z0, z1):
    """What the decoder draws at a point of the plane."""
    code = np.array([[z0, z1]], "float32")
    return plots.grid(ops.convert_to_numpy(decoder(code)), scale=8)


plots.explore(draw, z0=(-4.0, 4.0, 0.0), z1=(-4.0, 4.0, 0.0))

# %% [markdown]
# ## From one picture to another
#
# Between two codes lies a line, and every point on it is a code. Below it is the same
# way in pixels, as a cross-fade.
#
# **Predict.** Which of the two rows passes through pictures of digits?

# %%
start, end = (np.flatnonzero(test.labels == digit)[0] for digit in (6, 7))
share = np.linspace(0, 1, 10, dtype="float32")
way = np.stack([(1 - s) * z_mean[start] + s * z_mean[end] for s in share])
fade = np.stack([(1 - s) * test_images[start] + s * test_images[end] for s in share])
plots.pairs(ops.convert_to_numpy(decoder(way)), fade, titles=("codes", "pixels"))

# %% [markdown]
# The same with a larger model: `vae_flowers` has 64 latent dimensions, which no map can
# show. A line between two codes is a line there too.

# %%
flowers = keras_gen.flowers(keras_gen.budget(1000, quick=100), seed=1)
flower_vae = keras_gen.VAE.from_preset("vae_flowers")
plots.strip(flower_vae.interpolate(flowers.images[1], flowers.images[5], num=10))

# %% [markdown]
# A direction can have a meaning. Encode flowers of which we know the size, and take the
# mean code of the large ones minus that of all others: that vector says *larger*. The
# slider adds so much of it to eight flowers.

# %%
codes, _ = flower_vae.encode(flowers.images)
larger = keras_gen.attribute_direction(codes, flowers.attributes["size"] == 2)


def change(amount):
    """Eight flowers, moved so far along the direction."""
    return plots.strip(flower_vae.decode(codes[:8] + amount * larger))


plots.explore(change, amount=(-2.0, 2.0, 1.0))

# %% [markdown]
# ## Challenges
#
# They are not graded.
#
# **The average digit.** Take the mean code of all training pictures of each digit, and
# decode it. Beside it, take the mean of the pictures themselves. Which of the two looks
# as if someone had written it? Where is the mean code that of another digit, and why?

# %%
### BEGIN SOLUTION
codes = ops.convert_to_numpy(encoder(images)[0])
mean_codes = np.stack([codes[train.labels == d].mean(axis=0) for d in range(10)])
mean_images = np.stack([images[train.labels == d].mean(axis=0) for d in range(10)])
plots.pairs(
    ops.convert_to_numpy(decoder(mean_codes)),
    mean_images,
    titles=("mean code", "mean picture"),
)
### PLACEHOLDER
# # Your code here.
### END SOLUTION

# %% [markdown]
# **Beta.** [Higgins et al. 2017](https://openreview.net/forum?id=Sy2fzU9gl) give the KL
# term a weight $\beta$. Make a `BetaVAE` of your `VAE`, train it with $\beta = 0$ and
# $\beta = 8$, and draw both latent maps. What has become of the clouds, and what of the
# reconstructions? Look at `np.exp(0.5 * z_log_var)` too.


# %%
### BEGIN SOLUTION
class BetaVAE(VAE):
    """A VAE whose KL term has a weight."""

    def __init__(self, encoder, decoder, beta, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        self.kl_weight = beta

    def compute_loss(self, x, y, y_pred, *args):
        loss = super().compute_loss(x, y, y_pred, *args)
        _, z_mean, z_log_var = y_pred
        return loss + (self.kl_weight - 1) * ops.mean(kl_divergence(z_mean, z_log_var))


maps = []
for beta in (0.0, 8.0):
    beta_encoder = build_encoder((28, 28, 1), latent_dim=2)
    beta_decoder = build_decoder((28, 28, 1), latent_dim=2)
    beta_vae = BetaVAE(beta_encoder, beta_decoder, beta)
    beta_vae.compile(keras.optimizers.Adam(2e-3))
    logs = beta_vae.fit(images, batch_size=32, epochs=EPOCHS // 3 + 1, verbose=0)
    beta_mean, beta_log_var = map(ops.convert_to_numpy, beta_encoder(test_images))
    print(
        f"beta = {beta:g}: reconstruction loss "
        f"{logs.history['reconstruction_loss'][-1]:.0f} nats, "
        f"means {beta_mean.std():.2g} apart, "
        f"noise {np.exp(0.5 * beta_log_var).mean():.2g} wide"
    )
    maps.append(plots.latent_map(beta_mean, test.labels))
maps[0]
### PLACEHOLDER
# # Your code here.
### END SOLUTION

# %% [markdown]
# ## Hand in
#
# Save the notebook. Then, in a terminal in its folder,
#
#     keras-gen submit .
#
# packs it and says what is still missing. Borrowed code is not handed in: what counts
# is what you have written.
