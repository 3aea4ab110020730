"""Placing pictures and type on a sheet of white paper, pixel by pixel."""

import bisect
import functools
import math
from pathlib import Path

import numpy as np

INK = "#3c4043"
PAPER = 255
TILE = 112  # pixels that a picture should measure on the screen, about
SHEET = 1600  # pixels across that a sheet should not exceed


def fitting_scale(shape, columns: int, padding: int, tile: int = TILE) -> float:
    """Whole scale that shows pictures at about `tile` pixels on a sheet that fits.

    Pictures too large for the sheet even at scale 1 get a fraction instead.
    """
    height, width = shape[1:3]
    room = ((SHEET - padding) / columns - padding) / width
    if room < 1:
        return max(room, 1 / min(height, width))
    return max(1, min(round(tile / max(height, width)), int(room)))


def enlarge(images: np.ndarray, scale: float, smooth: bool = False) -> np.ndarray:
    """Scale pictures `(n, h, w, c)`: repeated pixels, or smoothly.

    A scale that is no whole number is always smooth.
    """
    if not 0 < scale < math.inf:
        raise ValueError(f"scale must be a positive number; got {scale}.")
    if scale == int(scale) and not smooth:
        return images.repeat(int(scale), axis=1).repeat(int(scale), axis=2)
    from PIL import Image

    size = tuple(max(1, round(scale * side)) for side in images.shape[2:0:-1])
    resized = [to_pil(image).resize(size, Image.Resampling.BICUBIC) for image in images]
    return np.stack(resized).reshape(len(images), *size[::-1], images.shape[-1])


def to_pil(image: np.ndarray):
    """PIL image of one array `(h, w, c)`: mode L for one channel, RGB for three."""
    from PIL import Image

    return Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image)


def sheet(tiles, columns, padding, captions=(), titles=(), size=13, group=None):
    """Put tiles row by row on white paper.

    Args:
        tiles: `uint8` array `(n, h, w, c)`, already at the size to show.
        columns: tiles a row.
        padding: white pixels around and between tiles.
        captions: one text a tile, wrapped below it.
        titles: one text a row, at the left.
        size: type size in pixels.
        group: rows that belong together; more room follows each group.

    Returns:
        PIL image, mode L for one channel and RGB for three.
    """
    count, height, width, channels = tiles.shape
    face = type_face(size) if captions or titles else None
    blocks = [wrap(caption, face, width) for caption in captions]
    left = padding + max([round(face.getlength(t)) + size for t in titles], default=0)
    tops, y = [], padding
    for row in range(math.ceil(count / columns)):
        y += 2 * size * bool(group and row and row % group == 0)
        tops.append(y)
        lines = max(map(len, blocks[row * columns :][:columns]), default=0)
        y += height + padding + text_height(lines, size)
    xs = [left + i % columns * (width + padding) for i in range(count)]
    ys = [tops[i // columns] for i in range(count)]
    paper_shape = (y, left + columns * (width + padding), channels)
    paper = np.full(paper_shape, PAPER, np.uint8)
    for tile, x, y in zip(tiles, xs, ys, strict=True):
        paper[y : y + height, x : x + width] = tile
    picture = to_pil(paper)
    for lines, x, y in zip(blocks, xs, ys, strict=False):
        letter(picture, lines, x + width / 2, y + height, face)
    for title, top in zip(titles, tops, strict=False):
        letter_title(picture, title, left - size * 0.6, top + height / 2, face)
    return picture


@functools.cache
def type_face(size: int):
    """DejaVu Sans, which matplotlib brings: the same type on every machine."""
    import matplotlib
    from PIL import ImageFont

    file = Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")
    return ImageFont.truetype(str(file), size, layout_engine=ImageFont.Layout.BASIC)


def text_height(lines: int, size: int) -> int:
    """Pixels that so many lines need, with the gap above them."""
    return round((0.6 + 1.3 * lines) * size) if lines else 0


def letter(picture, lines: list[str], x: float, y: float, face):
    """Write lines centred at `x`, starting a small gap below `y`."""
    from PIL import ImageDraw

    draw = ImageDraw.Draw(picture)
    for index, line in enumerate(lines):
        top = y + (0.4 + 1.3 * index) * face.size
        draw.text((x, top), line, fill=INK, font=face, anchor="ma")


def letter_title(picture, title: str, x: float, y: float, face):
    """Write one line that ends at `x`, vertically centred at `y`."""
    from PIL import ImageDraw

    ImageDraw.Draw(picture).text((x, y), title, fill=INK, font=face, anchor="rm")


def wrap(text: str, face, width: int, most: int = 6) -> list[str]:
    """Break `text` into at most `most` lines of `width` pixels; long words are cut."""
    text = text.strip()[: most * width]  # no letter is narrower than a pixel
    if not text:
        return []
    lines = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split():
            if line and face.getlength(f"{line} {word}") > width:
                lines.append(line)
                line = ""
            line = f"{line} {word}".lstrip()
            while len(line) > (fits := _fitting(line, face, width)):
                lines.append(line[:fits])
                line = line[fits:]
        lines.append(line)
    if len(lines) > most:
        room = width - face.getlength("…")
        last = lines[most - 1]
        lines[most - 1 :] = [last[: _fitting(last, face, room)].rstrip() + "…"]
    return lines


def _fitting(line: str, face, width: float) -> int:
    """Characters of `line` that fit into `width`, at least one."""
    counts = range(1, len(line) + 1)
    fits = bisect.bisect_right(counts, width, key=lambda n: face.getlength(line[:n]))
    return max(1, fits)
