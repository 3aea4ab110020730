"""A page to play with the presets, without code: `keras-gen playground`.

Gradio, which shows it, is imported when the page is made. The page is served to this
machine alone, and loads nothing from another.
"""

import functools
import os
import warnings
from types import SimpleNamespace

import keras
import numpy as np

from keras_gen import plots, presets, shelf
from keras_gen.arguments import GUIDANCE, SAMPLERS
from keras_gen.autoencoders import latent_grid
from keras_gen.cli_drawing import drawn
from keras_gen.data import flowers
from keras_gen.diffusion import add_noise
from keras_gen.diffusion.generation import picture_and_noise

TEXT, PLANE, NOISY = "text_to_image_flowers_32", "vae_digits", "diffusion_flowers_32"
WITH_STEPS = ("TextToImage", "DiffusionModel")
KINDS = (*WITH_STEPS, "ConditionalGAN", "GAN", "VAE")
STEPS, SAMPLER = 12, "dpm_solver"  # enough, and quick
EXTENT, TILES, SIZE = 2.5, 20, 28  # of the map: its edge, pictures a side, their pixels
# The colours of the lecture's figures; Gradio's own are too faint to be read by all.
ACCENT, ACCENT_DARK, HOVER = "#0067a5", "#5cb3f0", "#00558a"
STYLE = f":root .dark.dark, :root.dark.dark {{ --color-accent: {ACCENT_DARK} }}"
load = functools.cache(presets.load)


# ------------------------------------------------------------------- what is computed


def draw(preset, prompt, negative, guidance, steps, sampler, digit, num, seed):
    """Draws pictures with a preset; what it has no use for is not looked at.

    Args:
        preset: its name.
        prompt: text.
        negative: what not to draw; may be empty.
        guidance: how much the prompt counts.
        steps: of the reverse process.
        sampler: one of `SAMPLERS`.
        digit: of a conditional GAN; None for all in turn.
        num: pictures.
        seed: integer.

    Returns:
        PIL image.
    """
    kind = shelf.holds(shelf.FOLDER / preset)
    text, walk = kind == "TextToImage", kind in WITH_STEPS
    asked = SimpleNamespace(
        model=preset,
        prompt=[prompt] if text else None,
        negative_prompt=negative if text else None,
        guidance_scale=guidance if text else None,
        steps=int(steps) if walk else None,
        sampler=sampler if walk else None,
        spacing=None,
        labels=[digit] if kind == "ConditionalGAN" and digit is not None else None,
        attributes=None,
        num=int(num),
        seed=_seed(seed),
    )
    pictures, _ = drawn(load(preset), asked)
    side = np.ceil(len(pictures) ** 0.5) * pictures.shape[1]
    return plots.grid(pictures, scale=max(1, 600 // side))


def morph(prompt_a, prompt_b, num, steps, seed):
    """Draws the way between two prompts.

    Args:
        prompt_a: the first picture's.
        prompt_b: the last picture's.
        num: pictures.
        steps: of the reverse process.
        seed: integer.

    Returns:
        HTML of an animation.
    """
    how = {"num_steps": int(steps), "sampler": SAMPLER, "seed": _seed(seed)}
    frames = load(TEXT).morph(prompt_a, prompt_b, int(num), **how)
    return (
        plots.animation(frames)
        ._repr_html_()
        .replace(
            '"animation"', '"A flower that changes from the first prompt to the second"'
        )
    )


@functools.cache
def latent_map():
    """The decoded plane of the digits, uint8 `(560, 560)`."""
    tiles = latent_grid(load(PLANE).decoder, TILES, EXTENT)
    return np.rint(255 * tiles[..., 0]).astype("uint8")


def place(column, row):
    """The latent vector at a pixel of the map: `(z[0], z[1])`.

    Example:

    >>> [round(float(z), 2) for z in place(14, 14)]  # the middle of the first tile
    [-2.5, 2.5]
    """
    step = 2 * EXTENT / (TILES - 1)
    tiles = np.array([column, row]) / SIZE - 0.5
    return np.array([1, -1]) * (tiles * step - EXTENT)


def decode(z, before):
    """Decodes one latent vector, and the way to it.

    Args:
        z: two numbers.
        before: where the way begins; None where there is none.

    Returns:
        `(picture, way, sentence)`, two PIL images and a text.
    """
    way = np.linspace(z if before is None else before, z, 8)
    images = load(PLANE).decode(way)
    words = f"z = ({z[0]:.2f}, {z[1]:.2f})"
    return plots.grid(images[-1:], scale=10), plots.strip(images, scale=2), words


def denoise(time, seed):
    """Adds noise to a flower, and lets the model take it away in one step.

    Args:
        time: diffusion time, 0 (picture) to 1 (noise).
        seed: of the flower and the noise.

    Returns:
        PIL image: the picture, the noisy one, the predicted one.
    """
    model, seed = load(NOISY), _seed(seed)
    images = flowers(1, seed=seed).images
    clean = model.normalizer(images)
    noise = keras.random.normal(clean.shape, seed=seed)
    rates = model.schedule(keras.ops.full((1, 1, 1, 1), float(time)))
    noisy = add_noise(clean, noise, *rates)
    prediction = model.ema_unet.predict_on_batch([noisy, rates[0]])
    predicted, _ = picture_and_noise(model.target, noisy, *rates, prediction)
    shown = [model.to_pictures(one) for one in (noisy, predicted)]
    return plots.strip(
        np.concatenate([images, *shown]),
        labels=["the picture", "with noise", "what the model sees"],
        scale=6,
    )


def _seed(seed):
    if seed is None or seed != int(seed) or not 0 <= seed < 2**31:
        raise ValueError(f"seed must be an integer from 0 to {2**31 - 1}; got {seed}.")
    return int(seed)


# ------------------------------------------------------------------------ the page


def kindly(function):
    """Makes a function show what is wrong, or odd, in the page, in one sentence."""

    @functools.wraps(function)
    def answer(*values):
        import gradio as gr

        with warnings.catch_warnings(record=True) as odd:
            warnings.simplefilter("default")
            try:
                result = function(*values)
            except ValueError as error:
                words = {"title": "This cannot be drawn", "print_exception": False}
                raise gr.Error(str(error), **words) from None
        for one in odd:
            if issubclass(one.category, UserWarning):
                gr.Warning(str(one.message), title="Drawn, but")
        return result

    return answer


def build():
    """Makes the page.

    Returns:
        A `gradio.Blocks`, not launched yet.

    Raises:
        ModuleNotFoundError: where Gradio is not installed.
    """
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read when it is imported
    try:
        import gradio as gr
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "The playground needs Gradio: pip install 'keras-gen[playground]'"
        ) from error
    with gr.Blocks(title="keras_gen playground", analytics_enabled=False) as page:
        gr.Markdown("# Playground\n\nThe trained models that come with keras_gen.")
        for title, fill in TABS.items():
            with gr.Tab(title):
                fill(gr, page)
    # One at a time: each takes all the cores that there are.
    return page.queue(default_concurrency_limit=1)


def draw_tab(gr, page):
    """Presets, with the controls that each has a use for."""
    with gr.Row():
        with gr.Column():
            preset = gr.Dropdown(shelf.names_of(KINDS), value=TEXT, label="preset")
            prompt = gr.Textbox(
                "a large red flower with six round petals, at sunset", label="prompt"
            )
            negative = gr.Textbox(label="negative prompt (what not to draw)")
            guidance = gr.Slider(0, 8, GUIDANCE, step=0.5, label="guidance scale")
            steps = gr.Slider(1, 50, STEPS, step=1, label="steps")
            sampler = gr.Dropdown(SAMPLERS, value=SAMPLER, label="sampler")
            digits = [("all in turn", None), *((str(i), i) for i in range(10))]
            digit = gr.Dropdown(digits, value=None, label="digit", visible=False)
            num = gr.Slider(1, 16, 4, step=1, label="pictures")
            seed = gr.Number(0, label="seed", precision=0)
            button = gr.Button("Draw", variant="primary")
        picture = picture_of(gr, "What the model drew")
    text, walk = (prompt, negative, guidance), (steps, sampler)
    controls = (*text, *walk, digit)

    def show(name):
        kind = shelf.holds(shelf.FOLDER / name)
        shown = [kind == "TextToImage"] * len(text) + [kind in WITH_STEPS] * len(walk)
        shown.append(kind == "ConditionalGAN")
        return [gr.update(visible=one) for one in shown]

    preset.change(show, preset, [*controls], show_progress="hidden")
    inputs = [preset, *controls, num, seed]
    gr.on([button.click, prompt.submit], kindly(draw), inputs, picture)


def morph_tab(gr, page):
    """From one prompt to another."""
    with gr.Row():
        with gr.Column():
            first = gr.Textbox("a red flower, in a green meadow", label="from")
            last = gr.Textbox("a blue flower, under the stars", label="to")
            num = gr.Slider(2, 24, 12, step=1, label="pictures")
            steps = gr.Slider(1, 50, STEPS, step=1, label="steps")
            seed = gr.Number(0, label="seed", precision=0)
            button = gr.Button("Morph", variant="primary")
        film = gr.HTML(label="The way between the prompts", min_height=280)
    button.click(kindly(morph), [first, last, num, steps, seed], film)


def map_tab(gr, page):
    """The plane of the digits' VAE, to click on."""
    gr.Markdown(
        "The latent plane of `vae_digits`, decoded point by point. Click on it, and on "
        "another place, to see what lies between."
    )
    before = gr.State()
    with gr.Row():
        plane = picture_of(gr, "A map of digits that change into each other")
        with gr.Column():
            words = gr.Markdown("z")
            picture = picture_of(gr, "What the decoder makes of the point")
            way = picture_of(gr, "The way to it from the point before")

    def clicked(before, event: gr.SelectData):
        z = place(*event.index)
        return z, *decode(z, before)

    page.load(latent_map, None, plane)
    plane.select(clicked, before, [before, picture, way, words])


def noise_tab(gr, page):
    """More and more noise, and what the model sees in it."""
    time = gr.Slider(0, 1, 0.5, step=0.02, label="diffusion time")
    seed = gr.Number(0, label="seed", precision=0)
    picture = picture_of(gr, "A flower, with noise, and what the model sees in it")
    quick = {"show_progress": "hidden", "trigger_mode": "always_last"}
    triggers = [page.load, time.change, seed.change]
    gr.on(triggers, kindly(denoise), [time, seed], picture, **quick)


def picture_of(gr, text):
    """A picture that can be looked at, and saved."""
    return gr.Image(
        show_label=False,
        alt_text=text,
        format="png",
        interactive=False,
        buttons=["download"],
    )


TABS = {
    "Draw": draw_tab,
    "Morph": morph_tab,
    "Latent map": map_tab,
    "Noise": noise_tab,
}


def launch(page, **how):
    """Serves the page to this machine.

    Args:
        page: what `build` made.
        **how: more for `gradio.Blocks.launch`.

    Returns:
        Its address.
    """
    import gradio as gr

    fonts = {"font": ("system-ui", "sans-serif"), "font_mono": ("monospace",)}
    theme = gr.themes.Base(**fonts, neutral_hue="slate").set(
        color_accent=ACCENT,
        body_text_color_subdued="*neutral_500",
        slider_color=ACCENT,
        slider_color_dark=ACCENT_DARK,
        button_primary_background_fill=ACCENT,
        button_primary_background_fill_dark=ACCENT,
        button_primary_background_fill_hover=HOVER,
        button_primary_background_fill_hover_dark=HOVER,
    )
    _, address, _ = page.launch(
        server_name="127.0.0.1",
        share=False,
        quiet=True,
        prevent_thread_lock=True,
        ssr_mode=False,
        footer_links=[],
        theme=theme,
        css=STYLE,
        **how,
    )
    return address


def run(port=None, in_browser=True):
    """Shows the page until Ctrl-C.

    Args:
        port: to serve it at; by default the first free one from 7860.
        in_browser: whether to open it.
    """
    page = build()
    address = launch(page, server_port=port, inbrowser=in_browser)
    print(f"The playground: {address} (Ctrl-C ends it)")
    page.block_thread()
