"""The main job in a few minutes: all three models, and a page of their pictures.

The VAE and a first diffusion model are trained here, on real handwritten digits.
What takes longer than a demo may, the models of the flowers, comes from the shipped
presets, and the page says so.
"""

import dataclasses
import time
from pathlib import Path

import keras

from keras_gen import evaluation, plots, presets, recipes, training
from keras_gen.autoencoders import latent_grid
from keras_gen.data import digits, flowers
from keras_gen.data.captions import canonical_caption
from keras_gen.plots import Entry

VAE_EPOCHS = 25
DIFFUSION_EPOCHS = 15
GUIDANCE = 4.0
PROMPTS = (
    "a large flower with six round white petals and a yellow centre, in a green meadow",
    "five pointed blue petals around a white centre, under the stars",
    "a small red flower with eight petals, on the beach",
    "four heart-shaped pink petals and a brown centre, at sunset",
    "a big orange flower against the blue sky",
    "three lilac petals around a green centre, on grey stone",
    "a yellow flower with eight pointed petals, against the night sky",
    "one large turquoise flower with five round petals, at sunset",
)
MORPH = (
    "a large flower with five round red petals and a yellow centre, in a green meadow",
    "a large flower with eight pointed blue petals and a white centre, under the stars",
)


def run(out, seed=0):
    """Makes the pictures and the page.

    Args:
        out: folder, made if need be.
        seed: of the training and the drawing.

    Returns:
        Path of the page.
    """
    out, start = Path(out), time.monotonic()
    backend = keras.backend.backend()
    print(f"Demo on the {backend} backend; KERAS_BACKEND chooses another.")
    page = Page(out)
    figures = {}
    digit_vae(page, figures, seed)
    digit_diffusion(page, seed)
    flower_diffusion(page, seed)
    flower_prompts(page, seed)
    minutes = (time.monotonic() - start) / 60
    figures["minutes for all of this"] = round(minutes, 1)
    path = plots.gallery(
        out,
        page.entries,
        "Keras image generation: the lecture's three models",
        f"Made by keras-gen demo on the {backend} backend, with seed {seed}.",
        figures,
    )
    print(f"\nDone in {minutes:.1f} minutes. The pictures:")
    for entry in page.entries:
        print(f"  {out / entry.picture}")
    print(f"All of them on one page:\n  {path}")
    return path


class Page:
    """Collects pictures: each is saved at once, and shown on the page at the end."""

    def __init__(self, folder):
        self.folder = folder
        self.entries = []

    def add(self, name, picture, heading, text, alt, checkpoint=""):
        """Saves a picture and notes what to say of it."""
        plots.save(picture, self.folder / name)
        self.entries.append(Entry(name, heading, text, alt, checkpoint))


def digit_vae(page, figures, seed):
    """Trains a VAE with a latent plane on the digits, and shows what it learned."""
    print("\n1. A variational autoencoder, trained now on 1,500 handwritten digits")
    heading = "Variational autoencoder"
    train, test = digits()
    recipe = recipes.recipe("vae", data="digits", seed=seed, epochs=VAE_EPOCHS)
    vae = _fit(recipe, train, page, "vae.keras")
    page.add(
        "vae_reconstructions.png",
        plots.pairs(test.images[:10], vae.reconstruct(test.images[:10])),
        heading,
        "Digits it never saw, and what is left of them after two numbers each.",
        "Ten handwritten digits above their reconstructions by a VAE",
    )
    tiles = latent_grid(vae.decoder, 20, extent=2.0)
    page.add(
        "vae_latent_grid.png",
        plots.latent_grid(tiles, 2.0, 20),
        heading,
        "The latent plane, decoded point by point: neighbours look alike.",
        "A grid of digits that change smoothly into each other",
    )
    page.add(
        "vae_latent_map.png",
        plots.latent_map(vae.encode(test.images)[0], test.labels, test.class_names),
        heading,
        "Where the encoder puts test digits; it was never told the classes.",
        "A scatter plot of latent vectors, coloured by digit",
    )
    ends = [int((test.labels == digit).argmax()) for digit in (3, 8)]
    page.add(
        "vae_interpolation.png",
        plots.strip(vae.interpolate(*test.images[ends], num=12)),
        heading,
        "From one digit to another, on a straight line through the latent plane.",
        "A 3 that turns into an 8 in twelve steps",
    )
    measured = evaluation.vae_figures(vae, test, train, seed, len(test), 0)
    for name in (
        "negative_elbo_nats",
        "independent_pixels_nats",
        "reconstruction_rmse",
        "pca_rmse",
    ):
        figures[f"VAE, test digits: {name.replace('_', ' ')}"] = measured[name]


def digit_diffusion(page, seed):
    """Trains a small diffusion model on the digits, for a minute or so."""
    print("\n2. A diffusion model, trained now on the same digits")
    train, _ = digits()
    recipe = recipes.recipe(
        "diffusion",
        data="digits",
        seed=seed,
        epochs=DIFFUSION_EPOCHS,
        widths=(32, 64, 96),
        ema=0.99,
    )
    model = _fit(recipe, train, page, "digits_diffusion.keras")
    page.add(
        "digits_diffusion.png",
        plots.grid(model.generate(40, diffusion_steps=20, seed=seed), columns=10),
        "Diffusion model",
        "Digits drawn from pure noise after a minute of training.",
        "A grid of generated digits",
    )


def flower_diffusion(page, seed):
    """Draws from the shipped diffusion model."""
    print("\n3. A diffusion model of flowers, from the shipped checkpoint")
    name = "flowers_diffusion"
    model = presets.load(name)
    frames = model.trajectory(4, diffusion_steps=20, seed=seed)
    rates = [1 - i / 20 for i in range(21)]
    page.add(
        "diffusion_strip.png",
        plots.trajectory(frames, labels=[f"t = {rate:.2f}" for rate in rates]),
        "Diffusion model",
        "From pure noise (time 1) to a picture (time 0), four times.",
        "Four rows of pictures that go from noise to a flower",
        name,
    )
    samples = model.generate(32, diffusion_steps=20, seed=seed + 1, batch_size=4)
    page.add(
        "diffusion_samples.png",
        plots.grid(samples, columns=8),
        "Diffusion model",
        "Flowers that nobody drew.",
        "A grid of generated flowers",
        name,
    )


def flower_prompts(page, seed):
    """Draws prompts and a morph with the shipped text-to-image model."""
    print("\n4. Text to image, from the shipped checkpoint")
    heading, name = "Text to image", "flowers_text_to_image"
    model = presets.load(name)
    unseen = flowers(4, seed=seed, held_out=True).attributes
    unseen_prompts = [
        canonical_caption({key: int(values[i]) for key, values in unseen.items()})
        for i in range(4)
    ]
    # Batches of one size, here and above: a new size would have to be compiled.
    how = {"guidance_scale": GUIDANCE, "seed": seed, "batch_size": 12}
    pictures = model.generate([*PROMPTS, *unseen_prompts], **how)
    page.add(
        "prompts.png",
        plots.captioned_grid(pictures[:8], PROMPTS),
        heading,
        "Prompts, and what a small model draws: colours, background, size and place it "
        "follows; it miscounts petals.",
        "Eight generated flowers with their prompts",
        name,
    )
    page.add(
        "unseen_prompts.png",
        plots.captioned_grid(pictures[8:], unseen_prompts),
        heading,
        "Combinations of colour, number and background that training never showed.",
        "Four generated flowers with their prompts",
        name,
    )
    page.add(
        "morph.gif",
        plots.animation(model.morph(*MORPH, num=24, **how)),
        heading,
        f"From “{MORPH[0]}” to “{MORPH[1]}”, along the arc between their embeddings.",
        "A red flower in a meadow that turns into a blue one at night",
        name,
    )


def _fit(recipe, train, page, name):
    """Trains without a checkpoint after each epoch, and saves the model at the end."""
    model = recipes.build(recipe, train)
    feed = recipes.batches(recipe, model, train)
    print(f"{recipe.epochs} epochs of {len(feed)} steps")
    bar = EpochBar(recipe.epochs)
    model.fit(feed, epochs=recipe.epochs, verbose=0, callbacks=[bar], shuffle=False)
    # With the recipe, so that `keras-gen evaluate` knows what it was trained on.
    state = {"recipe": dataclasses.asdict(recipe)}
    training.save_checkpoint(model, page.folder / name, state)
    return model


class EpochBar(keras.callbacks.Callback):
    """One progress bar for all epochs, where each takes a second or less."""

    def __init__(self, epochs):
        super().__init__()
        self.bar = keras.utils.Progbar(epochs, unit_name="epoch")

    def on_epoch_end(self, epoch, logs=None):
        """Moves the bar."""
        values = [(name, float(value)) for name, value in (logs or {}).items()]
        self.bar.update(epoch + 1, values)
