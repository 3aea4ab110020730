"""The card beside each preset, and the table of all of them.

Both are made from what lies beside the model: `recipe.json`, which the training wrote,
and `evaluation.json`, which the measuring wrote.  Nothing is loaded.
"""

import textwrap

from keras_gen import shelf
from keras_gen.data.digits import TEST_PICTURES

CLASSES = {"Functional": "keras.Model"}  # what Keras calls it in a file
DATA = {
    "digits": f"1,500 real handwritten digits (scikit-learn's; {TEST_PICTURES} more to "
    "test on)",
    "flowers": "{num_pictures:,} drawn flowers (`keras_gen.flowers`)",
}
COLUMNS = ("name", "class", "size", "parameters", "draws", "figure")


def card(name):
    """Writes the card of a preset.

    Args:
        name: of the preset.

    Returns:
        Markdown.
    """
    preset, made = shelf.PRESETS[name], shelf.facts(name, "recipe.json")
    measured = shelf.facts(name, "evaluation.json")
    kind = _kind(name)
    loader = "presets.load" if kind == "keras.Model" else f"{kind}.from_preset"
    made_by = f"keras-gen train --recipe {name}"
    facts = {
        "made by": f"`{made_by}` with `KERAS_BACKEND={made['backend']}`",
        "seed": made["recipe"]["seed"],
        "data": _data_of(made["recipe"]),
        "epochs": made["recipe"]["epochs"],
        "training time": f"{_seconds(made) / 60:.0f} minutes",
        "machine": made["machine"],
        "versions": _list(made["versions"] | {"Python": made["python"]}),
        "parameters": f"{measured['parameters']:,}",
        "size": _megabytes(name),
        "half precision": f"changes what it answers by "
        f"{100 * measured['half_precision_change']:.2g} % of its standard deviation",
    }
    rows = [f"| {key} | {value} |" for key, value in facts.items()]
    figures = [
        f"| {key.replace('_', ' ')} | {value:.4g} |"
        for key, value in measured["figures"].items()
    ]
    parts = [
        f"# {name}",
        f"A `{kind}`. It draws {preset.draws}.",
        f"```python\nimport keras_gen\n\nmodel = keras_gen.{loader}({name!r})\n```",
        _table(rows),
        _wrapped(
            "Every setting is in `recipe.json`, the losses are in `log.csv`. "
            f"`python -m keras_gen.shipping runs/{name} {name}` stored it here."
        ),
        "![The losses by epoch](curves.png)",
        "## Figures",
        _wrapped(
            f"`{measured['command']}` on the {measured['backend']} backend "
            f"({_list(measured['versions'])}). What each of them is stands in "
            "[benchmarks](../../../benchmarks/README.md)."
        ),
        "| figure | value |\n| --- | --- |\n" + "\n".join(figures),
        "## Limits",
        _wrapped(preset.limits),
        "This card was written by `keras_gen/cards.py`.",
    ]
    return "\n\n".join(parts).replace(f"({name!r})", f'("{name}")') + "\n"


def table():
    """Lists the shipped presets.

    Returns:
        A text of aligned columns: name, class, size on the disk, parameters, what it
        draws, its main figure.

    Example:

    >>> print(table().splitlines()[0])  # doctest: +NORMALIZE_WHITESPACE
    name    class    size    parameters    draws    figure
    """
    rows = [COLUMNS, *map(_row, shelf.names())]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]
    return "\n".join(line.rstrip() for line in lines)


def _row(name):
    measured, preset = shelf.facts(name, "evaluation.json"), shelf.PRESETS.get(name)
    row = [name, _kind(name), _megabytes(name), "–", "–", "–"]
    if measured:
        row[3] = f"{measured['parameters']:,}"
    if preset:
        row[4] = preset.draws
        value = measured.get("figures", {}).get(preset.figure)
        if value is not None:
            row[5] = f"{preset.figure.replace('_', ' ')} {value:.3g}"
    return tuple(row)


def _kind(name):
    kind = shelf.holds(shelf.FOLDER / name)
    return CLASSES.get(kind, kind)


def _megabytes(name):
    return f"{shelf.size(name) / 1e6:.2f} MB"


def _data_of(recipe):
    # The tools have no choice of data.
    of_tool = "digits" if recipe["model"] == "digit-reader" else "flowers"
    data = recipe.get("data", of_tool)
    return DATA.get(data, data).format(**recipe)


def _seconds(made):
    return made.get("seconds_of_training", made.get("seconds_of_last_session"))


def _list(versions):
    return ", ".join(f"{name} {version}" for name, version in versions.items())


def _wrapped(text):
    return textwrap.fill(text, 88, break_long_words=False, break_on_hyphens=False)


def _table(rows):
    return "| | |\n| --- | --- |\n" + "\n".join(rows)
