# %% [markdown]
# # 8. Measuring generators
#
# After this notebook you have written four measures of generated pictures, judged the
# models that come with the course by them, and seen what each of them misses. The
# lecture page is [Measuring generators](../lectures/08_measuring_generators.md); the
# symbols stand in [Notation](../lectures/notation.md).
#
# There are four exercises. In each of them:
#
# 1. **Predict.** Say what will come out before you run anything.
# 2. **Write.** Fill in the code where it says so.
# 3. **Check.** `keras_gen.check` says what is right, and what a mistake looks like.
# 4. **See.** Your code judges real models.
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

import keras_gen
from keras_gen import metrics, plots, presets

keras.utils.set_random_seed(0)

# %% [markdown]
# ## The data, and the models to be judged
#
# Four models have learned from the same 1,500 digits: a VAE with two latent dimensions,
# a GAN, a GAN that is told which digit to draw, and a diffusion model. Each draws as
# many pictures as there are held-out digits. Measures are NumPy here: nothing is
# trained through them.

# %%
train, test = keras_gen.digits()
NUM = keras_gen.budget(len(test), quick=60)

walk = {"sampler": "dpm_solver", "spacing": "log_snr"}
sets = {
    "held-out digits": test.images[:NUM],
    "VAE": keras_gen.VAE.from_preset("vae_digits").generate(NUM, seed=0),
    "GAN": keras_gen.GAN.from_preset("dcgan_digits").generate(NUM, seed=0),
    "conditional GAN": keras_gen.ConditionalGAN.from_preset(
        "conditional_gan_digits"
    ).generate(NUM, seed=0),
    "diffusion": keras_gen.DiffusionModel.from_preset("diffusion_digits").generate(
        NUM, 10, seed=0, **walk
    ),
}
plots.grid(np.concatenate([images[:12] for images in sets.values()]), columns=12)

# %% [markdown]
# Each row is one of them, in this order. **Predict.** Which is the best, which the
# worst? Which of the models draws the greatest variety? Write it down: at the end you
# will see.
#
# Pictures are compared by what `digit_reader`, a small classifier, knows of them: 64
# features a picture, and ten probabilities.

# %%
reader = presets.load("digit_reader")
real_features = metrics.reader_features(reader, train.images[:NUM])
features = {name: metrics.reader_features(reader, x) for name, x in sets.items()}
probabilities = {
    name: metrics.class_probabilities(reader, x) for name, x in sets.items()
}
print(real_features.shape, probabilities["GAN"].shape)

# %% [markdown]
# ## Exercise 1: PSNR
#
# Where the true picture is known, its mean squared error will do, on a logarithmic
# scale. With the mean over all pixels and channels of one picture,
#
# $$
# \text{PSNR} = 10 \log_{10} \frac{\text{peak}^2}{\text{MSE}}
# $$
#
# **Predict.** A picture is compared with itself: what comes out? And white with black?
# What does the PSNR gain where the error is halved everywhere?
#
# **Write.** `images` and `reconstructions` are float arrays
# `(batch, height, width, channels)`, and `max_value` is the peak; the answer is
# `(batch,)`, in decibels. Equal pictures get `inf`, without a warning: look up
# `np.errstate`. Bytes would overflow in the difference, so make them floats first.


# %%
def psnr(images, reconstructions, max_value=255.0):
    """Peak signal-to-noise ratio of each picture in dB, `(batch,)`."""
    ### BEGIN SOLUTION
    error = np.asarray(images, "float64") - np.asarray(reconstructions, "float64")
    mse = np.mean(np.square(error), axis=(1, 2, 3))
    with np.errstate(divide="ignore"):
        return 10.0 * np.log10(max_value**2 / mse)
    ### END SOLUTION


# %%
keras_gen.check("psnr", psnr)
psnr = keras_gen.mine_or_ours("psnr", psnr)

# %% [markdown]
# **See.** `pix2pix_flowers` paints outlines of flowers. Beside what it paints stand the
# true flowers, blurred, and the true flowers, moved by one pixel. Order the three rows
# by eye, then look at the numbers.

# %%
outlines, true = (
    keras_gen.flower_outlines(8, seed=1),
    keras_gen.flowers(8, seed=1).images,
)
floats = true.astype("float32")
blurred = sum(np.roll(floats, step, axis=axis) for step in (-1, 1) for axis in (1, 2))
candidates = {
    "painted": keras_gen.Pix2Pix.from_preset("pix2pix_flowers").translate(outlines),
    "blurred": np.rint(blurred / 4).astype("uint8"),
    "moved by one pixel": np.roll(true, 1, axis=2),
}
for name, pictures in candidates.items():
    print(f"{name}: {np.mean(psnr(true, pictures)):.1f} dB")
plots.grid(np.concatenate([true, *candidates.values()]), columns=8)

# %% [markdown]
# <details><summary>What was to be predicted</summary>
#
# Infinity; 0 dB. Half the error is a quarter of its square, so 6 dB more. A picture
# that is moved by one pixel looks as good as before and scores worst: pixel errors know
# nothing of what is shown. That is why generators are measured by features.
# </details>

# %% [markdown]
# ## Exercise 2: the Inception Score
#
# A classifier gives each picture $x_j$ probabilities $p(y \mid x_j)$. If each picture
# is clearly of one class, and the classes differ, each row is far from the mean of all
# rows $p(y)$:
#
# $$
# \text{IS} = \exp \Bigl( \operatorname*{mean}_j \, \sum_y p(y \mid x_j)
# \log \frac{p(y \mid x_j)}{p(y)} \Bigr)
# $$
#
# **Predict.** What is the score of ten pictures, a perfect one of each digit? Of 1,000
# perfect sevens?
#
# **Write.** `class_probabilities` is `(n, classes)`, and each row sums to 1; the answer
# is a float. In the formula $0 \log 0$ is 0, in NumPy it is `nan`: take care of zeros.
# SciPy's special functions may help.


# %%
def inception_score(class_probabilities):
    """The Inception Score of rows `(n, classes)`, a float."""
    ### BEGIN SOLUTION
    from scipy.special import rel_entr  # p log(p / q), and 0 where p is 0

    p = np.asarray(class_probabilities, "float64")
    divergences = rel_entr(p, p.mean(axis=0)).sum(axis=1)
    return float(np.exp(divergences.mean()))
    ### END SOLUTION


# %%
keras_gen.check("inception_score", inception_score)
inception_score = keras_gen.mine_or_ours("inception_score", inception_score)

# %% [markdown]
# **See.** The score of each set. The last two lines are no model: one training picture
# of each digit, again and again, and training pictures of the digits 0 to 4 only.

# %%
ten = np.array([np.flatnonzero(train.labels == digit)[0] for digit in range(10)])
one_each = metrics.class_probabilities(reader, train.images[np.resize(ten, NUM)])
half = train.images[train.labels < 5][:NUM]
for name, p in probabilities.items():
    print(f"{name}: {inception_score(p):.2f}")
print(f"one picture of each digit: {inception_score(one_each):.2f}")
of_half = metrics.class_probabilities(reader, half)
print(f"half of the digits: {inception_score(of_half):.2f}")

# %% [markdown]
# <details><summary>What was to be predicted</summary>
#
# Ten, the highest there is, and 1, the lowest. The score sees missing classes, and does
# not see that a class is always the same picture. It never looks at a real digit.
# </details>

# %% [markdown]
# ## Exercise 3: the Fréchet distance
#
# Both sets of features are taken for Gaussian, with means $m$ and covariances $C$:
#
# $$
# d^2 = \lVert m_1 - m_2 \rVert^2
# + \operatorname{tr}\bigl(C_1 + C_2 - 2\,(C_1 C_2)^{1/2}\bigr)
# $$
#
# The root of a matrix is the matrix whose square it is. $C_1 C_2$ is not symmetric, but
# only the trace is needed, and $(C_1^{1/2} C_2\, C_1^{1/2})^{1/2}$ has the same one: a
# symmetric matrix, whose eigenvalues are real and not negative. The trace of its root
# is the sum of their roots.
#
# **Predict.** In one dimension, with deviations $s_1$ and $s_2$: what is left of the
# second term? How far is a set from itself, moved by 2?
#
# **Write.** Means are `(dim,)` and covariances `(dim, dim)`; the answer is a float. It
# must not fail where a covariance is singular, as it is where a feature never changes
# or pictures are few, and must not fall below 0 by rounding. `np.linalg.eigh` and
# `np.linalg.eigvalsh` are for symmetric matrices.


# %%
def frechet_distance(mean1, cov1, mean2, cov2):
    """The squared Fréchet distance of two Gaussians, a float."""
    ### BEGIN SOLUTION
    values, vectors = np.linalg.eigh(np.asarray(cov1, "float64"))
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    overlap = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ cov2 @ root), 0.0)).sum()
    difference = np.asarray(mean1, "float64") - np.asarray(mean2, "float64")
    squared = difference @ difference + np.trace(cov1) + np.trace(cov2) - 2.0 * overlap
    return max(float(squared), 0.0)
    ### END SOLUTION


# %%
keras_gen.check("frechet_distance", frechet_distance)
frechet_distance = keras_gen.mine_or_ours("frechet_distance", frechet_distance)


# %% [markdown]
# **See.** How far each set is from as many training digits.


# %%
def between(features_a, features_b):
    """The squared Fréchet distance of two sets of features."""
    gaussians = [
        (np.mean(x, 0), np.cov(x, rowvar=False)) for x in (features_a, features_b)
    ]
    return frechet_distance(*gaussians[0], *gaussians[1])


for name, found in features.items():
    print(f"{name}: {between(real_features, found):.1f}")

# %% [markdown]
# Held-out digits are real, and their distance is not 0. Is it chance, or the number of
# pictures? Two halves of the training digits, smaller and smaller:

# %%
every = metrics.reader_features(reader, train.images)
order = np.random.default_rng(0).permutation(len(every))
for size in (750, 300, 150, 75):
    print(
        f"{size} real digits: {between(every[order[:size]], every[order[-size:]]):.2f}"
    )

# %% [markdown]
# <details><summary>What was to be predicted</summary>
#
# $s_1^2 + s_2^2 - 2 s_1 s_2 = (s_1 - s_2)^2$. Moved by 2, a set is at squared distance
# 4 from itself. The fewer the pictures, the larger the distance of two real sets: so
# only distances of equally many pictures can be compared, beside that of real ones.
# </details>

# %% [markdown]
# ## Exercise 4: precision and recall
#
# One distance mixes two faults. Around each point of a set lies a ball that reaches to
# its $k$-th neighbour within the set. Precision is the share of generated points that
# lie in some ball of the real ones; recall is the share of real points that lie in some
# ball of the generated ones.
#
# **Predict.** A model draws one perfect digit, always the same. What are precision and
# recall? And those of a model that draws all digits, each with a speck of dirt?
#
# **Write.** Both feature sets are `(n, dim)` and `(m, dim)`; the answer is a pair of
# floats. A point at the radius itself is inside. A point is not its own neighbour, but
# another one at the same place is. `pairwise` is given.


# %%
def pairwise(a, b):
    """Distance of each row of a from each of b, `(len(a), len(b))`."""
    from scipy.spatial.distance import cdist

    return cdist(np.asarray(a, "float64"), np.asarray(b, "float64"))


def precision_recall(real_features, fake_features, k=3):
    """`(precision, recall)` by k-nearest-neighbour balls."""
    ### BEGIN SOLUTION

    def share(points, centres):
        radii = np.sort(pairwise(centres, centres), axis=1)[:, k]  # [:, 0] is itself
        inside = pairwise(points, centres) <= radii
        return float(inside.any(axis=1).mean())

    return share(fake_features, real_features), share(real_features, fake_features)
    ### END SOLUTION


# %%
keras_gen.check("precision_recall", precision_recall)
precision_recall = keras_gen.mine_or_ours("precision_recall", precision_recall)

# %% [markdown]
# **See.** A GAN's latent vectors are drawn from $\mathcal N(0, I)$. Where all of them
# are made shorter, a large GAN draws fewer kinds of pictures, and better ones: this is
# called truncation. Does this small one do so too?

# %%
gan = keras_gen.GAN.from_preset("dcgan_digits")
latents = gan.latents(NUM, seed=0)
shown = []
for scale in (0.2, 0.5, 1.0, 1.5):
    pictures = gan.draw(scale * latents)
    shown.append(pictures[:12])
    p, r = precision_recall(real_features, metrics.reader_features(reader, pictures))
    print(f"times {scale}: precision {p:.2f}, recall {r:.2f}")
plots.grid(np.concatenate(shown), columns=12)

# %% [markdown]
# <details><summary>What was to be predicted</summary>
#
# Precision 1, recall 0 or next to it. With the dirt it depends on what the features
# know: a classifier that was trained to ignore specks puts both near 1. Shorter vectors
# cost recall, as they should. But in the middle of its latent space this GAN draws next
# to nothing, so they gain hardly any precision, and in the end lose all of it.
# </details>

# %% [markdown]
# ## The verdict
#
# All of your measures, side by side, and the share of copies: pictures much nearer to
# one training picture than to its others.

# %%
print(f"{'':<18}{'Fréchet':>9}{'IS':>7}{'precision':>11}{'recall':>8}{'copies':>8}")
for name, images in sets.items():
    p, r = precision_recall(real_features, features[name])
    copies = metrics.copied(metrics.nearest_neighbours(images, train.images)).mean()
    print(
        f"{name:<18}{between(real_features, features[name]):>9.1f}"
        f"{inception_score(probabilities[name]):>7.2f}{p:>11.2f}{r:>8.2f}{copies:>8.3f}"
    )

# %% [markdown]
# Compare with what you wrote down at the beginning. On which of the models do the
# measures disagree, and which of them would you believe? Some held-out digits count as
# copies: some digits are written alike by everybody.
#
# ## Challenges
#
# They are not graded.
#
# **How sure is it?** Draw 100 random halves of both sets (without repeats), take your
# Fréchet distance of each pair, and give the range that holds 95 of them. Do the ranges
# of GAN and diffusion overlap? Why not draw with repeats, as the ordinary bootstrap
# does?

# %%
### BEGIN SOLUTION
rng = np.random.default_rng(0)
for name in ("GAN", "diffusion"):
    halves = [
        [x[rng.permutation(NUM)[: NUM // 2]] for x in (real_features, features[name])]
        for _ in range(100)
    ]
    low, high = np.quantile([between(*pair) for pair in halves], [0.025, 0.975])
    print(f"{name}: {low:.1f} to {high:.1f}, of halves")
### PLACEHOLDER
# # Your code here.
### END SOLUTION

# %% [markdown]
# **Fool them.** Make `NUM` pictures out of the training digits alone, by any means,
# with an Inception Score above 9.5, precision above 0.9 and recall below 0.05. What
# would a careless reader think of the model that draws them?

# %%
### BEGIN SOLUTION
fooling = train.images[np.resize(ten, NUM)]
found = metrics.reader_features(reader, fooling)
print(
    inception_score(metrics.class_probabilities(reader, fooling)),
    precision_recall(real_features, found),
)
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
