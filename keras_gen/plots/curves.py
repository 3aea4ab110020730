"""Curves of a training run."""

import csv
import math
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from keras_gen.plots.axes import COLOURS, FAMILY, new_figure, style_axes
from keras_gen.plots.layout import INK


def training_curves(history, names=None, log: bool = False):
    """Training and validation curves, one panel a quantity.

    Args:
        history: what `fit` returned, its dictionary, or the `.csv` file of a
            `keras.callbacks.CSVLogger`.
        names: quantities to draw, such as `["loss"]`; by default all but the learning
            rate.
        log: logarithmic vertical axis.

    Returns:
        matplotlib figure.

    Raises:
        ValueError: where there is no such quantity or nothing to draw.
        FileNotFoundError: for a missing file.

    Example:
        >>> figure = training_curves({"loss": [3.0, 2.0], "val_loss": [3.1, 2.5]})
        >>> [line.get_label() for line in figure.axes[0].lines]
        ['training', 'validation']
    """
    curves = _curves(history)
    names = [names] if isinstance(names, str) else names
    skip = ("epoch", "learning_rate", "lr")
    known = [name for name in curves if not name.startswith("val_")]
    names = [name for name in known if name not in skip] if names is None else names
    if not names or not set(names) <= set(known):
        raise ValueError(f"names must be some of {known}; got {list(names)}.")
    columns = min(len(names), 3)
    rows = math.ceil(len(names) / columns)
    figure = new_figure((max(900, 560 * columns), 480 * rows))
    for index, name in enumerate(names):
        axes = figure.add_subplot(rows, columns, index + 1)
        for key, label, colour in (
            (name, "training", COLOURS[0]),
            (f"val_{name}", "validation", COLOURS[6]),
        ):
            if key in curves:
                _curve(axes, curves[key], label, colour)
        _style_curves(axes, name.replace("_", " "), log)
    return figure


def _curves(history) -> dict[str, np.ndarray]:
    """Every column of a history as floats; what is no number becomes a gap."""
    if isinstance(history, (str, os.PathLike)):
        history = _read_csv(Path(history))
    history = getattr(history, "history", history)
    if not isinstance(history, Mapping):
        raise ValueError(
            "history must be what `fit` returned, a dictionary or a .csv file; got "
            f"{type(history).__name__}."
        )
    if not any(len(values) for values in history.values()):
        raise ValueError("history must hold at least one epoch; got none.")
    return {
        name: np.array([_number(value) for value in values])
        for name, values in history.items()
    }


def _read_csv(path: Path) -> dict[str, list]:
    if not path.is_file():
        raise FileNotFoundError(f"history must be a file of training logs; no {path}.")
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {name: [row[name] for row in rows] for name in (rows[0] if rows else ())}


def _number(value) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan


def _curve(axes, values, label, colour):
    """Draw values against epochs from 1, joining over epochs without a value."""
    epochs = np.arange(1, len(values) + 1)
    there = np.isfinite(values)
    marker = "o" if there.sum() <= 20 else None
    style = {"color": colour, "linewidth": 1.8, "marker": marker, "markersize": 4}
    axes.plot(epochs[there], values[there], label=label, **style)


def _style_curves(axes, title, log):
    from matplotlib.ticker import MaxNLocator

    style_axes(axes, "epoch", "")
    axes.set_title(title, loc="left", fontsize=11, color=INK, family=FAMILY)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if log:
        _log_axis(axes)
    if len(axes.lines) > 1:
        axes.legend(frameon=False, labelcolor=INK, prop={"family": FAMILY, "size": 9})


def _log_axis(axes):
    """Plain numbers, also between the powers of ten where those alone are too few."""
    lowest = min(line.get_ydata().min(initial=np.inf) for line in axes.lines)
    if lowest <= 0:
        raise ValueError(
            f"log needs values above 0; {axes.get_title('left')} has {lowest:g}."
        )
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter("{x:g}" if high < 10 * low else "")
    if high < 10 * low:
        axes.grid(which="minor", color="#e8eaed", linewidth=0.8)
