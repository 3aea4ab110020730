# %% [markdown]
# # 6. Samplers and guidance
#
# After this notebook you have written classifier-free guidance, drawn with it in a real
# model, and compared samplers of your own with the library's. The lecture page is
# [Samplers and guidance](../lectures/06_samplers_and_guidance.md); the symbols stand in
# [Notation](../lectures/notation.md).
#
# There is one exercise, and two challenges that nobody grades. In each of them:
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
from keras import ops

import keras_gen
from keras_gen import plots

keras.utils.set_random_seed(0)

# %% [markdown]
# ## One network, many ways to walk
#
# The preset draws digits from noise. Its network was trained once; how many steps it
# takes, and which, is chosen now. **Predict.** The rows below start from the same noise
# and take 1, 2, 5 and 20 steps. Will they show the same digits?

# %%
digits = keras_gen.DiffusionModel.from_preset("diffusion_digits")
NUM = keras_gen.budget(12, quick=2)

counts = (1, 2, 5, 20)
rows = [digits.generate(NUM, steps, seed=0) for steps in counts]
plots.grid(np.concatenate(rows), columns=NUM)

# %% [markdown]
# <details><summary>What was to be predicted</summary>
#
# Mostly. After one step there is the mean of all digits, since pure noise says nothing
# of which one it will be. With more steps the path is followed more closely; without
# fresh noise on the way, it is the same path.
# </details>

# %% [markdown]
# ## Exercise 1: classifier-free guidance
#
# A model with texts predicts the noise twice, with the text and without. What the text
# adds, their difference, can be made larger ([Ho & Salimans
# 2022](../lectures/bibliography.md#ho-2022)). With a guidance scale of 1 it is the
# prediction with the text, with 0 the one without, and in between and beyond it is on
# the straight line through both.
#
# **Predict.** What becomes of pictures at a scale of 10? And at -1?
#
# **Write.** `noise_uncond` and `noise_cond` are tensors
# `(batch, height, width, channels)`, `guidance_scale` is a float or a tensor that
# broadcasts. Out comes noise of their shape.


# %%
def guided_noise(noise_uncond, noise_cond, guidance_scale):
    """The point on the line from 0, `noise_uncond`, to 1, `noise_cond`, and beyond."""
    ### BEGIN SOLUTION
    what_the_text_adds = noise_cond - noise_uncond
    return noise_uncond + guidance_scale * what_the_text_adds
    ### END SOLUTION


# %%
keras_gen.check("guided_noise", guided_noise)
guided_noise = keras_gen.mine_or_ours("guided_noise", guided_noise)

# %% [markdown]
# **See.** Your function in the walk of a text-to-image model, written out: at each step
# two predictions, one line of yours, and the next, lower noise level. The rows are
# guidance 0, 1, 2 and 5.

# %%
preset = keras_gen.TextToImage.from_preset("text_to_image_flowers_32")
STEPS = keras_gen.budget(12, quick=2)


def draw(text, guidance_scale, num=6, seed=0):
    """Pictures of a prompt, with your `guided_noise` at every step."""
    model = preset.diffusion
    mean, deviation = model.normalizer.mean, ops.sqrt(model.normalizer.variance)
    texts = ops.repeat(ops.convert_to_tensor(preset.embed([text])), num, axis=0)
    noisy_images = ops.convert_to_tensor(model.noise(num, seed))
    for step in range(STEPS):
        now, after = (ops.full((num, 1, 1, 1), 1 - s / STEPS) for s in (step, step + 1))
        noise_rates, signal_rates = model.schedule(now)
        predicted = [
            model.denoise(noisy_images, noise_rates, signal_rates, embeddings)[1]
            for embeddings in (ops.zeros_like(texts), texts)
        ]
        noise_masks = guided_noise(*predicted, guidance_scale)
        images = (noisy_images - noise_rates * noise_masks) / signal_rates
        images = ops.clip(images, -mean / deviation, (255.0 - mean) / deviation)
        noise_masks = (noisy_images - signal_rates * images) / noise_rates
        noise_rates, signal_rates = model.schedule(after)
        noisy_images = signal_rates * images + noise_rates * noise_masks
    return model.to_pictures(ops.convert_to_numpy(images))


rows = [draw("a large red flower at sunset", scale) for scale in (0.0, 1.0, 2.0, 5.0)]
plots.grid(np.concatenate(rows), columns=6)

# %% [markdown]
# <details><summary>What was to be predicted</summary>
#
# At 10 colours are glaring and pictures alike: they show the prompt and nothing else.
# At -1 they show what the prompt does not say.
# </details>
#
# The same in one compiled call, with sliders. The model gives a prompt three times the
# weight unless told otherwise.


# %%
def compiled(guidance_scale, steps, seed):
    """Six pictures by the library's loop."""
    text = ["a large red flower at sunset"] * 6
    return plots.strip(preset.generate(text, steps, guidance_scale, seed))


plots.explore(
    compiled,
    guidance_scale=(-1.0, 10.0, 3.0),
    steps=(1, 40, keras_gen.budget(15, quick=2)),
    seed=(0, 20, 0),
)

# %% [markdown]
# ## Challenge 1: Euler's method
#
# With $s = \sigma_t / \alpha_t$ and $y = x_t / \alpha_t$, a picture follows
# $\mathrm d y / \mathrm d s = \hat\epsilon$ ([Karras et al.
# 2022](../lectures/bibliography.md#karras-2022)). Euler's method takes the slope for
# constant over a step. `rates` below is a pair: noise rates $\sigma$ and signal rates
# $\alpha$.
#
# **Predict.** Its formula looks nothing like DDIM's. How far apart are the two after 10
# steps?


# %%
def denoise(noisy_images, rates):
    """What the network makes of noisy digits: `(pred_images, pred_noise_masks)`."""
    return digits.denoise(noisy_images, *rates)


def ddim_step(noisy_images, rates, next_rates):
    """The lecture's step: mixes predicted picture and noise again."""
    images, noise_masks = denoise(noisy_images, rates)
    return next_rates[1] * images + next_rates[0] * noise_masks


def euler_step(noisy_images, rates, next_rates):
    """Noisy pictures at `next_rates`, from those at `rates`."""
    ### BEGIN SOLUTION
    slope = denoise(noisy_images, rates)[1]
    s, next_s = rates[0] / rates[1], next_rates[0] / next_rates[1]
    y = noisy_images / rates[1]
    return next_rates[1] * (y + (next_s - s) * slope)
    ### END SOLUTION


# %% [markdown]
# ## Challenge 2: Heun's method
#
# Look again where Euler's step ends, and walk with the mean of both slopes. It asks the
# network twice a step, so give it half the steps.
#
# **Predict.** Which is nearer to the exact path, 10 steps of Euler or 5 of Heun? And 40
# or 20?


# %%
def heun_step(noisy_images, rates, next_rates):
    """As `euler_step`, with the mean of the slopes at both ends."""
    ### BEGIN SOLUTION
    s, next_s = rates[0] / rates[1], next_rates[0] / next_rates[1]
    first = denoise(noisy_images, rates)[1]
    there = next_rates[1] * (noisy_images / rates[1] + (next_s - s) * first)
    second = denoise(there, next_rates)[1]
    mean_slope = (first + second) / 2
    return next_rates[1] * (noisy_images / rates[1] + (next_s - s) * mean_slope)
    ### END SOLUTION


# %% [markdown]
# **See.** Each of yours from the same noise, in 10 network calls and in 40, and how far
# its digits are from those of many small steps.


# %%
def walk(step, num_steps, num=NUM, seed=0):
    """Digits by a step function, from noise at time 1 to time 0, normalised."""
    noisy_images = ops.convert_to_tensor(digits.noise(num, seed))
    times = np.linspace(1, 0, num_steps + 1)
    levels = [digits.schedule(ops.full((num, 1, 1, 1), float(t))) for t in times]
    for rates, next_rates in zip(levels[:-1], levels[1:], strict=True):
        noisy_images = step(noisy_images, rates, next_rates)
    return ops.convert_to_numpy(denoise(noisy_images, levels[-1])[0])


exact = walk(ddim_step, keras_gen.budget(100, quick=6))
pictures = [digits.to_pictures(exact)]
for calls in (10, 40):
    for step, cost in ((ddim_step, 1), (euler_step, 1), (heun_step, 2)):
        try:
            drawn = walk(step, keras_gen.budget(calls // cost, quick=2))
        except NotImplementedError:
            print(f"{step.__name__} is still open.")
            continue
        off = np.sqrt(np.mean((drawn - exact) ** 2))
        print(f"{step.__name__}, {calls} calls: {off:.4f} away")
        pictures.append(digits.to_pictures(drawn))
plots.grid(np.concatenate(pictures), columns=NUM)

# %% [markdown]
# <details><summary>What was to be predicted</summary>
#
# DDIM is Euler's method: they differ by rounding. Heun is behind at both: even the
# first of its 20 steps goes from $s = 50$ to 12, and there the second look is at a spot
# that is too far off to help. Its order of 2 says how fast the error falls as steps
# become small, and not that it is small already; in the lecture's example it overtakes
# with 40 predictions.
# </details>
#
# The library's samplers walk in one compiled call. Below are DDIM, DDPM, Heun and
# DPM-Solver++ with 10 steps each. Which row shows other digits, and why?

# %%
rows = [
    digits.generate(NUM, 10, seed=0, sampler=sampler)
    for sampler in ("ddim", "ddpm", "heun", "dpm_solver")
]
plots.grid(np.concatenate(rows), columns=NUM)

# %% [markdown]
# ## Hand in
#
# Save the notebook. Then, in a terminal in its folder,
#
#     keras-gen submit .
#
# packs it and says what is still missing. Borrowed code is not handed in: what counts
# is what you have written.
