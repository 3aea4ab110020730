# %% [markdown]
# # 9. Where the field went
#
# After this notebook you have edited pictures with a diffusion model in four ways that
# nobody trained it for. The lecture page is [Where the field
# went](../lectures/09_where_the_field_went.md); the symbols stand in
# [Notation](../lectures/notation.md).
#
# Nothing here is graded: read, predict, run, change the numbers and run again. The
# challenges at the end are for those who want more.

# %%
import functools
import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")  # or "jax"; before Keras comes in
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # quick on older processors too

import keras
import numpy as np
from keras import ops

import keras_gen
from keras_gen import metrics, plots, presets

keras.utils.set_random_seed(0)

# %% [markdown]
# ## The model and some pictures
#
# `text_to_image_flowers_32` draws flowers as a prompt describes them. It knows 32 × 32
# pixels and the words of its captions; what follows works in the same way with models
# that are a thousand times larger.

# %%
model = keras_gen.TextToImage.from_preset("text_to_image_flowers_32")
diffusion = model.diffusion
STEPS = keras_gen.budget(20, quick=4)

real = keras_gen.flowers(9, seed=7)
plots.captioned_grid(real.images[:4], real.captions[:4])

# %% [markdown]
# ## The same noise, another prompt
#
# A picture is its noise and its prompt. If the noise stays and the prompt changes by
# one word, much of the picture stays too.
#
# **Predict.** From one row to the next a word is replaced. What will stay: the place of
# the flower, its colour, the number of petals, the clouds?

# %%
noise = diffusion.noise(9, seed=3)
prompts = (
    "a large red flower with six petals, in a green meadow",
    "a large blue flower with six petals, in a green meadow",
    "a large blue flower with three petals, in a green meadow",
    "a large blue flower with three petals, under the stars",
)


def drawn(prompt, guidance_scale=3.0):
    """Nine pictures of one prompt, from the noise above."""
    texts = model.embed([prompt] * len(noise))
    return model.generate_from_embeddings(
        texts, None, STEPS, guidance_scale, noise=noise
    )


plots.grid(np.concatenate([drawn(prompt) for prompt in prompts]), columns=9)

# %% [markdown]
# What was said of the flower changes, and what was not said (where it stands, how it is
# turned) is mostly kept, for it came from the noise. Prompt-to-prompt keeps the
# cross-attention maps as well, which this package does not do.
#
# ## SDEdit: cover and draw again
#
# Noise a *real* picture up to a diffusion time $t_0 < 1$ and walk back from there, with
# a prompt. The noise covers what is to change, and the rest shines through:
#
# $$
# x_{t_0} = \alpha_{t_0} x + \sigma_{t_0} \epsilon
# $$
#
# `generate_from_embeddings` takes the noisy picture in the place of the noise. The walk
# must then begin at $t_0$ and not at 1: a *spacing* is a function that says at which
# time step $k$ of $n$ is.
#
# **Predict.** At which $t_0$ will the flowers be blue? At which will they have moved?


# %%
@functools.cache  # a new function would be compiled anew
def from_time(start):
    """The spacing of a walk that begins at this time."""

    def spacing(step, num_steps, schedule):
        return start * (1.0 - step / num_steps)

    return spacing


def edited(images, prompt, start, seed=0):
    """Pictures, noised up to the time `start` and drawn anew by a prompt."""
    rates = diffusion.schedule(np.full((1, 1, 1, 1), start, "float32"))
    fresh = diffusion.noise(len(images), seed)
    noisy = keras_gen.add_noise(diffusion.normalizer(images), fresh, *rates)
    texts = model.embed([prompt] * len(images))
    how = {"noise": noisy, "spacing": from_time(start), "batch_size": 9}
    return model.generate_from_embeddings(texts, None, STEPS, **how)


starts = (0.4, 0.6, 0.8, 0.95)
edits = {s: edited(real.images, "a blue flower, at sunset", s) for s in starts}
plots.grid(np.concatenate([real.images, *edits.values()]), columns=9)

# %% [markdown]
# One of them, larger. Where is the time at which the sky has changed, and the flower
# has not?


# %%
def edit(flower, start):
    """A flower, and what became of it from this time."""
    both = np.stack([real.images[flower - 1], edits[start][flower - 1]])
    return plots.grid(both, columns=2, scale=6)


plots.explore(edit, flower=(1, 9, 5), start=list(starts))

# %% [markdown]
# A network can say how well an edit kept what it should: `flower_reader` reads petals,
# colours and places off a picture.

# %%
reader = presets.load("flower_reader")
many = keras_gen.flowers(keras_gen.budget(54, quick=9), seed=11)
print(f"{'from time':<11}{'blue':>6}{'as many petals':>16}{'same place':>12}")
for start in starts:
    seen = metrics.read_attributes(
        reader, edited(many.images, "a blue flower, at sunset", start)
    )
    blue = np.mean(seen["petal_colour"] == 8)
    petals = np.mean(seen["petal_number"] == many.attributes["petal_number"])
    place = np.mean(seen["position"] == many.attributes["position"])
    print(f"{start:<11}{blue:>6.0%}{petals:>16.0%}{place:>12.0%}")

# %% [markdown]
# ## Inpainting: fill a hole
#
# A *sampler* is a function that makes a step. This one makes DDIM's, and then puts the
# known part of the picture back, as noisy as the rest is by now. With a mask $m$ that
# is 1 in the hole and $s$ the time that the step leads to:
#
# $$
# x_s \leftarrow m \odot x_s + (1 - m) \odot (\alpha_s x + \sigma_s \epsilon)
# $$
#
# **Predict.** The right half is missing. How does the network know where the petals go
# on? What would happen if the known part were put back without noise?


# %%
def completed(images, holes, prompts, seed=0):
    """Pictures whose holes are drawn so that they fit."""
    known = diffusion.normalizer(images)

    def put_back(denoise, noisy_images, previous_images, levels, draw_noise):
        pred_images, pred_noise_masks = denoise(noisy_images, *levels.now)
        drawn = keras_gen.diffusion.ddim_step(
            pred_images, pred_noise_masks, *levels.next
        )
        kept = keras_gen.add_noise(known, draw_noise(), *levels.next)
        return (
            holes * drawn + (1.0 - holes) * kept,
            holes * pred_images + (1.0 - holes) * known,
        )

    return model.generate(prompts, STEPS, 3.0, seed, sampler=put_back)


holes = np.zeros((9, 32, 32, 1), "float32")
holes[:, :, 16:] = 1.0
grey = np.where(holes, 127, real.images).astype("uint8")
whole = completed(real.images, holes, real.captions)
plots.grid(np.concatenate([real.images, grey, whole]), columns=9)

# %% [markdown]
# Each step asks the network for the whole picture, so that what is drawn has to agree
# with what is known. Now only the blossom is the hole, and the prompt asks for another
# one. Which pictures show a fault, and where does it come from?

# %%
from keras_gen.data.flowers import flower_masks

blossoms = (flower_masks(9, seed=7) > 127).astype("float32")
white = completed(real.images, blossoms, ["a flower with white petals"] * 9)
plots.grid(np.concatenate([real.images, white]), columns=9)

# %% [markdown]
# ## Directions in a latent space
#
# A VAE and a GAN have what a diffusion model lacks: a small latent space. The mean code
# of the flowers at night minus that of all others is a direction, *darker*; added to
# any flower's code, it makes night. This is older than any prompt, and still used to
# find what a generator knows.

# %%
vae = keras_gen.VAE.from_preset("vae_flowers")
known = keras_gen.flowers(keras_gen.budget(1000, quick=200), seed=1)
codes, _ = vae.encode(known.images)
night = keras_gen.attribute_direction(codes, known.attributes["background"] == 2)
larger = keras_gen.attribute_direction(codes, known.attributes["size"] == 2)


def moved(darker, size):
    """Eight flowers, moved along both directions."""
    return plots.strip(vae.decode(codes[:8] + darker * night + size * larger))


plots.explore(moved, darker=(-1.0, 2.0, 1.0), size=(-2.0, 2.0, 0.0))

# %% [markdown]
# ## From one prompt to another
#
# The space of prompts has directions too. The way from one embedding to another, all
# from the same noise:

# %%
frames = model.morph(
    "a small yellow flower, on the beach",
    "a large purple flower, under the stars",
    num=9,
    num_steps=STEPS,
    seed=5,
)
plots.strip(frames)

# %% [markdown]
# ## Challenges
#
# They are not graded.
#
# **Repaint.** [Lugmayr et al. 2022](https://arxiv.org/abs/2201.09865) noise the picture
# again after a step and repeat it, so that hole and rest have more time to agree. First
# ask for what does not fit, such as "a flower under the stars" beside a meadow, and
# look at the seam. Then write a sampler that does as they did: does it become better?

# %%
### BEGIN SOLUTION
prompts = ["a flower under the stars"] * 9
plots.grid(np.concatenate([grey, completed(real.images, holes, prompts)]), columns=9)
### PLACEHOLDER
# # Your code here.
### END SOLUTION

# %% [markdown]
# **Textual inversion.** Which text would draw *this* flower? Search for the embedding,
# not for the words: begin with that of "a flower", and follow the gradient of the
# denoising loss $\lVert \epsilon - \epsilon_\theta(x_t, t, c) \rVert^2$ with respect to
# $c$ alone ([Gal et al. 2023](https://arxiv.org/abs/2208.01618)). `keras_gen.backend`
# has `gradient(function, x)`, of a function of one tensor that returns a scalar. Some
# 200 steps of Adam's kind on batches of 8 noises are enough to see something; then draw
# with what you found.

# %%
### BEGIN SOLUTION
from keras_gen import backend

picture = np.repeat(real.images[4:5], 8, axis=0)  # white, eight petals, on stone
embedding = np.array(model.embed(["a flower"]), "float32")
momentum, squares = np.zeros_like(embedding), np.zeros_like(embedding)
rng = np.random.default_rng(0)
clean = diffusion.normalizer(picture)


@backend.compile
def slope_of(text, noisy, noise_rates, signal_rates, masks):
    """The denoising loss of eight noises, derived in the one embedding."""

    def loss_of(text):
        texts = ops.repeat(text, 8, axis=0)
        _, predicted = diffusion.denoise(noisy, noise_rates, signal_rates, texts)
        return ops.mean(ops.square(predicted - masks))

    return backend.gradient(loss_of, text)


for step in range(1, keras_gen.budget(120, quick=2) + 1):
    times = rng.uniform(0.3, 1.0, (8, 1, 1, 1)).astype("float32")
    rates = diffusion.schedule(times)
    masks = ops.convert_to_tensor(rng.standard_normal(picture.shape), "float32")
    noisy = keras_gen.add_noise(clean, masks, *rates)
    text = ops.convert_to_tensor(embedding)
    slope = ops.convert_to_numpy(slope_of(text, noisy, *rates, masks))
    momentum = 0.9 * momentum + 0.1 * slope
    squares = 0.99 * squares + 0.01 * slope**2
    scaled = momentum / (1 - 0.9**step) / np.sqrt(squares / (1 - 0.99**step) + 1e-12)
    embedding -= 0.02 * scaled
found = model.generate_from_embeddings(
    np.repeat(embedding, 9, axis=0), None, STEPS, 2.0, seed=1
)
plots.grid(np.concatenate([picture[:1], found]), columns=10)
### PLACEHOLDER
# # Your code here.
### END SOLUTION

# %% [markdown]
# That was the course. What you have written is on your disk; what is still open can
# stay open, or be handed in by
#
#     keras-gen submit .
