"""Morphs and processes as GIF files that loop."""

import base64
import io

import numpy as np

from keras_gen.plots.checks import check_images
from keras_gen.plots.files import save
from keras_gen.plots.grids import grid
from keras_gen.plots.layout import enlarge, fitting_scale, to_pil

REST = 6  # frames that the first and the last picture stand still for


class Animation(bytes):
    """The bytes of a GIF; shows itself in a notebook and is written with `save`."""

    def _repr_html_(self) -> str:
        return (
            '<img alt="animation" src="data:image/gif;base64,'
            f'{base64.b64encode(self).decode()}">'
        )

    def __repr__(self) -> str:
        """Say what it is instead of printing all bytes."""
        return f"<Animation of {len(self):,} bytes>"


def animation(
    frames,
    path=None,
    seconds: float = 4.0,
    boomerang: bool = True,
    scale: float | None = None,
    smooth: bool = True,
) -> Animation:
    """A GIF that plays `frames` for ever, resting a little at both ends.

    Args:
        frames: `uint8` array `(steps, h, w, c)`, or `(steps, n, h, w, c)` for `n`
            pictures that move together in a grid.
        path: `.gif` file to write as well, if any.
        seconds: length of one loop, there and back. A frame takes 0.02 s at least
            (browsers slow down anything faster), so that many frames take longer.
        boomerang: play back to the start instead of jumping there.
        scale: enlargement; by default about 256 pixels for one picture, and as in
            `grid` for several.
        smooth: enlarge smoothly; `False` repeats pixels, which suits noise.

    Returns:
        The GIF, as `bytes` that show themselves in a notebook.

    Raises:
        ValueError: for floats, a wrong shape, or seconds that are not positive.

    Example:
        >>> animation(np.zeros((3, 8, 8, 1), "uint8"))[:6]
        b'GIF89a'
    """
    if not 0 < seconds <= 600:
        raise ValueError(f"seconds must be in (0, 600]; got {seconds}.")
    pictures = _pictures(frames, scale, smooth)
    order = list(range(len(pictures)))
    if boomerang:
        order += order[-2:0:-1]
    pictures = [_quantise(picture) for picture in pictures]
    gif = _encode([pictures[i] for i in order], _durations(order, seconds))
    if path is not None:
        save(gif, path)
    return gif


def _pictures(frames, scale, smooth) -> list:
    several = np.ndim(frames) == 5
    frames = check_images(frames, "frames", rank=5 if several else 4)
    if several:
        return [grid(images, scale=scale, smooth=smooth) for images in frames]
    if scale is None:
        scale = fitting_scale(frames.shape, 1, 0, tile=256)
    return [to_pil(frame) for frame in enlarge(frames, scale, smooth)]


def _quantise(picture):
    """Bring a picture down to the 256 colours that a GIF frame may have.

    Chosen by eye and by measure among Pillow's methods: colours of its own for each
    frame. Repeated pixels get the nearest colour; in smooth pictures that shows bands,
    so these are dithered, which the eye averages (error after a 3 x 3 blur 48 dB
    instead of 42, and it flickers less as well).
    """
    from PIL import Image

    if picture.mode == "L":
        return picture
    if picture.getcolors(4096) is not None:
        method = Image.Quantize.MAXCOVERAGE
        return picture.quantize(256, method, kmeans=1, dither=Image.Dither.NONE)
    palette = picture.quantize(256, Image.Quantize.FASTOCTREE)
    return picture.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)


def _durations(order: list[int], seconds: float) -> list[int]:
    """Milliseconds a frame, in the whole hundredths of a second that a GIF holds.

    The ends of the cumulated times are rounded, not the times, so that their sum is
    `seconds` whatever the number of frames.
    """
    weights = [REST if step in (0, max(order)) else 1 for step in order]
    ends = np.rint(100 * seconds * np.cumsum(weights) / np.sum(weights))
    return [int(10 * max(2, duration)) for duration in np.diff(ends, prepend=0)]


def _encode(pictures: list, durations: list[int]) -> Animation:
    buffer = io.BytesIO()
    pictures[0].save(
        buffer,
        format="gif",
        save_all=True,
        append_images=pictures[1:],
        duration=durations,
        loop=0,
        optimize=False,
    )
    return Animation(buffer.getvalue())
