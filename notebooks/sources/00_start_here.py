# %% [markdown]
# # 0. Start here
#
# After this notebook you know that everything works, have drawn a picture with each
# family of generators, and have seen how an exercise is checked. The lecture page is
# [Start here](../lectures/00_start_here.md).
#
# Run the cells one after the other, with Shift and Enter. In all notebooks you will
# find the same four steps:
#
# 1. **Predict.** Say what will come out before you run anything.
# 2. **Write.** Fill in the code where it says so.
# 3. **Check.** `keras_gen.check` says what is right, and what a mistake looks like.
# 4. **See.** Your code runs in a real model.

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
# ## Does everything work?
#
# The line below names your backend, your device and the versions. If a cell above has
# failed, install the package as the lecture page says, restart the kernel and begin
# again. A GPU is not needed.

# %%
print(f"Keras {keras.__version__} on {keras.backend.backend()}, keras_gen is here.")
flowers = keras_gen.flowers(16, seed=0)  # drawn by the package, nothing is downloaded
plots.grid(flowers.images, columns=8)

# %% [markdown]
# Pictures are arrays of bytes, `(number, height, width, channels)`, and each of these
# comes with a caption:

# %%
print(flowers.images.shape, flowers.images.dtype)
plots.captioned_grid(flowers.images[:4], flowers.captions[:4])

# %% [markdown]
# ## A first picture from each family
#
# Four kinds of generators, each trained on the same 1,500 handwritten digits, or on
# flowers. All of them come with the package.
#
# **Predict.** Which will be blurred? Which will take longest?
#
# A variational autoencoder ([notebook 02](02_autoencoders.ipynb)): two random numbers
# become a digit.

# %%
vae = keras_gen.VAE.from_preset("vae_digits")
plots.strip(vae.generate(10, seed=0))

# %% [markdown]
# A generative adversarial network ([notebook 03](03_gans.ipynb)), and one that is told
# which digit to draw ([notebook 04](04_conditional_gans.ipynb)):

# %%
gan = keras_gen.GAN.from_preset("dcgan_digits")
plots.strip(gan.generate(10, seed=0))

# %%
told = keras_gen.ConditionalGAN.from_preset("conditional_gan_digits")
plots.strip(told.generate(10, seed=0), labels=told.labels_in_turn(10))

# %% [markdown]
# A diffusion model ([notebook 05](05_diffusion.ipynb)): noise becomes a flower, step by
# step. From left to right the steps, from top to bottom three flowers.

# %%
diffusion = keras_gen.DiffusionModel.from_preset("diffusion_flowers_32")
plots.trajectory(diffusion.trajectory(3, diffusion_steps=20, seed=1))

# %% [markdown]
# And text to image ([notebook 07](07_text_to_image.ipynb)). Write what you want to see;
# the model knows flowers, their colours, petals and backgrounds.

# %%
prompt = "a large red flower with five petals, at sunset"
painter = keras_gen.TextToImage.from_preset("text_to_image_flowers_32")
plots.grid(painter.generate([prompt] * 4, seed=0), columns=4)

# %% [markdown]
# ## Sliders
#
# Where looking is better than reading there is a slider. Here are the two numbers that
# the VAE makes a digit of. Without sliders you see one picture, and the next cells work
# all the same.


# %%
def digit_at(first, second):
    """The digit at a point of the VAE's plane."""
    return plots.grid(vae.decode(np.array([[first, second]], "float32")), scale=6)


plots.explore(digit_at, first=(-3.0, 3.0, 0.5), second=(-3.0, 3.0, 0.5))

# %% [markdown]
# ## How a check looks
#
# An exercise asks for a name, such as `kl_divergence`, and `keras_gen.check` tries what
# you have written: on other numbers each time, and in several ways. What it says is not
# a grade, and you can ask as often as you like. Here somebody was to mix two pictures,
# so much of the one and the rest of the other, and forgot the weights:


# %%
def half_and_half(real, fake, weights):
    """Not what was asked for."""
    return (real + fake) / 2


EXERCISE = "interpolate_real_fake"  # as notebook 03 calls it
keras_gen.check(EXERCISE, half_and_half)

# %% [markdown]
# It says which behaviours are right, which are not, and what the mistake looks like.
# (The penalty that it speaks of is a GAN's: the same check serves notebook 03.)
#
# ## Your first exercise: a cross-fade
#
# Mix two batches of pictures, $a$ and $b$, by weights $w$ between 0 and 1:
#
# $$
# w\, a + (1 - w)\, b
# $$
#
# **Predict.** What is the result for $w = 1$? And what will the picture half-way
# between two flowers look like?
#
# **Write.** `a` and `b` are `(batch, height, width, channels)`, `weights` is
# `(batch, 1, 1, 1)`: each picture has its own, which broadcasts over its pixels. The
# answer is shaped as `a`. Replace the line that raises an error. In notebook 03 you
# will meet this function again, where it is one line of a GAN's training.


# %%
def mix(a, b, weights):
    """`weights` of the pictures a, and the rest of the pictures b."""
    ### BEGIN SOLUTION
    return weights * a + (1.0 - weights) * b
    ### END SOLUTION


# %%
keras_gen.check(EXERCISE, mix)

# %% [markdown]
# **See.** Ten weights, from one flower to another. If yours is not written yet, the
# library's own is used. Every notebook does so: no open exercise stops you from going
# on.

# %%
from keras_gen.exercises.ours import interpolate_real_fake as library_mix

weights = np.linspace(1, 0, 10, dtype="float32").reshape(-1, 1, 1, 1)
first, second = (
    np.repeat(flowers.images[i : i + 1], 10, axis=0).astype("float32") for i in (0, 3)
)
try:
    mixed = mix(first, second, weights)
except NotImplementedError:
    print("Yours is not written yet: this is the library's.")
    mixed = library_mix(first, second, weights)
plots.strip(np.rint(ops.convert_to_numpy(mixed)).astype("uint8"))

# %% [markdown]
# <details><summary>What was to be predicted</summary>
#
# For $w = 1$ it is $a$. Half-way both flowers are seen, each half as strong: no flower
# looks like that. A generator does better; [notebook
# 01](01_images_and_latent_spaces.ipynb) shows how.
# </details>
#
# ## Words for the way
#
# - To begin again, restart the kernel and run all cells: the order counts.
# - After a change of a cell, run its check again.
# - Another backend: change the name in the first cell, and restart the kernel. What you
#   write runs on both, if it uses `keras.ops`.
# - Stuck? Go on. The next exercise works without this one, and a later look often
#   helps.
#
# Next: [notebook 01](01_images_and_latent_spaces.ipynb). Nothing of this notebook is
# handed in.
