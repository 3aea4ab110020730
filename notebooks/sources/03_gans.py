# %% [markdown]
# # 3. GANs
#
# After this notebook you have written the losses of two networks that are trained
# against each other, seen how such a training fails, and cured it. The lecture page is
# [GANs](../lectures/03_gans.md); the symbols stand in
# [Notation](../lectures/notation.md).
#
# There are four exercises. In each of them:
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
from keras_gen.gans.duel import frozen_call
from keras_gen.gans.penalties import gradient_penalty, slopes

keras.utils.set_random_seed(0)

# %% [markdown]
# ## The data, and a trained model
#
# A GAN of pictures takes minutes to train, and its mistakes are hard to see. So we
# begin with pictures of two pixels: points of the plane. Eight small Gaussians stand
# on a ring, each is a *mode*. A good generator draws all eight.

# %%
MODES, SPREAD, NEAR = 8, 0.05, 0.2
ANGLES = 2 * np.pi * np.arange(MODES) / MODES
CENTRES = np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1)


def ring(num, seed=0):
    """Points of the eight Gaussians, float32 `(num, 2)`."""
    rng = np.random.default_rng(seed)
    points = CENTRES[rng.integers(0, MODES, num)]
    return (points + SPREAD * rng.standard_normal((num, 2))).astype("float32")


def modes_found(points):
    """How many modes have a hundredth of the points near them."""
    distances = np.linalg.norm(points[:, None] - CENTRES, axis=2)
    nearest = distances.argmin(axis=1)[distances.min(axis=1) < NEAR]
    counts = np.bincount(nearest, minlength=MODES)
    return int((counts >= 0.01 * len(points)).sum())


def beside_the_ring(drawn):
    """A picture of drawn points among real ones."""
    points = np.concatenate([ring(500), drawn[:500]])
    figure = plots.latent_map(points, np.repeat([0, 1], 500), ("real", "drawn"))
    figure.set_size_inches(4.5, 4)
    figure.axes[0].set(xlabel="", ylabel="")
    for name, height in zip(figure.axes[0].texts, (0.12, -0.12), strict=True):
        name.set_position((0, height))  # in the middle of the ring
    return figure


print(modes_found(ring(2000)), "modes in the data")

# %% [markdown]
# And for pictures there is `dcgan_digits`, a GAN that learned to draw digits in 100
# epochs. The upper row is drawn, the lower one is real.

# %%
train, _ = keras_gen.digits()
preset = keras_gen.GAN.from_preset("dcgan_digits")
drawn = preset.generate(10, seed=0)
plots.pairs(drawn, train.images[:10], titles=("drawn", "real"))

# %% [markdown]
# ## Exercise 1: what the discriminator pays
#
# The discriminator gives a *logit* $\ell$ for each picture: above 0 it says "real". $D
# = 1 / (1 + e^{-\ell})$ is the probability. It pays the cross-entropy, for real
# pictures $x$ against 1 and for drawn ones $\hat x$ against 0:
#
# $$
# \frac12 \Big( \mathbb E_x\big[-\log D(x)\big]
# + \mathbb E_{\hat x}\big[-\log(1 - D(\hat x))\big] \Big)
# $$
#
# **Predict.** What does a discriminator pay that answers 0 to everything? What does
# one pay that is right, and sure of it? And one that is sure and wrong?
#
# **Write.** `real_logits` and `fake_logits` are `(batch, 1)`, perhaps of different
# batch sizes; out comes a scalar, the mean of the two halves' means. A logit of 200
# must not give infinity: a sigmoid first and a logarithm after it would. Keras can
# take the cross-entropy from logits.


# %%
def discriminator_loss(real_logits, fake_logits):
    """Cross-entropy of real against 1 and fake against 0, a scalar."""
    ### BEGIN SOLUTION
    real = ops.binary_crossentropy(
        ops.ones_like(real_logits), real_logits, from_logits=True
    )
    fake = ops.binary_crossentropy(
        ops.zeros_like(fake_logits), fake_logits, from_logits=True
    )
    return (ops.mean(real) + ops.mean(fake)) / 2
    ### END SOLUTION


# %%
keras_gen.check("discriminator_loss", discriminator_loss)
discriminator_loss = keras_gen.mine_or_ours("discriminator_loss", discriminator_loss)

# %% [markdown]
# **See.** What the preset's discriminator thinks of drawn and of real digits, and what
# it pays. It was trained for 100 epochs: is it sure?

# %%
real_pictures = train.images[:256].astype("float32") / 127.5 - 1
drawn_pictures = preset.generate(256, seed=1).astype("float32") / 127.5 - 1
real_logits = preset.discriminator.predict(real_pictures, verbose=0)
fake_logits = preset.discriminator.predict(drawn_pictures, verbose=0)
for name, logits in (("real", real_logits), ("drawn", fake_logits)):
    says_real = np.mean(logits > 0)
    print(f"{name}: mean logit {logits.mean():+.2f}, taken for real: {says_real:.0%}")
paid = discriminator_loss(*map(ops.convert_to_tensor, (real_logits, fake_logits)))
print(f"it pays {float(ops.convert_to_numpy(paid)):.3f}")

# %% [markdown]
# <details><summary>What was to be predicted</summary>
#
# An answer of 0 costs $\log 2 \approx 0.693$. Right and sure costs next to nothing,
# and wrong and sure as much as its logit: 200 for a logit of 200. The preset's
# discriminator is mostly right and never sure: a penalty on its slope (R1, below)
# keeps its logits small.
# </details>

# %% [markdown]
# ## Exercise 2: what the generator pays
#
# It wants its pictures to be taken for real. In the game's own form it would lower
# $\log(1 - D(\hat x))$; the *non-saturating* form is to raise $\log D(\hat x)$, so it
# pays
#
# $$
# \mathbb E_{\hat x}\big[-\log D(\hat x)\big]
# $$
#
# **Predict.** At the beginning every drawn picture is found out: $\ell = -8$, say. How
# steep is each of the two forms in $\ell$ there?
#
# **Write.** `fake_logits` is `(batch, 1)`; out comes a scalar.


# %%
def generator_loss(fake_logits):
    """Cross-entropy of the fakes against 1, a scalar."""
    ### BEGIN SOLUTION
    wanted = ops.ones_like(fake_logits)
    return ops.mean(ops.binary_crossentropy(wanted, fake_logits, from_logits=True))
    ### END SOLUTION


# %%
keras_gen.check("generator_loss", generator_loss)
generator_loss = keras_gen.mine_or_ours("generator_loss", generator_loss)


# %% [markdown]
# **See.** How strongly each form pulls a logit up. The minimax form is $\log(1 - D) =
# -\log(1 + e^{\ell})$.


# %%
def minimax(fake_logits):
    """What the generator would pay in the game's own form."""
    return -ops.mean(ops.softplus(fake_logits))


print("logit     minimax   non-saturating")
for logit in (-8.0, -4.0, -2.0, 0.0, 2.0):
    at = ops.convert_to_tensor([[logit]])
    pull = [
        -ops.convert_to_numpy(keras_gen.backend.gradient(loss, at)).item()
        for loss in (minimax, generator_loss)
    ]
    print(f"{logit:5.0f}   {pull[0]:9.4f}   {pull[1]:9.4f}")

# %% [markdown]
# Now both losses play. Keras trains one loss, so both are added up, and each network
# may only have the gradient of its own. `made` is behind a `stop_gradient` in the
# discriminator's turn, and `frozen_call` calls the discriminator with weights that are
# constants in the generator's turn. `keras_gen.GAN` arranges the rest.


# %%
class MyGAN(keras_gen.GAN):
    """A GAN of points with this notebook's losses."""

    scores = {}  # nothing is logged but the losses

    def discriminator_turn(self, x, made, training):
        loss = discriminator_loss(self.discriminator(x), self.discriminator(made))
        penalties = self.penalties(x, made, [])  # R1, where it is asked for
        return loss if penalties is None else loss + ops.mean(penalties)

    def generator_turn(self, x, made, training):
        return generator_loss(frozen_call(self.discriminator, made, training))


def network(inputs, outputs):
    """Two hidden layers."""
    hidden = [layers.Dense(128, activation="leaky_relu") for _ in range(2)]
    return keras.Sequential([keras.Input((inputs,)), *hidden, layers.Dense(outputs)])


STEPS = keras_gen.budget(3000, quick=30)


def play(kind, rate=5e-4, discriminator_rate=None, **how):
    """Trains a GAN on the ring, and returns what it draws, `(2000, 2)`."""
    keras.utils.set_random_seed(0)
    gan = kind(network(8, 2), network(2, 1), seed=0, **how)
    gan.compile(
        keras.optimizers.Adam(rate, beta_1=0.5, beta_2=0.9),
        keras.optimizers.Adam(discriminator_rate or rate, beta_1=0.5, beta_2=0.9),
    )
    gan.fit(ring(128 * STEPS), batch_size=128, verbose=0)
    points = ops.convert_to_numpy(gan.generator(gan.latents(2000, seed=0)))
    print(f"{modes_found(points)} of {MODES} modes found")
    return points


# %% [markdown]
# **Predict.** Eight modes, two networks with 128 units a layer, 3,000 steps. How many
# will be found?

# %%
beside_the_ring(play(MyGAN))

# %% [markdown]
# This is *mode collapse*: the generator draws one thing that works at the moment.
# Nothing in its loss asks for variety, as each point is judged by itself.
#
# The discriminator helps it to do so: it becomes very steep. R1 charges it for its
# slope at real points, $\frac{\gamma}{2}\, \mathbb E_x\big[\|\nabla \ell(x)\|^2\big]$,
# here with $\gamma = 0.1$. The library does that, if it is told `r1`:

# %%
beside_the_ring(play(MyGAN, r1=0.1))

# %% [markdown]
# Another way to fail: a discriminator that learns 20 times as fast as its generator.
# Where does the generator draw now, and what cures it?

# %%
beside_the_ring(play(MyGAN, rate=2e-4, discriminator_rate=4e-3))

# %% [markdown]
# <details><summary>What was to be predicted</summary>
#
# At $\ell = -8$ the minimax form has a slope of 0.0003 and the non-saturating one of
# nearly 1. Without a penalty one mode is found (three seeds of three in the
# [benchmark](../benchmarks/README.md)), with R1 all eight. The fast discriminator is
# cured by more R1.
# </details>

# %% [markdown]
# ## Exercise 3: Wasserstein losses
#
# A *critic* gives scores, no probabilities. If its slope is bounded by 1, the largest
# difference of mean scores that it can reach is the Wasserstein distance of real and
# drawn pictures: the critic makes $\mathbb E_x[\ell(x)] - \mathbb E_{\hat x}[\ell(\hat
# x)]$ large, and the generator raises the scores of its own pictures.
#
# **Predict.** The real scores are 3 on average, the drawn ones -1. What are the two
# losses? What would a critic do whose slope nobody bounds?
#
# **Write.** Both arguments are `(batch, 1)`. Return `(critic_loss, generator_loss)`,
# two scalars. Both are minimised: mind the signs.


# %%
def wasserstein_losses(real_scores, fake_scores):
    """`(critic_loss, generator_loss)`, scalars to be minimised."""
    ### BEGIN SOLUTION
    drawn_mean = ops.mean(fake_scores)
    return drawn_mean - ops.mean(real_scores), -drawn_mean
    ### END SOLUTION


# %%
keras_gen.check("wasserstein_losses", wasserstein_losses)
wasserstein_losses = keras_gen.mine_or_ours("wasserstein_losses", wasserstein_losses)

# %% [markdown]
# <details><summary>What was to be predicted</summary>
#
# The critic pays -4 and the generator 1. Without a bound a critic multiplies its
# scores by ten, and by ten again: the loss falls for ever and says nothing.
# </details>

# %% [markdown]
# ## Exercise 4: where the slope is measured
#
# The gradient penalty asks for a slope of 1 on the way between real and drawn
# pictures, at a random point of the line between each pair:
#
# $$
# \tilde x = u\, x + (1 - u)\, \hat x, \qquad
# \lambda\, \mathbb E_{\tilde x}\big[(\|\nabla \ell(\tilde x)\|_2 - 1)^2\big]
# $$
#
# **Predict.** What lies half-way between a picture of a 3 and one of a 7? Is it a
# problem that it looks like neither?
#
# **Write.** `real` and `fake` are `(batch, height, width, channels)`, `weights` is
# `(batch, 1, 1, 1)` in $[0, 1]$ and given: draw nothing. At which end the weight is 1
# does not matter.


# %%
def interpolate_real_fake(real, fake, weights):
    """A point between each real and fake image, shaped as `real`."""
    ### BEGIN SOLUTION
    return real + (1.0 - weights) * (fake - real)
    ### END SOLUTION


# %%
keras_gen.check("interpolate_real_fake", interpolate_real_fake)
interpolate_real_fake = keras_gen.mine_or_ours(
    "interpolate_real_fake", interpolate_real_fake
)

# %% [markdown]
# **See.** The way from drawn to real digits, and how steep the preset's discriminator
# is on it.

# %%
weights = np.linspace(0, 1, 10, dtype="float32").reshape(-1, 1, 1, 1)
ends = real_pictures[:1], drawn_pictures[:1]
real, fake = (ops.convert_to_tensor(end.repeat(10, axis=0)) for end in ends)
between = interpolate_real_fake(real, fake, ops.convert_to_tensor(weights))
slope = ops.convert_to_numpy(slopes(preset.discriminator, between))
steepness = np.sqrt(np.square(slope).sum(axis=(1, 2, 3)))
plots.strip(
    (ops.convert_to_numpy(between) + 1) / 2,
    labels=[f"slope {number:.2f}" for number in steepness],
)

# %% [markdown]
# Your critic on the ring. It takes five steps to each one of the generator, so that
# its estimate of the distance is a good one. Its points are reshaped, as your function
# expects pictures.


# %%
class MyWassersteinGAN(keras_gen.GAN):
    """A Wasserstein GAN of points with this notebook's losses and penalty."""

    scores = {}

    def discriminator_turn(self, x, made, training):
        critic_loss, _ = wasserstein_losses(
            self.discriminator(x), self.discriminator(made)
        )
        shape = (ops.shape(x)[0], 1, 1, 1)
        weights = keras.random.uniform(shape, seed=self.seed_generator)
        pictures = (ops.reshape(points, (-1, 1, 1, 2)) for points in (x, made))
        between = ops.reshape(interpolate_real_fake(*pictures, weights), (-1, 2))
        penalties = gradient_penalty(slopes(self.discriminator, between))
        return critic_loss + ops.mean(penalties)

    def generator_turn(self, x, made, training):
        scores = frozen_call(self.discriminator, made, training)
        _, loss = wasserstein_losses(scores, scores)  # only the second one is used
        return loss


beside_the_ring(
    play(MyWassersteinGAN, discriminator_steps=5, rate=2e-4, discriminator_rate=4e-3)
)

# %% [markdown]
# The critic is as fast here as the discriminator that overpowered its generator above.
# A critic that is ahead does no harm: the better it is, the better its slope.
#
# <details><summary>What was to be predicted</summary>
#
# Half-way lies a cross-fade, which is no digit. That is no problem: the generator's
# pictures are on their way from something to a digit, and there the slope must be
# usable.
# </details>

# %% [markdown]
# ## From points to pictures
#
# The same losses with two convolutional networks: your GAN learns to draw digits, in a
# minute or so. (`dcgan_digits` had more channels and 100 epochs.)
#
# **Predict.** Will the two losses fall?

# %%
EPOCHS = keras_gen.budget(12, quick=1)
PICTURES = keras_gen.budget(1500, quick=128)

keras.utils.set_random_seed(0)
pictures = train.images[:PICTURES].astype("float32") / 127.5 - 1  # in [-1, 1]
gan = MyGAN(
    keras_gen.build_generator((28, 28, 1), latent_dim=16, widths=(16, 32)),
    keras_gen.build_discriminator((28, 28, 1), widths=(16, 32), normalization=None),
    r1=1.0,
    seed=0,
)
gan.compile(*(keras.optimizers.Adam(1e-3, beta_1=0.5, beta_2=0.99) for _ in range(2)))
history = gan.fit(pictures, batch_size=32, epochs=EPOCHS, verbose=2)

# %%
plots.training_curves(history)

# %%
plots.grid(gan.generate(20, seed=0), columns=10)

# %% [markdown]
# <details><summary>What was to be predicted</summary>
#
# They settle early and hardly move while the pictures become better: each player is as
# good as the other makes it pay for. Nothing in these curves says when to stop.
# Lecture 08 is about what does.
# </details>

# %% [markdown]
# ## Walking through a latent space
#
# A GAN has no encoder, and yet its latent space is a map. The slider goes from one
# random vector of the preset to another, and beyond both.

# %%
start, end = preset.latents(9, seed=3)[[3, 7]]


def draw(share):
    """What the preset draws on the line from one latent vector to another."""
    return plots.grid(preset.draw([(1 - share) * start + share * end]), scale=8)


plots.explore(draw, share=(-1.0, 2.0, 0.0))

# %% [markdown]
# ## Challenges
#
# They are not graded.
#
# **Hinge.** [Lim & Ye 2017](https://arxiv.org/abs/1705.02894) let the discriminator
# pay $\max(0, 1 - \ell)$ for a real and $\max(0, 1 + \ell)$ for a drawn picture, and
# the generator $-\ell$. Make a `HingeGAN`, and `play` it on the ring with `r1=0.1` and
# with `r1=1.0`. Why may this loss need a larger penalty than yours?


# %%
### BEGIN SOLUTION
class HingeGAN(MyGAN):
    """A GAN of points with hinge losses."""

    def discriminator_turn(self, x, made, training):
        real, fake = self.discriminator(x), self.discriminator(made)
        loss = ops.mean(ops.relu(1.0 - real)) + ops.mean(ops.relu(1.0 + fake))
        return loss + ops.mean(self.penalties(x, made, ()))

    def generator_turn(self, x, made, training):
        return -ops.mean(frozen_call(self.discriminator, made))


hinge_points = [play(HingeGAN, r1=weight) for weight in (0.1, 1.0)]
beside_the_ring(hinge_points[1])
### PLACEHOLDER
# # Your HingeGAN here.
### END SOLUTION

# %% [markdown]
# **How much is too much?** Play with `r1` from 0.001 to 10. Where are modes lost, and
# where do the points no longer gather?

# %%
### BEGIN SOLUTION
for weight in (0.001, 0.01, 1.0, 10.0):
    print(f"r1 = {weight:g}: ", end="")
    last_points = play(MyGAN, r1=weight)
beside_the_ring(last_points)
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
