"""A failed check as a picture: expected, what came, and the difference."""

import io

import numpy as np

from keras_gen import plots

SHOWN = 4  # pictures of a batch
ROWS = "expected", "yours", "difference"


def compared(expected, got) -> bytes:
    """Draws what was expected, what came and how they differ, as rows.

    Args:
        expected: array `(height, width, channels)`, or a batch of such, in [0, 1] or
            [0, 255].
        got: array of the same shape.

    Returns:
        A PNG.

    Example:

    >>> compared(np.zeros((4, 4, 1)), np.ones((4, 4, 1)))[:4]
    b'\\x89PNG'
    """
    rows = [_pictures(values) for values in (expected, got)]
    rows.append(np.abs(rows[0] - rows[1]))
    top = 1.0 if rows[0].max(initial=0.0) <= 1 else 255.0
    pictures = np.clip(np.concatenate(rows) * (255 / top), 0, 255).astype("uint8")
    columns = len(rows[0])
    captions = [word * (i == 0) for word in ROWS for i in range(columns)]
    drawn = io.BytesIO()
    plots.captioned_grid(pictures, captions, columns, smooth=False).save(drawn, "png")
    return drawn.getvalue()


def _pictures(values):
    """The first pictures, with one channel or three."""
    values = np.asarray(values, "float64")
    values = np.nan_to_num(values.reshape(-1, *values.shape[-3:])[:SHOWN])
    return values if values.shape[-1] == 3 else values[..., :1]
