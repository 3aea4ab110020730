"""The directive `gallery`: what each preset draws, and what its card says first."""

from sphinx.util.docutils import SphinxDirective

from keras_gen import shelf

PICTURES = "../lectures/figures/preset-{name}-light.png"
CARDS = "../keras_gen/presets/{name}/README.md"
DRAWN = "Three rows of pictures that {name} drew"
TRANSLATED = "Pictures, what {name} made of them, and the true pictures"
ALT = {"Pix2Pix": TRANSLATED, "CycleGAN": TRANSLATED}
NOTHING = "nothing: it "  # how the shelf describes a tool


def gallery():
    """The MyST of the page: a grid of pictures, and a list of the tools."""
    tools = [name for name in shelf.names() if NOTHING in shelf.PRESETS[name].draws]
    yield "::::{grid} 1 1 2 2\n:gutter: 3\n"
    for name in shelf.names():
        if name not in tools:
            yield from item(name)
    yield "::::\n\n## Tools\n"
    for name in tools:
        does = shelf.PRESETS[name].draws.removeprefix(NOTHING)
        yield f"- [`{name}`]({CARDS.format(name=name)}) {does}; {figure(name)}."


def item(name):
    """A preset's card of the grid."""
    kind = shelf.holds(shelf.FOLDER / name)
    alt = ALT.get(kind, DRAWN).format(name=name)
    yield ":::{grid-item-card}"
    yield f"![{alt}]({PICTURES.format(name=name)})\n"
    yield f"**[`{name}`]({CARDS.format(name=name)})**\n"
    yield f"`{kind}`: {shelf.PRESETS[name].draws}.\n"
    yield f"{figure(name)}, {shelf.size(name) / 1e6:.1f} MB\n:::"


def figure(name):
    """The figure that says most about a preset, as its card has it."""
    word = shelf.PRESETS[name].figure
    value = shelf.facts(name, "evaluation.json")["figures"][word]
    return f"{word.replace('_', ' ')} {value:.3g}"


class Gallery(SphinxDirective):
    """Shows all presets."""

    def run(self):
        """Lets MyST parse the page."""
        for name in shelf.names():  # whose files are read here
            self.env.note_dependency(str(shelf.FOLDER / name / "evaluation.json"))
        return self.parse_text_to_nodes("\n".join(gallery()))


def setup(app):
    """Registers the directive."""
    app.add_directive("gallery", Gallery)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
