# %% [markdown]
# # 4. Conditional GANs
#
# After this notebook you have told a GAN what to draw, by a class and by a picture,
# and found the vector behind a picture. The lecture page is [Conditional
# GANs](../lectures/04_conditional_gans.md); the symbols stand in
# [Notation](../lectures/notation.md).
#
# There is one exercise, and much to play with. In an exercise:
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
from keras_gen import metrics, plots, presets

keras.utils.set_random_seed(0)

# %% [markdown]
# ## The data, and a trained model
#
# `preset` is a GAN that was told the class of each digit in training, and now draws
# what it is asked for.
#
# **Predict.** All ten pictures below come from the same latent vector $z$, with ten
# different labels. What will they have in common?

# %%
train, test = keras_gen.digits()
preset = keras_gen.ConditionalGAN.from_preset("conditional_gan_digits")

z = preset.latents(1, seed=5)  # (1, 32)
plots.strip(preset.draw(z.repeat(10, axis=0), np.arange(10)), labels=range(10))

# %% [markdown]
# Three more vectors, a row each. What does $z$ decide on, if the label says which
# digit it is?

# %%
rows = [
    preset.draw(one[None].repeat(10, axis=0), np.arange(10))
    for one in preset.latents(3, seed=4)
]
plots.grid(np.concatenate(rows), columns=10)

# %% [markdown]
# The digits of a date, in one handwriting. Take your birthday. The slider changes the
# hand: it moves $z$ along the line from one random vector to another.

# %%
DATE = "24122001"
one_hand, other_hand = preset.latents(2, seed=1)


def date(share):
    """The date in the handwriting so far on the way from one to the other."""
    hand = (1 - share) * one_hand + share * other_hand
    labels = np.array([int(digit) for digit in DATE])
    return plots.strip(preset.draw(np.repeat(hand[None], len(labels), axis=0), labels))


plots.explore(date, share=(-0.5, 1.5, 0.0))

# %% [markdown]
# ## Exercise: the label as planes
#
# The discriminator must know the label too: a perfect 3 is a bad answer to "5", and
# nobody else could say so. A convolutional network takes images, so the label becomes
# one: a plane for each class, of ones for the class of this picture and of zeros for
# all others, joined to the picture's channels.
#
# **Predict.** Why not one plane that holds the number of the class? How many channels
# has a grey picture with ten classes?
#
# **Write.** `images` is `(batch, height, width, channels)`, and need not be square;
# `labels` are integers `(batch,)` from 0. Out comes `(batch, height, width, channels +
# num_classes)`. It will stand in a functional model, where there are no numbers yet
# and the batch size is unknown: take `keras.ops` throughout. A tensor of ones of the
# right height and width can be had from the images themselves.


# %%
def condition_images(images, labels, num_classes):
    """Images with a plane for each class as further channels."""
    ### BEGIN SOLUTION
    one_hot = ops.one_hot(ops.cast(labels, "int32"), num_classes, dtype=images.dtype)
    ones = ops.ones_like(images[..., :1])  # (batch, height, width, 1)
    planes = ones * one_hot[:, None, None, :]
    return ops.concatenate([images, planes], axis=-1)
    ### END SOLUTION


# %%
keras_gen.check("condition_images", condition_images)
condition_images = keras_gen.mine_or_ours("condition_images", condition_images)

# %% [markdown]
# **See.** The eleven channels of one digit: the picture, and then its planes.

# %%
number = 7
images = ops.convert_to_tensor(train.images[[number]].astype("float32") / 255)
channels = ops.convert_to_numpy(condition_images(images, train.labels[[number]], 10))
plots.strip(
    channels[0].transpose(2, 0, 1)[..., None], labels=["picture", *train.class_names]
)

# %% [markdown]
# Now in a discriminator. The generator is the library's: it learns a vector for each
# class, which is joined to $z$.
#
# **Predict.** After a minute of training, what share of its digits will be what was
# asked for? What would it be by chance?

# %%
EPOCHS = keras_gen.budget(20, quick=1)
PICTURES = keras_gen.budget(1500, quick=128)


def build_my_discriminator():
    """A model: pictures and labels -> logits, `(batch, 1)`."""
    pictures = keras.Input((28, 28, 1), name="pictures")
    labels = keras.Input((), dtype="int32", name="labels")
    x = condition_images(pictures, labels, 10)
    for width in (16, 32):
        x = layers.Conv2D(width, 4, strides=2, padding="same")(x)
        x = layers.LeakyReLU(0.2)(x)
    logits = layers.Dense(1)(layers.Flatten()(x))
    return keras.Model([pictures, labels], logits)


def build_gan(discriminator):
    """A conditional GAN of digits with this discriminator, ready to train."""
    keras.utils.set_random_seed(0)
    generator = keras_gen.build_generator(
        (28, 28, 1), latent_dim=16, widths=(16, 32), num_classes=10
    )
    gan = keras_gen.ConditionalGAN(
        generator, discriminator, num_classes=10, r1=1.0, seed=0
    )
    rates = (keras.optimizers.Adam(1e-3, beta_1=0.5, beta_2=0.99) for _ in range(2))
    gan.compile(*rates)
    return gan


gan = build_gan(build_my_discriminator())
data = {"images": train.images[:PICTURES], "labels": train.labels[:PICTURES]}
history = gan.fit(data, batch_size=32, epochs=EPOCHS, verbose=2)

# %%
asked = np.arange(30) % 10
plots.grid(gan.generate(asked, seed=0), columns=10)

# %% [markdown]
# `digit_reader` is a classifier of digits. It says what is seen on the pictures. And
# for each class, how far apart are two of its pictures on average, beside two real
# ones?

# %%
reader = presets.load("digit_reader")
asked = np.arange(500) % 10
sets = {
    "yours": gan.generate(asked, seed=0),
    "preset": preset.generate(asked, seed=0),
}
seen = metrics.read_digits(reader, np.concatenate([*sets.values()]))


def variety(pictures, labels):
    """Mean distance of two pictures of one class, averaged over the classes."""
    flat = pictures.reshape(len(pictures), -1) / 255.0
    return np.mean(
        [metrics.mean_pairwise_distance(flat[labels == digit]) for digit in range(10)]
    )


for (name, pictures), read in zip(sets.items(), np.split(seen, 2), strict=True):
    right = np.mean(read == asked)
    print(f"{name}: {right:.0%} as asked for, {variety(pictures, asked):.1f} apart")
print(f"real: {variety(train.images, train.labels):.1f} apart")

# %% [markdown]
# So yours does what it is asked, but look at its three rows again: each has a $z$ of
# its own, and they are nearly the same. This is mode collapse once more, within each
# class. The preset has trained five times as long. Set `EPOCHS = 100`, and watch the
# variety come.

# %% [markdown]
# <details><summary>What was to be predicted</summary>
#
# Pictures of one $z$ share the handwriting: slant, weight, width. One plane with a
# number would say that an 8 is twice a 4; classes have no order. There are 11
# channels. By chance one in ten would be right.
# </details>

# %% [markdown]
# ## Somebody's handwriting
#
# A GAN has no encoder. But one can search for the $z$ whose picture is nearest to a
# given one, downhill through the generator: `keras_gen.invert`. Here it gets digits
# that the GAN has never seen, with their labels.

# %%
STEPS = keras_gen.budget(200, quick=10)

chosen = np.array([np.flatnonzero(test.labels == digit)[3] for digit in (2, 4, 5)])
found = keras_gen.invert(preset, test.images[chosen], test.labels[chosen], steps=STEPS)
plots.pairs(
    test.images[chosen],
    preset.draw(found, test.labels[chosen]),
    titles=("held-out", "found"),
)

# %% [markdown]
# **Predict.** $z$ is the handwriting. What happens if you keep what was found and ask
# for all ten digits?

# %%
hands = [preset.draw(one[None].repeat(10, axis=0), np.arange(10)) for one in found]
plots.grid(np.concatenate(hands), columns=10)

# %% [markdown]
# ## Outlines to flowers: pix2pix
#
# `pix2pix_flowers` was trained on pairs: the outline of a flower, and the flower.
# These outlines are of flowers that it has not seen.

# %%
pix2pix = keras_gen.Pix2Pix.from_preset("pix2pix_flowers")
NEW = 4_000_037  # a seed of flowers that no model was trained on
outlines = keras_gen.flower_outlines(8, seed=NEW)
flowers = keras_gen.flowers(8, seed=NEW).images
painted = pix2pix.translate(outlines)
plots.grid(np.concatenate([outlines, painted, flowers]), columns=8)

# %% [markdown]
# How far is it from the truth? And how far is what costs nothing, the outline itself?


# %%
def error(pictures, true):
    """Mean absolute difference, of 255."""
    return np.abs(pictures.astype("float32") - true.astype("float32")).mean()


print(
    f"painted: {error(painted, flowers):.1f}, outline: {error(outlines, flowers):.1f}"
)

# %% [markdown]
# **Predict.** Each line has the colours of both its sides. What does the model paint
# if red and blue are swapped in the outline? What if you erase the upper rows, and
# where does it take the sky from then?

# %%
plots.pairs(
    outlines[..., ::-1],
    pix2pix.translate(outlines[..., ::-1]),
    titles=("red and blue swapped", "painted"),
)


# %%
def erase(rows):
    """The outlines without their upper rows, and what is painted of them."""
    left = outlines.copy()
    left[:, :rows] = 255
    return plots.pairs(left, pix2pix.translate(left), titles=("outline", "painted"))


plots.explore(erase, rows=(0, 32, 12))

# %% [markdown]
# It invents what it is not told, without a word. Keep that in mind with any picture of
# a generator.

# %% [markdown]
# ## Nights to days: CycleGAN
#
# `cyclegan_flowers` has never seen one flower by day *and* by night. It saw many days
# and many nights, and learned two translators whose round trip comes home.
#
# **Predict.** At night colours are dark and greyish. Which can be recovered, and what
# will become of the stars?

# %%
cyclegan = keras_gen.CycleGAN.from_preset("cyclegan_flowers")
nights = keras_gen.flower_nights(8, seed=NEW)
days = cyclegan.translate(nights)
back = cyclegan.translate_back(days)
plots.grid(np.concatenate([nights, days, flowers, back]), columns=8)

# %% [markdown]
# From above: night, translated day, true day, and back to the night. The two losses in
# numbers, and what a translator makes of a picture that is a day already:

# %%
print(f"day, beside the true one: {error(days, flowers):.1f}")
print(f"the night as it is:       {error(nights, flowers):.1f}")
print(f"night, there and back:    {error(back, nights):.1f}")
print(f"a day 'translated':       {error(cyclegan.translate(flowers), flowers):.1f}")

# %% [markdown]
# <details><summary>What was to be predicted</summary>
#
# Colours come back surprisingly well, as each dark tone has one likely bright one.
# Stars are single pixels: some remain as specks, since the way back needs them.
# </details>

# %% [markdown]
# ## Challenges
#
# They are not graded.
#
# **Bolder.** The mean brightness of a digit says how bold it is. Draw 1,000 digits of
# the preset with random vectors, find the direction from thin to bold with
# `keras_gen.attribute_direction`, and write the ten digits thinner and bolder than `z`
# does.

# %%
### BEGIN SOLUTION
latents = preset.latents(1000, seed=2)
labels = np.arange(1000) % 10
ink = preset.draw(latents, labels).mean(axis=(1, 2, 3))
middle = np.array([np.median(ink[labels == digit]) for digit in range(10)])
bolder = keras_gen.attribute_direction(latents, ink > middle[labels])
weights = [
    preset.draw((z + amount * bolder).repeat(10, axis=0), np.arange(10))
    for amount in (-3.0, 0.0, 3.0)
]
plots.grid(np.concatenate(weights), columns=10)
### PLACEHOLDER
# # Your code here.
### END SOLUTION

# %% [markdown]
# **A blind judge.** Train the GAN above with a discriminator that sees no label, and
# measure again what share of its digits is what was asked for. Before you do: what
# will it be, and why?

# %%
### BEGIN SOLUTION
blind = keras.Input((28, 28, 1)), keras.Input((), dtype="int32")
judge = keras_gen.build_discriminator((28, 28, 1), (16, 32), normalization=None)
blind_gan = build_gan(keras.Model(list(blind), judge(blind[0])))
blind_gan.fit(data, batch_size=32, epochs=EPOCHS // 2 + 1, verbose=0)
seen = metrics.read_digits(reader, blind_gan.generate(asked, seed=0))
print(f"blind: {np.mean(seen == asked):.0%} show what was asked for")
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
