"""The main job in a minute: all the lecture's models, and a page of their pictures.

The pictures come from the shipped presets, and the page says so.  Then a VAE is trained
for some epochs, on real handwritten digits, to show what training looks like.
"""

import time
from pathlib import Path

import keras

from keras_gen import plots, recipes, shelf
from keras_gen.autoencoders import VAE, latent_grid
from keras_gen.data import digits, flower_nights, flower_outlines, flowers
from keras_gen.data.captions import canonical_caption
from keras_gen.data.flower_pairs import SEED_OF_OTHERS
from keras_gen.diffusion import DiffusionModel, TextToImage
from keras_gen.gans import GAN, ConditionalGAN, CycleGAN, Pix2Pix
from keras_gen.plots import Entry

EPOCHS = 5
GUIDANCE = 4.0
STEPS = 12  # of a solver of the second order, which needs no more
SAMPLER = "dpm_solver"
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
    page, figures = Page(out), {}
    for draw in (
        digit_vae,
        flower_vae,
        digit_gans,
        flower_translations,
        digit_diffusion,
        flower_diffusion,
    ):
        draw(page, seed)
    flower_prompts(page, figures, seed)
    seconds = time.monotonic() - start
    figures["seconds for these pictures"] = round(seconds)
    print(f"\nThese pictures took {seconds:.0f} seconds.")
    train_vae(page, figures, seed)
    path = plots.gallery(
        out,
        page.entries,
        "Keras image generation: the lecture's models",
        f"Made by keras-gen demo on the {backend} backend, with seed {seed}.",
        figures,
    )
    print(f"\nDone in {(time.monotonic() - start) / 60:.1f} minutes. The pictures:")
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


def digit_vae(page, seed):
    """Shows the latent plane of the VAE of the digits."""
    print("\n1. A variational autoencoder of handwritten digits")
    heading, name = "Variational autoencoder", "vae_digits"
    vae, (_, test) = VAE.from_preset(name), digits()
    page.add(
        "vae_reconstructions.png",
        plots.pairs(test.images[:10], vae.reconstruct(test.images[:10])),
        heading,
        "Digits it never saw, and what is left of them after two numbers each.",
        "Ten handwritten digits above their reconstructions by a VAE",
        name,
    )
    tiles = latent_grid(vae.decoder, 20, extent=2.0)
    page.add(
        "vae_latent_grid.png",
        plots.latent_grid(tiles, 2.0, 20),
        heading,
        "The latent plane, decoded point by point: neighbours look alike.",
        "A grid of digits that change smoothly into each other",
        name,
    )
    page.add(
        "vae_latent_map.png",
        plots.latent_map(vae.encode(test.images)[0], test.labels, test.class_names),
        heading,
        "Where the encoder puts test digits; it was never told the classes.",
        "A scatter plot of latent vectors, coloured by digit",
        name,
    )
    ends = [int((test.labels == digit).argmax()) for digit in (3, 8)]
    page.add(
        "vae_interpolation.png",
        plots.strip(vae.interpolate(*test.images[ends], num=12)),
        heading,
        "From one digit to another, on a straight line through the latent plane.",
        "A 3 that turns into an 8 in twelve steps",
        name,
    )


def flower_vae(page, seed):
    """Shows what a VAE makes of pictures in colour."""
    name = "vae_flowers"
    page.add(
        "vae_flowers.png",
        plots.grid(VAE.from_preset(name).generate(32, seed=seed), columns=8),
        "Variational autoencoder",
        "Flowers decoded from 64 random numbers each: a VAE draws what it is unsure of "
        "as a blur.",
        "A grid of blurred flowers",
        name,
    )


def digit_gans(page, seed):
    """Draws digits by a GAN, and those that are asked for by a conditional one."""
    print("\n2. Generative adversarial networks")
    heading = "Generative adversarial network"
    page.add(
        "gan_digits.png",
        plots.grid(GAN.from_preset("dcgan_digits").generate(40, seed), columns=10),
        heading,
        "Digits that nobody wrote, each drawn in one step.",
        "A grid of generated digits",
        "dcgan_digits",
    )
    name = "conditional_gan_digits"
    asked = [digit for _ in range(4) for digit in range(10)]
    page.add(
        "asked_digits.png",
        plots.grid(ConditionalGAN.from_preset(name).generate(asked, seed), columns=10),
        heading,
        "From left to right the digits 0 to 9, as they were asked for.",
        "Four rows of the generated digits 0 to 9",
        name,
    )


def flower_translations(page, seed):
    """Draws flowers from their outlines, and from their nights."""
    for kind, name, sources, titles, text in (
        (
            Pix2Pix,
            "pix2pix_flowers",
            flower_outlines(10, seed=seed + SEED_OF_OTHERS),
            ("outline", "painted"),
            "Outlines, and the flowers that Pix2Pix paints into them.",
        ),
        (
            CycleGAN,
            "cyclegan_flowers",
            flower_nights(10, seed=seed + SEED_OF_OTHERS),
            ("night", "day"),
            "Flowers by night, and by the day that CycleGAN makes of it; it was never "
            "shown both of one flower.",
        ),
    ):
        page.add(
            f"{name}.png",
            plots.pairs(
                sources, kind.from_preset(name).translate(sources), titles=titles
            ),
            "Picture to picture",
            text,
            "Ten pictures above ten flowers that were made of them",
            name,
        )


def digit_diffusion(page, seed):
    """Draws digits from pure noise."""
    print("\n3. Diffusion models of digits and of flowers")
    name = "diffusion_digits"
    model = DiffusionModel.from_preset(name)
    page.add(
        "digits_diffusion.png",
        plots.grid(model.generate(40, STEPS, seed, sampler=SAMPLER), columns=10),
        "Diffusion model",
        "Digits that nobody wrote, from pure noise.",
        "A grid of generated digits",
        name,
    )


def flower_diffusion(page, seed):
    """Shows the way from noise to flowers."""
    name = "diffusion_flowers_32"
    model = DiffusionModel.from_preset(name)
    frames = model.trajectory(4, STEPS, seed, sampler=SAMPLER)
    rates = [1 - i / STEPS for i in range(STEPS + 1)]
    page.add(
        "diffusion_strip.png",
        plots.trajectory(frames, labels=[f"t = {rate:.2f}" for rate in rates]),
        "Diffusion model",
        "From pure noise (time 1) to a picture (time 0), four times.",
        "Four rows of pictures that go from noise to a flower",
        name,
    )
    # Even times are easier to read, but make too many grey backgrounds in few steps.
    how = {"sampler": SAMPLER, "spacing": "log_snr"}
    page.add(
        "diffusion_samples.png",
        plots.grid(model.generate(32, STEPS, seed, **how), columns=8),
        "Diffusion model",
        "Flowers that nobody drew; what each shows was drawn at random first.",
        "A grid of generated flowers",
        name,
    )


def flower_prompts(page, figures, seed):
    """Draws prompts and a morph."""
    print("\n4. Text to image")
    heading, name = "Text to image", "text_to_image_flowers_32"
    model = TextToImage.from_preset(name)
    unseen = flowers(4, seed=seed, held_out=True).attributes
    unseen_prompts = [
        canonical_caption({key: int(values[i]) for key, values in unseen.items()})
        for i in range(4)
    ]
    how = {"num_steps": STEPS, "guidance_scale": GUIDANCE, "sampler": SAMPLER}
    # Batches of one size: another would have to be compiled.
    how |= {"seed": seed, "batch_size": 12}
    pictures = model.generate([*PROMPTS, *unseen_prompts], **how)
    page.add(
        "prompts.png",
        plots.captioned_grid(pictures[:8], PROMPTS),
        heading,
        "Prompts, and what the model draws for them.",
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
    measured = shelf.facts(name, "evaluation.json")["figures"]
    for key, prompts in (("seen", "seen"), ("held_out", "unseen")):
        text = f"{name}: share of {prompts} prompts drawn right (see its card)"
        figures[text] = measured[f"{key}_all_four"]


def train_vae(page, figures, seed):
    """Trains a VAE for some epochs, to show what training looks like."""
    print(f"\n5. Training: the VAE of the digits again, for {EPOCHS} epochs")
    recipe = recipes.recipe("vae", data="digits", seed=seed, epochs=EPOCHS)
    vae, history = recipes.train(recipe, page.folder / "vae.keras")
    _, test = digits()
    page.add(
        "training.png",
        plots.pairs(test.images[:10], vae.reconstruct(test.images[:10])),
        "Training",
        f"Digits it never saw, and what a new VAE makes of them after {EPOCHS} epochs: "
        "compare the first picture of this page, after "
        f"{shelf.PRESETS['vae_digits'].recipe['epochs']}.",
        "Ten handwritten digits above blurred reconstructions",
    )
    for epoch in (1, EPOCHS):
        figures[f"training: loss of epoch {epoch}, in nats"] = history["loss"][
            epoch - 1
        ]
