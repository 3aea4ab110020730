"""The figures of lecture 06: ways from noise to a picture, guidance, schedules."""

import functools

import numpy as np
from panels import rows
from style import figure

from keras_gen import presets
from keras_gen.diffusion import DDIM, CosineSchedule, LinearSchedule
from keras_gen.diffusion.samplers import Rates, ddim_step, ddpm_step

# "Pictures" of one pixel, from two Gaussians: their denoiser is known exactly.
MODES, SHARES, WIDTH = np.array([-1.2, 0.9]), np.array([0.4, 0.6]), 0.2
STARTS = np.linspace(-1.8, 1.8, 9)


def rates(time):
    """Noise and signal rate of a time, NumPy."""
    return Rates(*(np.asarray(rate) for rate in CosineSchedule()(time)))


def one_pixel(noisy, rates):
    """What is expected of picture and noise, given noisy pixels `(num,)`."""
    away = noisy[:, None] - rates.signal * MODES
    variance = (rates.signal * WIDTH) ** 2 + rates.noise**2
    density = SHARES * np.exp(-(away**2) / (2 * variance))
    density /= density.sum(axis=1, keepdims=True)
    means = MODES + rates.signal * WIDTH**2 / variance * away
    images = (density * means).sum(axis=1)
    return images, (noisy - rates.signal * images) / rates.noise


def walk(steps, fresh=None):
    """Times and noisy pixels of a walk; with a generator, DDPM's.

    Args:
        steps: how many.
        fresh: None, or a NumPy generator.

    Returns:
        `(times, pixels)`: `(steps + 1,)` and `(steps + 1, num)`.
    """
    times, noisy = 1 - np.arange(steps + 1) / steps, STARTS
    frames = [noisy]
    for now, after in zip(times[:-1], times[1:], strict=True):
        now, after = rates(now), rates(after)
        images, masks = one_pixel(noisy, now)
        if fresh is None:
            noisy = np.asarray(ddim_step(images, masks, *after))
        else:
            added = fresh.standard_normal(len(noisy))
            noisy = np.asarray(ddpm_step(noisy, images, now, after, added))
        frames.append(noisy)
    return times, np.stack(frames)


@figure("paths", height=2.9)
def paths(picture, look):
    """Paths from noise to pictures of one pixel: with and without chance."""
    flow, chance = picture.subplots(1, 2, sharey=True)
    ends = np.linspace(-2, 2, 81)
    last = rates(0.0)
    spread = np.sqrt((last.signal * WIDTH) ** 2 + last.noise**2)
    curve = SHARES * np.exp(
        -0.5 * ((ends[:, None] - last.signal * MODES) / spread) ** 2
    )
    for axes, title, frames in (
        (flow, "without chance", walk(200)),
        (chance, "with chance (DDPM)", walk(40, np.random.default_rng(3))),
    ):
        axes.plot(*frames, c="C0", lw=1)
        axes.fill_betweenx(ends, 0, -0.17 * curve.sum(axis=1), color=look.faint, lw=0)
        axes.set(xlabel="diffusion time $t$", xlim=(1.02, -0.14), ylim=(-2.4, 2.4))
        axes.set(title=title, xticks=(1, 0.75, 0.5, 0.25, 0))
    times, pixels = walk(4)
    flow.plot(times, pixels[:, [3, 5]], "o--", c="C1", lw=1.2, ms=4)
    flow.text(0.98, -2.25, "dashed: DDIM, 4 steps", color="C1", fontsize=8)
    flow.set_ylabel("the noisy pixel $x_t$")


@figure("equal-steps", height=4.0, kind="png")
def equal_steps(picture, look):
    """The same noise by each sampler, whose network is asked ten times."""
    model = presets.load("diffusion_flowers_32")
    named = {}
    for title, steps, sampler in (
        ("DDPM", 10, "ddpm"),
        ("DDIM, $\\eta$ = ½", 10, DDIM(0.5)),
        ("DDIM", 10, "ddim"),
        ("Heun", 5, "heun"),
        ("DPM-Solver", 10, "dpm_solver"),
        ("DDIM × 200", 200, "ddim"),
    ):
        how = {"sampler": sampler, "spacing": "log_snr"}
        named[title] = model.generate(9, steps, seed=11, **how)
    rows(picture.subplots(), look, named)


@functools.cache
def text_model():
    """The preset that draws for prompts."""
    return presets.load("text_to_image_flowers_32")


@figure("guidance", height=3.4, kind="png")
def guidance(picture, look):
    """One prompt, the same noises, more and more guidance."""
    prompt = "a large flower with five pointed purple petals, on the beach"
    named = {}
    for scale in (0, 1, 2, 4, 8):
        named[f"w = {scale}"] = text_model().generate(
            [prompt] * 9, guidance_scale=scale, seed=5
        )
    rows(picture.subplots(), look, named)


@figure("schedules", height=2.7)
def schedules(picture, look):
    """The lecture's cosine schedule beside DDPM's: signal left, and log-SNR."""
    powers, ratios = picture.subplots(1, 2)
    times = np.linspace(0, 1, 101)
    for schedule, title, colour in (
        (CosineSchedule(), "cosine (lecture)", "C0"),
        (LinearSchedule(), "linear $\\beta_n$ (DDPM)", "C1"),
    ):
        noise, signal = (np.asarray(rate) for rate in schedule(times))
        powers.plot(times, signal**2, c=colour, label=title)
        ratios.plot(times, np.log(signal / noise), c=colour)
    powers.set(
        xlabel="diffusion time $t$", ylabel="$\\alpha_t^2$, which is $\\bar\\alpha_n$"
    )
    powers.legend(loc="upper right")
    ratios.set(xlabel="diffusion time $t$", ylabel="$\\log(\\alpha_t / \\sigma_t)$")
    for axes in (powers, ratios):
        axes.set_xlim(0, 1)
