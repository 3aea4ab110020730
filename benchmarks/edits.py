"""How much noise does an edit need? Pictures are noised, and drawn anew by a prompt.

    KERAS_BACKEND=jax python benchmarks/edits.py      # TensorFlow without a choice

SDEdit (Meng et al. 2022) with `text_to_image_flowers_32`: real flowers are noised up to
a diffusion time, and the noise is removed again for the prompt "a blue flower, at
sunset". `flower_reader` says how many show what the prompt asked for, and how many kept
what it did not speak of: the number of petals and the flower's place.
"""

import os

import numpy as np

NUM, STEPS, GUIDANCE = 200, 20, 3.0
TIMES = (0.2, 0.4, 0.6, 0.7, 0.8, 0.9, 1.0)
PROMPT = "a blue flower, at sunset"
KEPT = ("petal_number", "position")


def edited(model, images, prompt, time, seed=0):
    """Pictures, noised up to a diffusion time and drawn anew from there.

    Args:
        model: a `TextToImage`.
        images: uint8 `(num, height, width, channels)`.
        prompt: of all of them.
        time: in (0, 1]; 1 keeps nothing of the pictures.
        seed: of the noise.

    Returns:
        uint8, of the same shape.
    """
    from keras_gen.diffusion import add_noise

    diffusion = model.diffusion
    rates = diffusion.schedule(np.full((1, 1, 1, 1), time, "float32"))
    noise = diffusion.noise(len(images), seed)
    noisy = add_noise(diffusion.normalizer(images), noise, *rates)

    def from_there(step, num_steps, schedule):
        return time * (1.0 - step / num_steps)

    texts = model.embed([prompt] * len(images))
    how = {"noise": noisy, "spacing": from_there}
    return model.generate_from_embeddings(texts, None, STEPS, GUIDANCE, **how)


def completed(model, images, holes, prompts, seed=0):
    """Pictures whose holes are drawn, and whose rest is put back after each step.

    Args:
        model: a `TextToImage`.
        images: uint8 `(num, height, width, channels)`.
        holes: floats `(num, height, width, 1)`: 1 where something is missing.
        prompts: one a picture.
        seed: of the noise.

    Returns:
        uint8, of the same shape as the pictures.
    """
    from keras_gen.diffusion import add_noise, ddim_step

    known = model.diffusion.normalizer(images)

    def put_back(denoise, noisy_images, previous_images, levels, draw_noise):
        images, masks = denoise(noisy_images, *levels.now)
        drawn = ddim_step(images, masks, *levels.next)
        kept = add_noise(known, draw_noise(), *levels.next)
        return (
            holes * drawn + (1.0 - holes) * kept,
            holes * images + (1.0 - holes) * known,
        )

    return model.generate(prompts, STEPS, GUIDANCE, seed, sampler=put_back)


def main():
    """Prints the table."""
    import keras
    from timing import machine, pin

    from keras_gen import TextToImage, metrics, presets
    from keras_gen.data import flowers
    from keras_gen.data.flowers import ATTRIBUTES

    pin()
    print(f"Backend {keras.backend.backend()}; {machine()}; {NUM} pictures\n")
    model = TextToImage.from_preset("text_to_image_flowers_32")
    reader = presets.load("flower_reader")
    pictures = flowers(NUM, seed=1_000_003)
    wanted = {
        "petal_colour": ATTRIBUTES["petal_colour"].index("blue"),
        "background": ATTRIBUTES["background"].index("sunset"),
    }
    print("| noised up to time | blue | at sunset | as many petals | same place |")
    print("| --- " * 5 + "|")
    for time in TIMES:
        seen = metrics.read_attributes(
            reader, edited(model, pictures.images, PROMPT, time)
        )
        shares = [np.mean(seen[name] == value) for name, value in wanted.items()]
        shares += [np.mean(seen[name] == pictures.attributes[name]) for name in KEPT]
        cells = " | ".join(f"{share:.0%}" for share in shares)
        print(f"| {time} | {cells} |", flush=True)


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    main()
