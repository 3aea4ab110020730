"""The playground's tabs: for each what can be set, and what is shown then."""

import functools
import warnings

from keras_gen import shelf
from keras_gen.arguments import GUIDANCE, SAMPLERS
from keras_gen.playground.drawing import (
    GUIDED,
    KINDS,
    SAMPLER,
    STEPS,
    TEXT,
    WITH_STEPS,
    decode,
    denoise,
    draw,
    latent_map,
    morph,
    place,
)

# One thing is drawn at a time, whatever tab it is of: each takes all cores.
ALONE = {"concurrency_id": "drawing", "concurrency_limit": 1}


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
    text, walk = (prompt, negative), (steps, sampler)
    controls = (*text, guidance, *walk, digit)

    def show(name):
        kind = shelf.holds(shelf.FOLDER / name)
        shown = [kind == "TextToImage"] * len(text) + [kind in GUIDED]
        shown += [kind in WITH_STEPS] * len(walk) + [kind == "ConditionalGAN"]
        return [gr.update(visible=one) for one in shown]

    preset.change(show, preset, [*controls], show_progress="hidden")
    inputs = [preset, *controls, num, seed]
    gr.on([button.click, prompt.submit], kindly(draw), inputs, picture, **ALONE)


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
    button.click(kindly(morph), [first, last, num, steps, seed], film, **ALONE)


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

    page.load(latent_map, None, plane, **ALONE)
    plane.select(clicked, before, [before, picture, way, words], **ALONE)


def noise_tab(gr, page):
    """More and more noise, and what the model sees in it."""
    time = gr.Slider(0, 1, 0.5, step=0.02, label="diffusion time")
    seed = gr.Number(0, label="seed", precision=0)
    picture = picture_of(gr, "A flower, with noise, and what the model sees in it")
    quick = {"show_progress": "hidden", "trigger_mode": "always_last", **ALONE}
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
