"""What does guidance do, and what a negative prompt? Read off the pictures.

    KERAS_BACKEND=jax python benchmarks/guidance.py     # TensorFlow without a choice

Pictures of `text_to_image_flowers_32`, drawn for full descriptions of flowers of
combinations that training showed; then of `diffusion_flowers_32`, which is told the
same as labels. "All four" is the share in which `flower_reader` sees petal colour,
petal number, centre colour and background as the prompt has them; the distance is the
Fréchet distance to as many real flowers; precision says how many drawn pictures lie
among the real ones, recall how many real ones among those drawn, all three by what the
reader knows of a picture. "At the limits" are the pixels' values that are 0 or 255.

Then full descriptions but for one attribute, with and without a negative prompt that
names one of its values: how many pictures show that value, and how many of the other
attributes are as the prompt has them. "Apart" is how far the noise predicted with the
prompt is from that with the negative prompt, or with no text: the root mean squared
difference on flowers with noise of time 0.5.
"""

import argparse
import os

import numpy as np

PRESET, TOLD, SEED = "text_to_image_flowers_32", "diffusion_flowers_32", 0
STEPS, HOW = 10, {"sampler": "dpm_solver", "spacing": "log_snr", "seed": SEED}
SCALES = (0.0, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0)
# Negative prompt -> the attribute and value that it names, and how prompts say it.
NEGATIVES = {
    "three petals": ("petal_number", "three", " {}"),
    "pointed petals": ("petal_shape", "pointed", " {}"),
    "a yellow centre": ("centre_colour", "yellow", " and a {} centre"),
    "a small flower": ("size", "small", " {}"),
    "a flower on the left": ("position", "left", ", {}"),
    "at sunset": ("background", "sunset", ", {}"),
}
NEGATIVE_SCALE = 3.0


def share_that_shows(seen, name, value):
    """Share of pictures in which an attribute was read as a value.

    >>> share_that_shows({"size": np.array([0, 2, 2, 1])}, "size", "large")
    0.5
    """
    from keras_gen.data.flowers import ATTRIBUTES

    return float(np.mean(seen[name] == ATTRIBUTES[name].index(value)))


def by_scale(draw, reader, num):
    """Prints the table of guidance scales.

    Args:
        draw: function of attributes and scale -> pictures.
        reader: of flowers.
        num: pictures a row.
    """
    from distance import features, to_real

    from keras_gen.data import flowers
    from keras_gen.metrics import attribute_accuracy, precision_recall

    asked = flowers(num, seed=SEED + 2_000_003)
    distance, _ = to_real(num)
    real = features(flowers(num, seed=SEED + 1).images)

    def row(title, images):
        right = attribute_accuracy(reader, images, asked.attributes)["all_four"]
        shares = [right, *precision_recall(real, features(images))[:2]]
        shares = " | ".join(f"{share:.1%}" for share in shares)
        limits = at_the_limits(images)
        words = f"| {title} | {shares} | {limits:.1%} | {distance(images):.0f} |"
        print(words, flush=True)

    print("| guidance | all four | precision | recall | at the limits | distance |")
    print("| --- " * 6 + "|")
    row("real flowers", asked.images)
    for scale in SCALES:
        row(f"{scale:g}", draw(asked.attributes, scale))


def at_the_limits(images):
    """Share of values that are black or full.

    >>> at_the_limits(np.array([0, 1, 254, 255]))
    0.5
    """
    return float(np.mean((images == 0) | (images == 255)))


def without(prompts, values, name, words):
    """Full descriptions, each without what it says of one attribute.

    >>> without(["a small flower, at sunset"], [0], "size", " {}")
    ['a flower, at sunset']
    """
    from keras_gen.data.captions import ATTRIBUTES, PHRASES

    cut = []
    for prompt, number in zip(prompts, values, strict=True):
        value = ATTRIBUTES[name][number]
        phrase = PHRASES.get(name, {}).get(value, (value,))[0]
        cut.append(prompt.replace(words.format(phrase), "", 1))
    return cut


def by_negative(model, reader, num):
    """Prints the table of negative prompts."""
    from keras_gen.data import flowers
    from keras_gen.evaluation.diffusion import full_prompts
    from keras_gen.metrics import read_attributes

    pictures = flowers(num, seed=SEED + 2_000_003)
    asked, prompts = pictures.attributes, full_prompts(pictures.attributes)
    print("| negative prompt | shown without | with | others right | with | apart |")
    print("| --- " * 6 + "|")
    print(f"| none | – | – | – | – | {apart(model, pictures, ''):.2f} |", flush=True)
    for negative, (name, value, words) in NEGATIVES.items():
        shares, others = [], []
        inputs = {"prompts": without(prompts, asked[name], name, words)}
        for more in ({}, {"negative_prompts": negative}):
            how = {"guidance_scale": NEGATIVE_SCALE, "num_steps": STEPS, **HOW}
            drawn = model.generate(inputs | more, **how)
            seen = read_attributes(reader, drawn)
            shares.append(share_that_shows(seen, name, value))
            right = [seen[x] == asked[x] for x in asked if x != name]
            others.append(np.mean(right))
        shown = " | ".join(f"{share:.1%}" for share in shares + others)
        difference = apart(model, pictures, negative)
        print(f"| {negative} | {shown} | {difference:.2f} |", flush=True)


def apart(model, pictures, negative, num=64):
    """Root mean squared difference of the noises with the captions and another text."""
    from keras import ops

    from keras_gen import add_noise

    diffusion = model.diffusion
    images = diffusion.normalizer(pictures.images[:num].astype("float32"))
    rates = diffusion.schedule(np.full((num, 1, 1, 1), 0.5))
    noisy_images = add_noise(images, diffusion.noise(num, SEED), *rates)
    masks = [
        diffusion.denoise(noisy_images, *rates, ops.convert_to_tensor(model.embed(t)))[
            1
        ]
        for t in (pictures.captions[:num], [negative] * num)
    ]
    return float(ops.sqrt(ops.mean((masks[0] - masks[1]) ** 2)))


def main():
    """Prints the tables."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("-n", "--num", type=int, default=1000)
    options = options.parse_args()
    import keras
    from timing import machine, pin

    from keras_gen import presets
    from keras_gen.evaluation.diffusion import full_prompts

    pin()
    print(f"Backend {keras.backend.backend()}; {machine()}; {options.num} pictures\n")
    model, reader = presets.load(PRESET), presets.load("flower_reader")
    told = presets.load(TOLD)

    def by_prompts(asked, scale):
        prompts = full_prompts(asked)
        return model.generate(prompts, STEPS, guidance_scale=scale, **HOW)

    def by_labels(asked, scale):
        labels = np.stack([*asked.values()], axis=1)
        return told.generate(labels, STEPS, guidance_scale=scale, **HOW)

    for name, draw in ((PRESET, by_prompts), (TOLD, by_labels)):
        print(f"`{name}`:\n")
        by_scale(draw, reader, options.num)
        print()
    by_negative(model, reader, options.num // 2)


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    main()
