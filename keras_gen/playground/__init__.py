"""A page to play with the presets, without code: `keras-gen playground`.

Gradio, which shows it, is imported when the page is made. The page is served to this
machine alone, and loads nothing from another.
"""

import os

from keras_gen.playground.tabs import TABS

# The colours of the lecture's figures; Gradio's own are too faint to be read by all.
ACCENT, ACCENT_DARK, HOVER = "#0067a5", "#5cb3f0", "#00558a"
STYLE = f":root .dark.dark, :root.dark.dark {{ --color-accent: {ACCENT_DARK} }}"


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
    return page


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

    Raises:
        OSError: where the port is taken.
    """
    page = build()
    try:
        address = launch(page, server_port=port, inbrowser=in_browser)
    except OSError as error:
        where = f"at port {port}" if port else "at any port from 7860 to 7959"
        raise OSError(
            f"The playground cannot be served {where}: --port chooses another."
        ) from error
    print(f"The playground: {address} (Ctrl-C ends it)")
    page.block_thread()
