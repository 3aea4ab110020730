"""The bytes of a `.py` or `.ipynb` file as code cells; nothing in them is trusted."""

import json

CODE_LIMIT = 1 << 20  # bytes of code in a submission
NOTEBOOK_LIMIT = 20 << 20  # with its pictures and other outputs, which are dropped
UTF16 = (b"\xff\xfe", b"\xfe\xff")


class Rejected(ValueError):
    """Why a submission cannot be graded: one sentence, for teacher and student."""


def limit_of(name: str) -> int:
    """Bytes that a file of this name may have."""
    return NOTEBOOK_LIMIT if name.lower().endswith(".ipynb") else CODE_LIMIT


def cells_of(name: str, content: bytes) -> list[str]:
    """Read the code cells of a file.

    Args:
        name: of the file; `.ipynb` is a notebook, anything else one cell of Python.
        content: its bytes.

    Returns:
        Source of each code cell.

    Raises:
        Rejected: where it is not that, or too large.

    Example:
        >>> cells_of("a.py", b"\\xef\\xbb\\xbfx = 1\\r\\n")
        ['x = 1\\n']
    """
    if len(content) > limit_of(name):
        raise Rejected(f"{name} is larger than {limit_of(name) >> 20} MiB.")
    text = _decoded(name, content)
    cells = _notebook(name, text) if name.lower().endswith(".ipynb") else [text]
    cells = [cell.replace("\r\n", "\n").replace("\r", "\n") for cell in cells]
    if not any(cell.strip() for cell in cells):
        raise Rejected(f"{name} holds no code.")
    if sum(map(len, cells)) > CODE_LIMIT:
        raise Rejected(f"{name} holds more than {CODE_LIMIT >> 20} MiB of code.")
    return cells


def _decoded(name: str, content: bytes) -> str:
    zeros = b"\0" in content[:1000]
    if content.startswith(UTF16) or zeros:
        raise Rejected(f"{name} is no UTF-8 text but perhaps UTF-16; save it as UTF-8.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Rejected(
            f"{name} is no UTF-8 text (byte {error.start}); save it as UTF-8."
        ) from None


def _notebook(name: str, text: str) -> list[str]:
    try:
        made = json.loads(text)
    except (ValueError, RecursionError, MemoryError) as error:
        kind = "too deeply nested" if isinstance(error, RecursionError) else "no JSON"
        where = f" (line {error.lineno})" if hasattr(error, "lineno") else ""
        raise Rejected(f"{name} is no notebook: it is {kind}{where}.") from None
    if not isinstance(made, dict):
        raise Rejected(f"{name} is no notebook: it is not a JSON object.")
    found = made.get("cells")
    if found is None and isinstance(made.get("worksheets"), list):  # nbformat 3
        sheets = [s.get("cells") for s in made["worksheets"] if isinstance(s, dict)]
        found = [cell for cells in sheets if isinstance(cells, list) for cell in cells]
    if not isinstance(found, list):
        raise Rejected(f"{name} is no notebook: it has no list of cells.")
    cells = []
    for number, cell in enumerate(found, 1):
        if not isinstance(cell, dict):
            raise Rejected(f"{name} is no notebook: its cell {number} is no object.")
        if cell.get("cell_type") == "code":
            cells.append(_source(name, number, cell))
    return cells


def _source(name: str, number: int, cell: dict) -> str:
    source = cell.get("source", cell.get("input", ""))
    lines = [source] if isinstance(source, str) else source
    if not (isinstance(lines, list) and all(isinstance(line, str) for line in lines)):
        raise Rejected(f"{name} is no notebook: its cell {number} has no text.")
    return "".join(lines)
