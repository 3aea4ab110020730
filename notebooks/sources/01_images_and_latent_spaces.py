# %% [markdown]
# # 1. Images and latent spaces
#
# After this notebook you have seen why random pixels are no picture, how few numbers a
# digit needs, and what lies between two pictures. The lecture page is [Images and
# latent spaces](../lectures/01_images_and_latent_spaces.md); the symbols stand in
# [Notation](../lectures/notation.md).
#
# This notebook is for warming up: its four exercises are not graded. In each of them:
#
# 1. **Predict.** Say what will come out before you run anything.
# 2. **Write.** Fill in the code where it says so.
# 3. **See.** Your code makes a picture, which shows whether it is right.
#
# Everything runs as it stands, with a placeholder where your code will be, so you can
# go on and come back.

# %%
import os
import time

os.environ.setdefault("KERAS_BACKEND", "tensorflow")  # or "jax"; before Keras comes in
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # quick on older processors too

import keras
import numpy as np

import keras_gen
from keras_gen import metrics, plots, presets

keras.utils.set_random_seed(0)

# %% [markdown]
# ## A picture is an array of numbers
#
# These digits were written by people. Each is `uint8`: whole numbers from 0, black, to
# 255, white.

# %%
train, test = keras_gen.digits()
print(train.images.shape, train.images.dtype, train.images.min(), train.images.max())
plots.grid(train.images[:20], columns=10)

# %%
one = train.images[0]  # (28, 28, 1)
print(one[8:20, 6:22, 0])  # the middle of the first picture

# %% [markdown]
# **Predict.** What is `a + b` for two pictures of `uint8`, where both are white? And
# what will the mean `(a + b) / 2` look like?

# %%
a, b = train.images[:2]
wrong = ((a + b) / 2).astype("uint8")
right = (a.astype("float32") + b.astype("float32")) / 2
plots.strip(
    np.stack([a, b, wrong, right.astype("uint8")]),
    labels=["a", "b", "of uint8", "of floats"],
)

# %% [markdown]
# <details><summary>What was to be predicted</summary>
#
# A byte counts on from 255 at 0: 255 + 255 is 254, and 200 + 100 is 44. So the mean is
# dark where both are white. Calculate with floats, and go back to bytes at the end.
# </details>

# %% [markdown]
# ## Exercise 1: random pictures
#
# There are $256^{784}$ pictures of 28 × 28 bytes. Here are ten of them, each pixel
# drawn from all grey values:

# %%
rng = np.random.default_rng(0)
noise = rng.integers(0, 256, (10, 28, 28, 1)).astype("uint8")
plots.strip(noise)

# %% [markdown]
# That was unfair: digits are black at the border. So let each pixel have the values
# that *it* has in the training pictures, as often as there, but each by itself.
#
# **Predict.** What will such a picture look like?
#
# **Write.** `alone`, `(10, 28, 28, 1)`: each pixel of each picture is that pixel of a
# training picture of its own. `which` says of which one. `np.take_along_axis` looks up
# along an axis.

# %%
which = rng.integers(0, len(train.images), (10, 28, 28, 1))
### BEGIN SOLUTION
alone = np.take_along_axis(train.images, which, axis=0)
### PLACEHOLDER
# alone = noise  # Your code here, instead of this line.
### END SOLUTION
plots.strip(alone)

# %% [markdown]
# Is it right? The mean of many such pictures must be the mean of the digits, and their
# pixels must not know of each other: for digits the correlation of two neighbours is
# high.


# %%
def neighbours(pictures):
    """Correlation of the middle pixels with their right neighbours."""
    x = pictures[:, 10:18, 10:17, 0].ravel(), pictures[:, 10:18, 11:18, 0].ravel()
    return np.corrcoef(*x)[0, 1]


print(f"brightness: {alone.mean():.0f} of yours, {train.images.mean():.0f} of digits")
print(f"neighbours: {neighbours(alone):.2f} of yours, {neighbours(train.images):.2f}")

# %% [markdown]
# <details><summary>What was to be predicted</summary>
#
# A grainy blot in the middle. The brightness is right everywhere, and there are no
# strokes: what makes a digit is how its pixels depend on each other.
# </details>

# %% [markdown]
# ## Exercise 2: a digit in a few numbers
#
# Principal components are the directions in which pictures vary most, the columns of
# $V$. With the mean picture $m$,
#
# $$
# z = (x - m)\,V, \qquad \hat x = m + z\,V^\top
# $$
#
# make a few numbers of a picture, and a picture of a few numbers. $x$ is `(batch,
# 784)`, $V$ is `(784, d)`, $z$ is `(batch, d)`.
#
# **Predict.** How many numbers does a digit need to be recognised? 2, 16, 100?
#
# **Write.** `restored`, `(297, 784)`: the test pictures after the way to `d` numbers
# and back. `V` is given; the placeholder restores the mean picture only.

# %%
x = train.images.reshape(-1, 784) / 255.0  # (1500, 784)
x_test = test.images.reshape(-1, 784) / 255.0  # (297, 784)
mean = x.mean(axis=0)
_, strengths, directions = np.linalg.svd(x - mean, full_matrices=False)


def restore(d):
    """The test pictures, restored from `d` numbers each, `(297, 784)`."""
    V = directions[:d].T  # (784, d)
    restored = np.tile(mean, (len(x_test), 1))
    ### BEGIN SOLUTION
    z = (x_test - mean) @ V
    restored = mean + z @ V.T
    ### PLACEHOLDER
    # # Your code here; V is the matrix above.
    ### END SOLUTION
    return restored.clip(0, 1)


for d in (2, 16, 100):
    print(f"{d} numbers: off by {np.sqrt(np.mean((restore(d) - x_test) ** 2)):.4f}")

# %% [markdown]
# With 16 numbers it should be 0.0633 (which is also what the library's measure says,
# [benchmarks](../benchmarks/README.md)). Move the slider: from how many on can you
# read them?


# %%
def look(d):
    """Ten test pictures above what `d` numbers say of them."""
    pictures = restore(d)[:10].reshape(10, 28, 28, 1)
    return plots.pairs(test.images[:10], pictures, titles=("digit", f"{d} numbers"))


plots.explore(look, d=(1, 100, 16))

# %% [markdown]
# What are these directions? Each is a picture that may be added or taken away:

# %%
size = np.abs(directions[:10]).max(axis=1, keepdims=True)
plots.strip((0.5 + 0.5 * directions[:10] / size).reshape(10, 28, 28, 1))

# %% [markdown]
# And how many does it take to hold 99 % of all that varies? Digits, flowers, and
# noise:


# %%
def components(pictures, share=0.99):
    """How many principal components hold so much of the variance."""
    flat = pictures.reshape(len(pictures), -1).astype("float32")
    variances = np.linalg.svd(flat - flat.mean(axis=0), compute_uv=False) ** 2
    return int(np.argmax(np.cumsum(variances) >= share * variances.sum())) + 1


flowers = keras_gen.flowers(keras_gen.budget(1500, quick=300)).images
random_pixels = rng.integers(0, 256, train.images.shape)
for name, pictures in (
    ("digits", train.images),
    ("flowers", flowers),
    ("noise", random_pixels),
):
    print(f"{name}: {components(pictures)} of {pictures[0].size}")
plots.strip(flowers[:10])

# %% [markdown]
# <details><summary>What was to be predicted</summary>
#
# With 16 you can read most of them. Digits need few directions. The flowers are drawn
# from some forty random numbers, and need hundreds: components are straight, and a
# flower that moves to the right walks along a curve in the space of pixels. A network
# can follow a curve.
# </details>

# %% [markdown]
# ## Exercise 3: from one picture to another
#
# A straight line from $a$ to $b$ has the points $(1 - s)\,a + s\,b$ with $s$ from 0 to
# 1. It can be drawn in the space of pixels, and in that of codes. `vae` is a network
# with a plane of codes: its encoder makes two numbers of a digit, and its decoder a
# digit of two numbers (Lecture 02).
#
# **Predict.** Which of the two lines passes through digits?
#
# **Write.** `line(start, end, num)`: `num` evenly spaced points, both ends included,
# in an array `(num, *shape)`. It serves for both lines, as pictures and codes are
# arrays.


# %%
def line(start, end, num):
    """`num` points from `start` to `end`, `(num, ...)`."""
    points = np.stack([start] * num)
    ### BEGIN SOLUTION
    points = np.stack([(1 - s) * start + s * end for s in np.linspace(0, 1, num)])
    ### PLACEHOLDER
    # # Your code here.
    ### END SOLUTION
    return points


# %%
vae = keras_gen.VAE.from_preset("vae_digits")
codes, _ = vae.encode(test.images)  # (297, 2)
pixels = test.images / 255.0  # floats

first, second = (np.flatnonzero(test.labels == d)[n] for d, n in ((6, 0), (7, 4)))
in_pixels = line(pixels[first], pixels[second], 10)
in_codes = vae.decode(line(codes[first], codes[second], 10)) / 255.0
plots.pairs(in_pixels, in_codes, titles=("pixels", "codes"))

# %% [markdown]
# Where the way of codes leads, on the map of all test digits. The squares of your line
# are the class "way":

# %%
way = line(codes[first], codes[second], 30)
plots.latent_map(
    np.concatenate([codes, way]),
    np.concatenate([test.labels, np.full(len(way), 10)]),
    [*map(str, range(10)), "way"],
)

# %% [markdown]
# One pair proves nothing. Take a thousand pairs of different digits, and ask a
# classifier about what lies half-way: how often is it more than 90 % sure?

# %%
reader = presets.load("digit_reader")
pairs = rng.integers(0, len(test.images), (2, keras_gen.budget(1000, quick=50)))
i, j = pairs[:, test.labels[pairs[0]] != test.labels[pairs[1]]]
half_way = {
    "real digits": test.images,
    "half-way in pixels": (255 * (pixels[i] + pixels[j]) / 2).astype("uint8"),
    "half-way in codes": vae.decode((codes[i] + codes[j]) / 2),
}
sizes = [len(pictures) for pictures in half_way.values()]
everything = np.concatenate([*half_way.values()])
highest = metrics.class_probabilities(reader, everything).max(axis=1)
for name, found in zip(half_way, np.split(highest, np.cumsum(sizes)[:-1]), strict=True):
    print(f"{name}: sure of {np.mean(found > 0.9):.0%}")

# %% [markdown]
# <details><summary>What was to be predicted</summary>
#
# The line of codes. Between two pictures lies a cross-fade, which no one has ever
# written; the decoder has learned to draw digits only, and draws one, or nearly one,
# wherever it is asked.
# </details>

# %% [markdown]
# ## Exercise 4: a Gaussian in many dimensions
#
# A generator draws its latent vectors from $\mathcal N(0, I)$.
#
# **Predict.** In the plane most points lie near the middle. How long are vectors of 64
# dimensions? How long is the point half-way between two of them?
#
# **Write.** `lengths(d)`: the lengths of 2,000 random vectors of $d$ dimensions,
# `(2000,)`. The placeholder says that all are 0.


# %%
def lengths(d, num=2000):
    """Lengths of random vectors of N(0, I)."""
    vectors = rng.standard_normal((num, d))
    found = np.zeros(num)
    ### BEGIN SOLUTION
    found = np.linalg.norm(vectors, axis=1)
    ### PLACEHOLDER
    # # Your code here.
    ### END SOLUTION
    return found


for d in (2, 16, 64, 784):
    found = lengths(d)
    print(f"{d:4d} dimensions: {found.mean():6.2f} ± {found.std():.2f}", end="   ")
    print(f"square root of d: {d**0.5:6.2f}")

# %% [markdown]
# <details><summary>What was to be predicted</summary>
#
# All have nearly the same length, $\sqrt d$: a Gaussian of many dimensions is a shell,
# and its middle is empty. The point half-way between two random vectors is shorter by
# $\sqrt 2$, where the network was hardly ever trained. Lecture 07 walks on an arc
# instead.
# </details>

# %% [markdown]
# ## Three generators
#
# All of them map random numbers to pictures. Which are the sharpest, and which the
# most varied? And how long does each take?

# %%
NUM = keras_gen.budget(20, quick=4)
diffusion = keras_gen.DiffusionModel.from_preset("diffusion_digits")
gan = keras_gen.GAN.from_preset("dcgan_digits")
drawn = {}
for name, draw in (
    ("VAE", lambda: vae.generate(NUM, seed=0)),
    ("GAN", lambda: gan.generate(NUM, seed=0)),
    ("diffusion, 10 steps", lambda: diffusion.generate(NUM, 10, seed=0)),
):
    draw()  # the first call compiles
    start = time.perf_counter()
    drawn[name] = draw()
    print(f"{name}: {time.perf_counter() - start:.2f} seconds")

# %%
plots.grid(drawn["VAE"], columns=10)

# %%
plots.grid(drawn["GAN"], columns=10)

# %%
plots.grid(drawn["diffusion, 10 steps"], columns=10)

# %% [markdown]
# ## Challenges
#
# **A map without a network.** Project all test digits on the first two principal
# components, and draw the map with `plots.latent_map`. Compare it with the VAE's:
# which digits does each keep apart?

# %%
### BEGIN SOLUTION
plots.latent_map((x_test - mean) @ directions[:2].T, test.labels)
### PLACEHOLDER
# # Your code here.
### END SOLUTION

# %% [markdown]
# **Drawing from principal components.** Their codes have a mean of 0 and a deviation
# each, which you can measure. Draw random codes of 16 dimensions with these
# deviations, and make pictures of them. Do they look like digits? What is missing?

# %%
### BEGIN SOLUTION
deviations = ((x - mean) @ directions[:16].T).std(axis=0)
random_codes = rng.standard_normal((10, 16)) * deviations
plots.strip((mean + random_codes @ directions[:16]).clip(0, 1).reshape(10, 28, 28, 1))
### PLACEHOLDER
# # Your code here.
### END SOLUTION

# %% [markdown]
# ## Hand in
#
# There is nothing to hand in from this notebook. The next one is [Autoencoders and
# VAEs](02_autoencoders.ipynb).
