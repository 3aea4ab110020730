"""The figures of lecture 05: adding noise, the rates, the network, and drawing."""

import functools

import numpy as np
from panels import arrow, board, box, rows
from style import figure

from keras_gen import presets
from keras_gen.data import flowers
from keras_gen.diffusion import schedules
from keras_gen.diffusion.samplers import ddim_step

PRESET = "diffusion_flowers_32"
TIMES = np.linspace(0, 1, 9)  # of the noisy flower
WHICH = 6  # of the flowers of seed 1, which no training has seen
STEPS, SHOWN = 20, (0, 2, 4, 6, 8, 10, 12, 16, 20)  # of the walk


def at(time):
    """Rates of a time or of several: `(noise_rates, signal_rates)`, NumPy."""
    pair = schedules.diffusion_schedule(np.reshape(time, (-1, 1, 1, 1)))
    return [np.asarray(rates) for rates in pair]


@functools.cache
def the_model():
    """The preset, whose two networks hold the averaged weights."""
    return presets.load(PRESET)


def normalised(model, images):
    """Pictures as the model sees them."""
    return np.asarray(model.normalizer(images.astype("float32")))


@figure("noisy-flowers", height=2.1, kind="png")
def noisy_flowers(picture, look):
    """A flower with more and more noise, and what the network takes for the flower."""
    model = the_model()
    image = normalised(model, flowers(WHICH + 1, seed=1).images[WHICH:])
    noise, rates = model.noise(1, seed=2), at(TIMES)
    noisy = schedules.add_noise(image, noise, *rates)
    guesses = model.denoise(noisy, *rates)[0]
    named = {
        "noisy picture": model.to_pictures(noisy),
        "one guess": model.to_pictures(guesses),
    }
    rows(picture.subplots(), look, named, [f"t = {time:.3g}" for time in TIMES])


@figure("rates", height=2.9)
def rates(picture, look):
    """Signal and noise rate over diffusion time, and their squares' sum."""
    times = np.linspace(0, 1, 201)
    noise_rates, signal_rates = (np.ravel(rates) for rates in at(times))
    axes = picture.subplots()
    axes.plot(times, signal_rates)
    axes.plot(times, noise_rates)
    axes.plot(times, signal_rates**2 + noise_rates**2, "--", lw=1, c=look.ink)
    axes.text(0.17, 0.91, "signal rate $\\alpha_t$", color="C0")
    axes.text(0.17, 0.37, "noise rate $\\sigma_t$", color="C1")
    axes.text(0.01, 1.04, "$\\alpha_t^2 + \\sigma_t^2$")
    axes.set(xlabel="diffusion time $t$", ylabel="rate", xlim=(0, 1), ylim=(0, 1.12))


@figure("u-net", height=4.0)
def u_net(picture, look):
    """The lecture's U-Net, modulated: sizes of its maps, skips, the noise rate."""
    axes = board(picture)
    place = functools.partial(box, axes, look)
    go = functools.partial(arrow, axes, look)
    stages = (("32 × 32", 32), ("16 × 16", 64), ("8 × 8", 96))
    left, right, middle = 1.75, 5.45, 3.6
    heights = (3.0, 2.1, 1.2)
    for (size, width), y in zip(stages, heights, strict=True):
        place(left, y, f"{size} × {width}", 1.3, colour="C0")
        place(right, y, f"{size} × {width}", 1.3, colour="C1")
        go((left + 0.65, y), (right - 0.65, y), "skip", look.ink, "--")
    place(middle, 0.4, "4 × 4 × 128", 1.3, colour="C2")
    for upper, lower in zip(heights[:-1], heights[1:], strict=True):
        go((left, upper - 0.25), (left, lower + 0.25))
        go((right, lower + 0.25), (right, upper - 0.25))
        axes.text(left - 0.08, (upper + lower) / 2, "halve", ha="right", fontsize=8)
        axes.text(right + 0.08, (upper + lower) / 2, "double", fontsize=8)
    axes.plot((left, left), (heights[-1] - 0.25, 0.4), c=look.ink, lw=1.2)
    go((left, 0.4), (middle - 0.65, 0.4))
    axes.plot((middle + 0.65, right), (0.4, 0.4), c=look.ink, lw=1.2)
    go((right, 0.4), (right, heights[-1] - 0.25))
    place(0.55, heights[0], "$x_t$", 0.5)
    go((0.8, heights[0]), (left - 0.65, heights[0]))
    place(6.75, heights[0], "$\\hat\\epsilon$ or $\\hat v$", 0.8)
    go((right + 0.65, heights[0]), (6.35, heights[0]))
    place(0.55, 3.7, "$\\sigma_t$", 0.5)
    place(2.0, 3.7, "sines, cosines", 1.2)
    place(3.6, 3.7, "2 dense layers", 1.2)
    go((0.8, 3.7), (1.4, 3.7))
    go((2.6, 3.7), (3.0, 3.7))
    go((4.2, 3.7), (4.6, 3.7))
    words = "scales and shifts the channels of every block"
    axes.text(4.65, 3.7, words, va="center", fontsize=8)


@figure("targets", height=3.1)
def targets(picture, look):
    """The velocity is the direction of the circle; errors of noise and of picture."""
    plane, errors = picture.subplots(1, 2, width_ratios=(1, 1.25))
    angles = np.linspace(0, np.pi / 2, 100)
    plane.plot(np.cos(angles), np.sin(angles), c=look.faint, lw=1.2)
    angle = 0.62
    point = np.array([np.cos(angle), np.sin(angle)])
    velocity = 0.45 * np.array([-point[1], point[0]])
    for end, name, words in (
        ((1, 0), "C0", "$x$"),
        ((0, 1), "C1", "$\\epsilon$"),
        (point, look.ink, "$x_t$"),
    ):
        arrow(plane, look, (0, 0), end, colour=name)
        plane.text(*(np.array(end) * 1.05 + (0.02, -0.01)), words, fontsize=12)
    arrow(plane, look, point, point + velocity, colour="C2")
    plane.text(*(point + velocity + (-0.02, 0.07)), "$v$", fontsize=12, color="C2")
    plane.set(xlim=(-0.1, 1.2), ylim=(-0.12, 1.2), aspect="equal")
    plane.axis("off")

    times, noises, pictures = errors_by_time()
    errors.plot(times, noises, "C1")
    errors.plot(times, pictures, "C0")
    errors.set(xlabel="diffusion time $t$", ylabel="mean squared error", xlim=(0, 1))
    errors.set(yscale="log", ylim=(3e-4, 2))
    errors.text(0.72, 0.25, "of the picture", color="C0", ha="right")
    errors.text(0.72, 0.0012, "of the noise", color="C1", ha="right")


@functools.cache
def errors_by_time(num=64):
    """Mean squared errors of noise and picture at each time, on held-out flowers."""
    model = the_model()
    images = normalised(model, flowers(num, seed=1).images)
    noise = model.noise(num, seed=0)
    times, noises, pictures = np.linspace(0, 1, 21), [], []
    for time in times:
        rates = [np.repeat(rate, num, axis=0) for rate in at(time)]
        noisy = schedules.add_noise(images, noise, *rates)
        found = model.denoise(noisy, *rates)
        pictures.append(np.mean((np.asarray(found[0]) - images) ** 2))
        noises.append(np.mean((np.asarray(found[1]) - noise) ** 2))
    return times, noises, pictures


@figure("generation", height=2.9, kind="png")
def generation(picture, look):
    """Two walks from noise to a flower: noisy pictures, and the guess at each step."""
    model = the_model()
    noisy = model.noise(2, seed=4)
    frames, guesses = [noisy], []
    for step in range(STEPS):
        now, after = (at(np.full(2, 1 - k / STEPS)) for k in (step, step + 1))
        images, masks = (np.asarray(x) for x in model.denoise(noisy, *now))
        noisy = np.asarray(ddim_step(images, masks, *after))
        frames.append(noisy)
        guesses.append(images)
    guesses.append(images)
    named = {}
    for which, name in enumerate(("first", "second")):
        for words, all_of_them in (("noisy", frames), ("guess", guesses)):
            shown = np.stack([all_of_them[k][which] for k in SHOWN])
            named[f"{name}, {words}"] = model.to_pictures(shown)
    rows(picture.subplots(), look, named, [f"step {k}" for k in SHOWN])
