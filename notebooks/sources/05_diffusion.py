# %% [markdown]
# # 5. Diffusion
#
# After this notebook you have written a diffusion model, from the noise schedule to the
# walk back, trained it on handwritten digits and drawn new ones. The lecture page is
# [Diffusion](../lectures/05_diffusion.md); the symbols stand in
# [Notation](../lectures/notation.md).
#
# There are five exercises. In each of them:
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

import math

import keras
import numpy as np
from keras import layers, ops

import keras_gen
from keras_gen import plots

keras.utils.set_random_seed(0)

# %% [markdown]
# ## The data, and a trained model
#
# 1,500 handwritten digits of 28 × 28 pixels, and a diffusion model that has learned
# from them. It begins with pure noise and removes a little of it in each step.

# %%
train, test = keras_gen.digits()
images = train.images.astype("float32")  # (1500, 28, 28, 1), from 0 to 255

preset = keras_gen.DiffusionModel.from_preset("diffusion_digits")
plots.trajectory(preset.trajectory(4, keras_gen.budget(20, quick=4), seed=0))

# %% [markdown]
# ## Exercise 1: how much noise, how much picture
#
# A noisy picture is $x_t = \alpha_t\, x + \sigma_t\, \epsilon$, with the signal rate
# $\alpha_t$ and the noise rate $\sigma_t$. Pictures and noise both have the variance 1,
# and so has the mixture if $\alpha_t^2 + \sigma_t^2 = 1$: the two rates are the cosine
# and the sine of an angle. Let the angle run linearly with the diffusion time $t$, from
# 0 (nearly the picture) to 1 (nearly noise).
#
# **Predict.** At what time do picture and noise have the same share? Is that at the
# middle?
#
# **Write.** `diffusion_times` is a tensor `(batch, 1, 1, 1)` in $[0, 1]$. The answer is
# the pair `(noise_rates, signal_rates)`, shaped as it. At time 0 the signal rate is
# `max_signal_rate`, at time 1 it is `min_signal_rate`. Take `math.acos` for the ends.


# %%
def diffusion_schedule(diffusion_times, min_signal_rate=0.02, max_signal_rate=0.95):
    """`(noise_rates, signal_rates)` of the cosine schedule, shaped as the times."""
    ### BEGIN SOLUTION
    first, last = math.acos(max_signal_rate), math.acos(min_signal_rate)
    angles = first + diffusion_times * (last - first)
    return ops.sin(angles), ops.cos(angles)
    ### END SOLUTION


# %%
keras_gen.check("diffusion_schedule", diffusion_schedule)
diffusion_schedule = keras_gen.mine_or_ours("diffusion_schedule", diffusion_schedule)

# %% [markdown]
# **See.** Your schedule inside the preset's model: the same network, and each step at
# your noise levels.

# %%
NUM = keras_gen.budget(10, quick=2)

by_your_schedule = keras_gen.DiffusionModel(
    preset.unet,
    schedule=diffusion_schedule,
    normalizer=preset.normalizer,
    target=preset.target,
    ema=0,
)
plots.strip(by_your_schedule.generate(NUM, keras_gen.budget(20, quick=2), seed=0))

# %% [markdown]
# <details><summary>What was to be predicted</summary>
#
# At $\alpha = \sigma = 1/\sqrt 2$, an angle of 45°. The angles run from 18° to 89°, so
# it comes at $t = 0.38$: more than half of the time is spent with more noise than
# picture.
# </details>

# %% [markdown]
# ## Exercise 2: a noisy picture
#
# **Predict.** At what time do you no longer see which digit it is?
#
# **Write.** `images` and `noise_masks` are `(batch, height, width, channels)`, the
# rates are `(batch, 1, 1, 1)`. The answer is shaped as the images.


# %%
def add_noise(images, noise_masks, noise_rates, signal_rates):
    """Mixes pictures and noise by their rates."""
    ### BEGIN SOLUTION
    return noise_rates * noise_masks + signal_rates * images
    ### END SOLUTION


# %%
keras_gen.check("add_noise", add_noise)
add_noise = keras_gen.mine_or_ours("add_noise", add_noise)

# %% [markdown]
# **See.** A digit and one noise, at nine times; move the slider to other digits.

# %%
noise = np.random.default_rng(0).standard_normal((1, 28, 28, 1)).astype("float32")
times = np.linspace(0, 1, 9, dtype="float32").reshape(-1, 1, 1, 1)


def noised(digit):
    """One digit at nine diffusion times."""
    which = np.flatnonzero(test.labels == digit)[0]
    picture = preset.normalizer(test.images[which : which + 1].astype("float32"))
    rates = diffusion_schedule(ops.convert_to_tensor(times))
    noisy = add_noise(picture, ops.convert_to_tensor(noise), *rates)
    pictures = preset.to_pictures(ops.convert_to_numpy(noisy))
    return plots.strip(pictures, labels=[f"t = {t:.2f}" for t in times.ravel()])


plots.explore(noised, digit=(0, 9, 3))

# %% [markdown]
# <details><summary>What was to be predicted</summary>
#
# Most people lose it between 0.6 and 0.8, much later than at equal shares: a digit's
# pixels agree with each other, and the noise's do not.
# </details>

# %% [markdown]
# ## Exercise 3: a residual block
#
# What a U-Net is made of: two 3 × 3 convolutions, and a connection around them, so that
# the block only has to learn what is to be changed ([He et al.
# 2015](../lectures/bibliography.md#he-2015)).
#
# **Predict.** What does a block give whose convolutions are all zero?
#
# **Write.** `x` is a symbolic tensor `(batch, height, width, channels)`; the answer is
# `(batch, height, width, width)` with `width` channels. Where `x` has another number of
# channels, a 1 × 1 convolution on the connection brings it to `width`. Normalise first,
# by `layers.BatchNormalization()`, and take the activation `"swish"`.


# %%
def residual_block(x, width):
    """Two convolutions and a connection around them, with `width` channels."""
    ### BEGIN SOLUTION
    skip = x if x.shape[-1] == width else layers.Conv2D(width, 1)(x)
    x = layers.BatchNormalization()(x)
    x = layers.Conv2D(width, 3, padding="same", activation="swish")(x)
    x = layers.Conv2D(width, 3, padding="same")(x)
    return layers.Add()([x, skip])
    ### END SOLUTION


# %%
keras_gen.check("residual_block", residual_block)
residual_block = keras_gen.mine_or_ours("residual_block", residual_block)

# %% [markdown]
# **See.** Its weights, for 16 channels that remain 16 and for 16 that become 32.

# %%
features = keras.Input((28, 28, 16))
for channels in (16, 32):
    block = keras.Model(features, residual_block(features, channels))
    print(f"16 to {channels} channels: {block.count_params():,} weights")

# %% [markdown]
# <details><summary>What was to be predicted</summary>
#
# Its input: it changes nothing (where the number of channels stays the same).
# </details>

# %% [markdown]
# ## Exercise 4: the U-Net
#
# Down to a coarse map, where the network sees the whole picture, and up again, with
# each block's result of the way down handed over to its mirror of the way up, so that
# no detail is lost ([Ronneberger et al.
# 2015](../lectures/bibliography.md#ronneberger-2015)).
#
# **Predict.** What would be lost without these connections? And why is the last layer
# to begin at zero?
#
# **Write.** In come the noisy pictures and their noise rates `(batch, 1, 1, 1)`, out
# come noise masks, shaped as the pictures. For each width but the last: `block_depth`
# residual blocks, whose results are kept, and a halving. In the middle `block_depth`
# blocks of the last width. Then the way up: doubling, and before each block the kept
# result is concatenated, the last one first. The noise rates are spread to a map
# (`layers.UpSampling2D`) and concatenated to the pictures. The last layer is a 1 × 1
# convolution with `kernel_initializer="zeros"`.


# %%
def build_unet(image_shape, widths, block_depth):
    """A model `[noisy_images, noise_rates]` -> noise masks."""
    height, width, channels = image_shape
    noisy_images = keras.Input(image_shape)
    noise_rates = keras.Input((1, 1, 1))
    ### BEGIN SOLUTION
    rates = layers.UpSampling2D((height, width))(noise_rates)
    x = layers.Conv2D(widths[0], 1)(noisy_images)
    x = layers.Concatenate()([x, rates])
    kept = []
    for stage_width in widths[:-1]:
        for _ in range(block_depth):
            x = residual_block(x, stage_width)
            kept.append(x)
        x = layers.AveragePooling2D(2)(x)
    for _ in range(block_depth):
        x = residual_block(x, widths[-1])
    for stage_width in reversed(widths[:-1]):
        x = layers.UpSampling2D(2)(x)
        for _ in range(block_depth):
            x = layers.Concatenate()([x, kept.pop()])
            x = residual_block(x, stage_width)
    noise_masks = layers.Conv2D(channels, 1, kernel_initializer="zeros")(x)
    ### END SOLUTION
    return keras.Model([noisy_images, noise_rates], noise_masks)


# %%
keras_gen.check("build_unet", build_unet)
build_unet = keras_gen.mine_or_ours("build_unet", build_unet)

# %% [markdown]
# **See.** Its size, and what it predicts before it has learned anything.

# %%
unet = build_unet((28, 28, 1), widths=(16, 32, 48), block_depth=1)
said = ops.convert_to_numpy(unet([np.repeat(noise, 2, axis=0), times[:2]]))
print(f"{unet.count_params():,} weights; it predicts {said.min()} to {said.max()}")

# %% [markdown]
# <details><summary>What was to be predicted</summary>
#
# All that is finer than the coarsest map, here 7 × 7 places. And zero is the best guess
# about noise of which nothing is known: the loss begins at 1, the variance of the
# noise, and not far above.
# </details>

# %% [markdown]
# ## Exercise 5: the model
#
# Training draws, for each picture, a time and a noise, mixes them and asks the network
# for the noise ([Ho et al. 2020](../lectures/bibliography.md#ho-2020), eq. 14):
#
# $$
# \mathcal L = \mathbb E\,\big\| \epsilon
# - \epsilon_\theta(\alpha_t x + \sigma_t \epsilon,\, \sigma_t) \big\|^2,
# \qquad \hat x = (x_t - \sigma_t\, \hat\epsilon) / \alpha_t
# $$
#
# Drawing starts from pure noise at time 1. Each step predicts picture and noise, and
# mixes both again at the next, lower noise level ([Song et al.
# 2021](../lectures/bibliography.md#song-2021), eq. 12).
#
# **Predict.** Which noise does the last step mix in? What would pictures look like that
# are drawn in a single step?
#
# **Write.** Four methods. `denoise` solves the mixture for the picture. `call`
# normalises, draws one uniform time an image and the noise, and denoises; it works for
# any batch size. `compute_loss` compares the noise, the mean squared error.
# `generate` goes in `diffusion_steps` equal steps from time 1 to time 0; the last
# predicted pictures are the result.


# %%
class DiffusionModel(keras.Model):
    """Trains a U-Net to predict the noise in a noisy picture."""

    def __init__(self, unet, image_shape, **kwargs):
        super().__init__(**kwargs)
        self.unet = unet
        self.image_shape = tuple(image_shape)
        self.normalizer = layers.Normalization()
        self.seed_generator = keras.random.SeedGenerator()

    def denoise(self, noisy_images, noise_rates, signal_rates):
        """`(pred_images, pred_noise_masks)`."""
        ### BEGIN SOLUTION
        noise_masks = self.unet([noisy_images, noise_rates])
        return (noisy_images - noise_rates * noise_masks) / signal_rates, noise_masks
        ### END SOLUTION

    def call(self, images):
        """`(pred_images, pred_noise_masks, noise_masks)`, normalised."""
        ### BEGIN SOLUTION
        images = self.normalizer(images)
        batch = ops.shape(images)[0]
        times = keras.random.uniform((batch, 1, 1, 1), seed=self.seed_generator)
        noise = keras.random.normal(ops.shape(images), seed=self.seed_generator)
        rates = diffusion_schedule(times)
        noisy = add_noise(images, noise, *rates)
        return *self.denoise(noisy, *rates), noise
        ### END SOLUTION

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        ### BEGIN SOLUTION
        _, predicted, true = y_pred
        return ops.mean(ops.square(predicted - true))
        ### END SOLUTION

    def generate(self, num_images, diffusion_steps):
        """Pictures in [0, 255], `(num_images, height, width, channels)`."""
        x = keras.random.normal(
            (num_images, *self.image_shape), seed=self.seed_generator
        )
        ### BEGIN SOLUTION
        times = ops.ones((num_images, 1, 1, 1))
        for step in range(diffusion_steps):
            rates = diffusion_schedule(times - step / diffusion_steps)
            pictures, noise = self.denoise(x, *rates)
            next_rates = diffusion_schedule(times - (step + 1) / diffusion_steps)
            x = add_noise(pictures, noise, *next_rates)
        ### END SOLUTION
        deviation = ops.sqrt(self.normalizer.variance)
        return ops.clip(self.normalizer.mean + deviation * pictures, 0.0, 255.0)


# %%
keras_gen.check("DiffusionModel", DiffusionModel)
DiffusionModel = keras_gen.mine_or_ours("DiffusionModel", DiffusionModel)

# %% [markdown]
# **See.** First your `generate` with a network that is trained already. The preset's
# network predicts the velocity, $v = \alpha_t\, \epsilon - \sigma_t\, x$; the noise is
# $\epsilon = \sigma_t\, x_t + \alpha_t\, v$.

# %%
noisy_images, noise_rates = keras.Input((28, 28, 1)), keras.Input((1, 1, 1))
signal_rates = ops.sqrt(1.0 - ops.square(noise_rates))
velocity = preset.unet([noisy_images, noise_rates])
trained = keras.Model(
    [noisy_images, noise_rates], noise_rates * noisy_images + signal_rates * velocity
)
model = DiffusionModel(trained, (28, 28, 1))
model.normalizer.adapt(images)
drawn = model.generate(NUM, keras_gen.budget(20, quick=2))
plots.strip(np.rint(ops.convert_to_numpy(drawn)).astype("uint8"))

# %% [markdown]
# Then all of it yours: your U-Net, in your model, trained for a minute or two. The
# preset was trained for much longer, and draws with the average of its weights.

# %%
EPOCHS, NUM_TRAIN = keras_gen.budget(12, quick=1), keras_gen.budget(1500, quick=64)

keras.utils.set_random_seed(0)
unet = build_unet((28, 28, 1), widths=(16, 32, 48), block_depth=1)
model = DiffusionModel(unet, (28, 28, 1))
model.normalizer.adapt(images)
model.compile(keras.optimizers.AdamW(2e-3))
history = model.fit(images[:NUM_TRAIN], batch_size=32, epochs=EPOCHS, verbose=2)

# %%
drawn = model.generate(2 * NUM, keras_gen.budget(20, quick=2))
plots.grid(np.rint(ops.convert_to_numpy(drawn)).astype("uint8"), columns=NUM)

# %% [markdown]
# Blobs that are too bright? At time 1 the signal rate is 0.02, and the error of a
# predicted noise is divided by it. The preset was trained for long and makes small
# ones; the library also clips each predicted picture to the range of bytes. Your
# network in its model:

# %%
clipped = keras_gen.DiffusionModel(
    unet,
    schedule=diffusion_schedule,
    normalizer=model.normalizer,
    target="noise",
    ema=0,
)
drawn = clipped.generate(2 * NUM, keras_gen.budget(20, quick=2), seed=0)
plots.grid(drawn, columns=NUM)

# %% [markdown]
# <details><summary>What was to be predicted</summary>
#
# The last step mixes in none that matters: the result is the predicted picture itself.
# In a single step all pictures are nearly the mean of all digits, since pure noise says
# nothing of which digit it should become.
# </details>

# %% [markdown]
# ## Challenge: a loss by diffusion time
#
# At which times is the noise hard to predict? Measure the mean squared error of the
# preset's predicted noise at nine times, on test pictures, and say why it falls.

# %%
### BEGIN SOLUTION
normalized = preset.normalizer(test.images[:64].astype("float32"))
masks = np.random.default_rng(1).standard_normal(normalized.shape).astype("float32")
for t in times.ravel():
    at = preset.schedule(ops.full((64, 1, 1, 1), t))
    mixed = keras_gen.add_noise(normalized, ops.convert_to_tensor(masks), *at)
    errors = preset.denoise(mixed, *at)[1] - masks
    print(f"t = {t:.2f}: {float(ops.mean(ops.square(errors))):.4f}")
### PLACEHOLDER
# # Your measurement here.
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
