"""Weights in half precision on the disk: half the size, the same `load_model`.

Only the file is smaller.  Keras casts each array to the precision of the variable that
it loads it into, so the model computes in float32 as before.
"""

import io
import os
import zipfile
from pathlib import Path

import numpy as np

WEIGHTS = ".weights.h5"
LEAST = 1024  # numbers of an array; in smaller ones lie statistics, and few bytes
LARGEST = float(np.finfo("float16").max)


def halve(path):
    """Rewrites a file of weights, its large float32 arrays in float16, compressed.

    A kernel's numbers lose all but 11 binary digits.  Biases, the statistics of
    normalisation and other small arrays keep theirs, and so does an array with a number
    that float16 cannot hold.

    Args:
        path: a `.keras` or a `.weights.h5` file.

    Reference:
        IEEE 754-2019, binary16.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        if path.name.endswith(WEIGHTS):
            temporary.write_bytes(_halved(path.read_bytes()))
        else:
            _halve_archive(path, temporary)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _halve_archive(path, out):
    compressed = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w", compressed) as new:
        for entry in old.infolist():
            content = old.read(entry)
            if entry.filename.endswith(WEIGHTS):
                content = _halved(content)
            # A fixed date: the same weights give the same bytes.
            new.writestr(
                zipfile.ZipInfo(entry.filename), content, compressed, compresslevel=9
            )


def _halved(content):
    import h5py

    written = io.BytesIO()
    with h5py.File(io.BytesIO(content)) as old, h5py.File(written, "w") as new:

        def copy(name, item):
            if isinstance(item, h5py.Dataset):
                made = _half_dataset(new, name, item[()])
            else:
                made = new.require_group(name)
            made.attrs.update(item.attrs)

        old.visititems(copy)
        new.attrs.update(old.attrs)
    return written.getvalue()


def _half_dataset(file, name, values):
    large = values.dtype in ("float32", "float16") and values.size >= LEAST
    if not large or not np.abs(values).max() <= LARGEST:
        return file.create_dataset(name, data=values)
    # Bytes of one kind beside each other (shuffle) compress better.
    return file.create_dataset(
        name, data=values.astype("float16"), compression="gzip", shuffle=True
    )
