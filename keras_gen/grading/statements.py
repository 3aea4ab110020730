"""The text of a cell as Python statements, whatever a notebook has put in between.

Magics and shell lines go, by IPython's rules; of a cell that is not Python as a whole,
the pieces that are.  Runs in the box too, so nothing but the standard library.
"""

import ast
import re
import textwrap
import warnings
from dataclasses import dataclass, replace

# Cell magics whose cell is Python that stays in the namespace.
PYTHON_MAGICS = {"time", "capture", "prun"}
LOOK_AHEAD = 60  # top-level lines, to find the end of a statement in a broken cell
BROKEN = (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError)
ASSIGNED_MAGIC = re.compile(r"([\w., ]+?)\s*=\s*[!%](?!=)")
HELP = re.compile(r"\?{1,2}[\w.*%]+|[\w.*%]+\?{1,2}")
DEFINES = re.compile(r"(?:async\s+)?(?:def|class)\s+(\w+)|(\w+)\s*(?::[^=]+)?=(?!=)")
CONTINUES = re.compile(r"(?:else|elif|except|finally)\b|[)\]}#\s]|$")
QUOTES = ("'''", '"""', "'", '"')


@dataclass(frozen=True)
class Lost:
    """A piece of a cell that is not Python, or no longer.

    Args:
        line: where it starts, from 1.
        code: its first line.
        reason: why it is lost.
        names: what it would have defined.
    """

    line: int
    code: str
    reason: str
    names: tuple[str, ...] = ()


def parse(cell: str) -> tuple[list[ast.stmt], list[Lost], str]:
    """Split a cell into statements.

    Args:
        cell: source as it stands in the notebook or file.

    Returns:
        The statements, with the lines that they have in the cell; what was lost; and
        the source of the statements, each line in its place.

    Example:
        >>> statements, lost, _ = parse("%matplotlib inline\\nx = 1\\ny = (\\nz = 3")
        >>> [ast.unparse(statement) for statement in statements]
        ['pass', 'x = 1', 'z = 3']
        >>> [(piece.line, piece.names) for piece in lost]
        [(1, ()), (3, ('y',))]
    """
    text = cell.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
    try:
        return _tree(text), [], text
    except BROKEN:
        text, lost = without_magics(text)
    try:
        return _tree(text), lost, text
    except BROKEN:
        pass
    dedented = textwrap.dedent(text)
    statements, more, text = _pieces(dedented)
    return statements, [*lost, *more], text


def _tree(text: str) -> list[ast.stmt]:
    with warnings.catch_warnings():  # of "\d" in a string: no concern of a grade
        warnings.simplefilter("ignore")
        return ast.parse(text).body


# --------------------------------------------------------------------------- magics


def without_magics(text: str) -> tuple[str, list[Lost]]:
    """Replace what only IPython understands by `pass`, each line in its place.

    Args:
        text: source of a cell.

    Returns:
        The source, and what it lost.

    Example:
        >>> without_magics("files = !ls\\nlen?")[0]
        'pass\\npass'
    """
    lines = text.split("\n")
    first = next((i for i, line in enumerate(lines) if not _is_blank(line)), 0)
    if found := re.match(r"%%(\w+)", lines[first]):
        if found[1] not in PYTHON_MAGICS:
            return "", [Lost(first + 1, lines[first], "this cell is no Python")]
        lines[first] = ""
    lost, scanner, in_magic = [], _Scanner(), False
    for i, line in enumerate(lines):
        if not in_magic:
            if not scanner.at_start or not (names := _magic(line.strip())):
                scanner.read(line)
                continue
            lost.append(Lost(i + 1, line.strip(), "only a notebook knows it", names[1]))
        indent = line[: len(line) - len(line.lstrip())]
        lines[i] = "" if in_magic else f"{indent}pass"
        in_magic = line.endswith("\\")
    return "\n".join(lines), lost


def _is_blank(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _magic(line: str):
    """(True, names it assigns) for a line that only IPython understands, or None."""
    if line.startswith(("%", "!")) or HELP.fullmatch(line):
        return True, ()
    if found := ASSIGNED_MAGIC.match(line):
        return True, tuple(re.findall(r"\w+", found[1]))
    return None


class _Scanner:
    """Knows whether the next line starts a statement, or goes on with one."""

    def __init__(self):
        self.depth, self.quote, self.escaped = 0, "", False

    @property
    def at_start(self) -> bool:
        return not (self.depth or self.quote or self.escaped)

    def read(self, line: str):
        self.escaped = False
        i = 0
        while i < len(line):
            if line[i] == "\\":
                self.escaped = i + 1 == len(line)
                i += 2
            elif self.quote:
                i += self._inside(line, i)
            elif line[i] == "#":
                break
            else:
                i += self._outside(line, i)
        if len(self.quote) == 1 and not self.escaped:
            self.quote = ""  # a string of one line ends with it, closed or not

    def _inside(self, line: str, i: int) -> int:
        if not line.startswith(self.quote, i):
            return 1
        length, self.quote = len(self.quote), ""
        return length

    def _outside(self, line: str, i: int) -> int:
        for quote in QUOTES:
            if line.startswith(quote, i):
                self.quote = quote
                return len(quote)
        if line[i] in "([{":
            self.depth += 1
        elif line[i] in ")]}":
            self.depth = max(0, self.depth - 1)
        return 1


# ------------------------------------------------------------------------- recovery


def _pieces(text: str) -> tuple[list[ast.stmt], list[Lost], str]:
    """The statements of a text that is not Python as a whole."""
    lines = text.split("\n")
    starts = _starts(lines)
    statements, lost = [], []
    now = 0
    while now < len(starts) - 1:
        ends = range(now + 1, min(now + LOOK_AHEAD, len(starts) - 1) + 1)
        faults = []
        for end in ends:
            try:
                piece, magics = _piece(lines, starts[now], starts[end])
            except BROKEN as error:
                faults.append(error)
            else:
                statements += piece
                lost += magics
                break
        else:
            end = now + 1
            lost.append(_fault(lines, starts[now], faults[0]))
            for i in range(starts[now], starts[end]):
                lines[i] = ""
        now = end
    return statements, lost, "\n".join(lines)


def _starts(lines: list[str]) -> list[int]:
    """Lines at which a top-level statement may start, and the end of the text."""
    starts, decorated = [], False
    for i, line in enumerate(lines):
        if CONTINUES.match(line):
            continue
        if not decorated:
            starts.append(i)
        decorated = line.startswith("@")
    if lines and (not starts or starts[0] > 0):
        starts.insert(0, 0)
    return [*starts, len(lines)]


def _piece(lines: list[str], start: int, end: int):
    """Statements of some lines, and the magics among them."""
    text, magics = without_magics("\n".join(lines[start:end]))
    tree = _tree(text)
    for statement in tree:
        ast.increment_lineno(statement, start)
    return tree, [replace(magic, line=magic.line + start) for magic in magics]


def _fault(lines: list[str], start: int, error: Exception) -> Lost:
    code = lines[start].strip()
    for line in lines[start:]:
        if not _is_blank(line) and not line.startswith("@"):
            found = DEFINES.match(line)
            break
    else:
        found = None
    names = tuple(name for name in (found.groups() if found else ()) if name)
    message = getattr(error, "msg", None) or str(error) or type(error).__name__
    line = start + (getattr(error, "lineno", None) or 1)
    reason = f"it is not Python: {message}"
    if line != start + 1:
        reason += f" in line {line}"
    return Lost(start + 1, code, reason, names)
