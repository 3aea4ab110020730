"""The directive `api`: a module's docstring, a table of its names, and each of them.

What is public is what `__all__` says; without it, what the module itself defines.
"""

import importlib
import inspect
import re
import types

from docutils import nodes
from sphinx.domains.python import PyXRefRole
from sphinx.util.docutils import SphinxDirective


def public_names(module):
    """Lists what a module offers, classes first, each in the module's order."""
    names = getattr(module, "__all__", None) or [
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and getattr(value, "__module__", "") == module.__name__
    ]
    return sorted(names, key=lambda name: not inspect.isclass(getattr(module, name)))


def describe(name):
    """The reStructuredText of a module's page, below its title."""
    module = importlib.import_module(name)
    names = public_names(module)
    yield from (f".. automodule:: {name}", "   :no-members:", "")
    yield from (f".. currentmodule:: {name}", "")
    if names:
        yield from (".. list-table::", "   :class: names", "")
    for one in names:
        words = summary(getattr(module, one))
        yield from (f"   * - :py:obj:`{one}`", f"     - {words}")
    yield ""
    for one in names:
        yield from entry(one, getattr(module, one))


def summary(value):
    """The first paragraph of a docstring, in one line; of a table, its keys."""
    if isinstance(value, dict):
        return "One of " + ", ".join(f"``{key!r}``" for key in value) + "."
    return " ".join(inspect.getdoc(value).partition("\n\n")[0].split())


def entry(name, value):
    """What makes autodoc describe one name."""
    if inspect.isclass(value):
        yield from (f".. autoclass:: {name}", "   :members:", "   :inherited-members:")
    elif callable(value):
        yield f".. autofunction:: {name}"
    else:
        yield from (f".. py:data:: {name}", "", f"   {summary(value)}")
    yield ""


class Api(SphinxDirective):
    """Documents the module that it is given."""

    required_arguments = 1

    def run(self):
        """Lets autodoc write what `describe` lists."""
        (name,) = self.arguments
        lines = ["```{eval-rst}", *describe(name), "```"]
        return self.parse_text_to_nodes("\n".join(lines))


class Backticks(PyXRefRole):
    """What stands in backticks: a link where it names what these pages describe."""

    def run(self):
        """Makes a link, to be resolved later, or just code."""
        if re.fullmatch(r"[\w.]+", self.text):
            self.name = "py:obj"
            return super().run()
        return [nodes.literal(self.rawtext, self.text)], []


def signature_of(app, kind, name, value, options, signature, returns):
    """Gives a class the arguments of its constructor, and not those of Keras's."""
    if kind != "class" or isinstance(value.__init__, types.WrapperDescriptorType):
        return None
    arguments = inspect.signature(value.__init__).parameters.values()
    return str(inspect.Signature([*arguments][1:])), None  # without self


def skip_foreign(app, kind, name, value, skip, options):
    """Leaves to Keras and Python what a class has from them."""
    value = getattr(value, "fget", value)
    home = getattr(value, "__module__", None) or ""
    return True if not home.startswith("keras_gen") else None


def setup(app):
    """Registers the directive and the role, which is that of plain backticks."""
    app.add_directive("api", Api)
    app.add_role("backticks", Backticks())
    app.connect("autodoc-process-signature", signature_of)
    app.connect("autodoc-skip-member", skip_foreign)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
