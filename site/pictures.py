"""Pictures of pages: a dark twin beside each light one, and none from another host."""

from pathlib import Path

from docutils import nodes
from sphinx.transforms import SphinxTransform

LIGHT, DARK = "-light", "-dark"


class Twins(SphinxTransform):
    """Puts `X-dark.png` beside `X-light.png`; the theme shows the one that suits."""

    default_priority = 400  # before Sphinx collects the pictures to copy

    def apply(self, **options):
        """Looks at each picture of a page."""
        for image in list(self.document.findall(nodes.image)):
            path = Path(image["uri"])
            if not path.stem.endswith(LIGHT):
                continue
            name = path.stem.removesuffix(LIGHT) + DARK
            twin = image.deepcopy()
            twin["uri"] = path.with_name(name + path.suffix).as_posix()
            image["classes"].append("only-light")
            twin["classes"].append("only-dark")
            image.parent.insert(image.parent.index(image) + 1, twin)


class Badges(SphinxTransform):
    """Writes what a picture from another host would have shown, as Colab's badge."""

    default_priority = 400

    def apply(self, **options):
        """Looks at each picture of a page."""
        for image in list(self.document.findall(nodes.image)):
            if "://" in image["uri"]:
                image.replace_self(nodes.inline("", image["alt"], classes=["badge"]))


def setup(app):
    """Registers both."""
    app.add_transform(Badges)
    app.add_transform(Twins)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
