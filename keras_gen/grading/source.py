"""A submission's cells, run: what defines something, one statement at a time.

A statement that fails, hangs or is no Python costs what it defines and no more; what
was not run is told, with its line and the reason.  Code is known by its top-level
names alone: cells may be copied, moved, split or joined.

Runs in the box, where these files lie side by side, and in the student's own process.
"""

import ast
import contextlib
import linecache
import signal
import sys
import threading
import types
import warnings
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

try:
    from keras_gen.grading import choice, statements
except ImportError:  # in the box
    import choice
    import statements

SECONDS = 10.0  # of CPU time for a statement; the slowest import takes 5
PATIENCE = 6  # times as much wall time
LONGEST = 300  # characters of an error's message


@dataclass(frozen=True)
class Note:
    """What of a submission was not run, or failed.

    Args:
        kind: `"skipped"`, `"unneeded"`, `"failed"`, `"timeout"` or `"syntax"`.
        cell: its number, from 0.
        line: within the cell, from 1.
        where: both in words.
        code: the first line of the statement.
        reason: why.
        names: top-level names that are not defined by it.
    """

    kind: str
    cell: int
    line: int
    where: str
    code: str
    reason: str
    names: tuple[str, ...] = ()

    def __str__(self):
        return f"{self.where}: {self.code} — {self.reason}"


@dataclass(frozen=True)
class _Statement:
    node: ast.stmt
    cell: int
    where: str  # "code cell 3"
    text: str

    @property
    def code(self) -> str:
        return _first_line(self.text, self.node.lineno)

    def note(self, kind: str, reason: str, node: ast.AST | None = None) -> Note:
        node = node or self.node
        line = node.lineno
        names = tuple(sorted(choice.binds(node) - {"*"}))
        code = _first_line(self.text, line)
        return Note(
            kind, self.cell, line, _where(self.where, line), code, reason, names
        )


def _first_line(text: str, number: int) -> str:
    lines = text.split("\n")
    line = lines[number - 1].strip() if number <= len(lines) else ""
    return line if len(line) <= 80 else line[:79] + "…"


def _where(label: str, line: int) -> str:
    return f"{label}, line {line}" if label else f"line {line}"


def labels_of(cells: Sequence[str]) -> list[str]:
    """Names of cells for those who read a report; the only cell of a file has none."""
    if len(cells) == 1:
        return [""]
    return [f"code cell {number}" for number in range(1, len(cells) + 1)]


def new_namespace(name: str = "submission") -> dict:
    """A module's namespace, as classes and Keras expect their module to be.

    Example:
        >>> new_namespace("submission_of_ada")["__name__"]
        'submission_of_ada'
    """
    module = types.ModuleType(name)
    sys.modules[name] = module
    return module.__dict__


def run(
    cells: Sequence[str],
    namespace: dict,
    seconds: float = SECONDS,
    wanted: Collection[str] | None = None,
    labels: Sequence[str] | None = None,
) -> Iterator[Note]:
    """Define what the cells define.

    Args:
        cells: sources, in the order of the notebook; a `.py` file is one cell.
        namespace: where the definitions go, such as `new_namespace()`.
        seconds: of CPU time for each statement. Python code that takes longer is
            interrupted, and so is what sleeps for six times as long. Compiled code is
            not, nor is a thread or a loop that swallows every exception: there
            the box's deadline holds. Only in the main thread, and not on Windows.
        wanted: names that will be asked for: what none of them needs, imports too, is
            not run. None runs all definitions.
        labels: what the cells are called in the notes.

    Yields:
        A `Note` for each statement that was not run or that failed. Nothing is run
        before the first is asked for, and all of them must be.

    Example:
        >>> names = {}
        >>> for note in run(["!pip install x", "a = 1\\nmodel.fit(a)\\nb = 2"], names):
        ...     print(note)
        code cell 1, line 1: !pip install x — only a notebook knows it
        code cell 2, line 2: model.fit(a) — it trains or runs a model
        >>> names["a"], names["b"]
        (1, 2)
    """
    labels = labels_of(cells) if labels is None else labels
    kept, notes = [], []
    for number, (cell, label) in enumerate(zip(cells, labels, strict=True)):
        more, told = _gather(cell, number, label)
        kept += more
        notes += told
    lost = {name: note for note in notes for name in note.names}
    needed = choice.needed([statement.node for statement in kept], wanted)
    for statement, need in zip(kept, needed, strict=True):
        if not need:
            notes.append(statement.note("unneeded", "nothing that is graded needs it"))
    yield from sorted(notes, key=lambda note: (note.cell, note.line))
    chosen = [s for s, need in zip(kept, needed, strict=True) if need]
    yield from _Run(namespace, seconds, lost).all(chosen)


def _gather(cell: str, number: int, label: str):
    """Statements of a cell that are to be run, and notes on all others."""
    body, gone, text = statements.parse(cell)
    original = cell.replace("\r\n", "\n").replace("\r", "\n")
    notes = []
    for piece in gone:
        kind = "syntax" if piece.reason.startswith("it is not") else "skipped"
        where = _where(label, piece.line)
        code = piece.code if len(piece.code) <= 80 else piece.code[:79] + "…"
        more = kind, number, piece.line, where, code, piece.reason, piece.names
        notes.append(Note(*more))
    kept = []
    for node in _unwrapped(body):
        statement = _Statement(node, number, label, original)
        chosen, left = choice.choose(node)
        notes += [statement.note("skipped", why, part) for part, why in left]
        if chosen is not None and not isinstance(chosen, choice.EMPTY):
            kept.append(_Statement(chosen, number, label, text))
    return kept, notes


def _unwrapped(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements, and those that an export has put into a string.

    nbconvert writes a cell with %%time as `get_ipython().run_cell_magic('time', …)`.
    """
    for node in body:
        call = getattr(node, "value", None)
        if isinstance(call, ast.Call) and ast.unparse(call.func).endswith(
            "get_ipython().run_cell_magic"
        ):
            words = [getattr(argument, "value", None) for argument in call.args]
            if words[:1] and words[0] in statements.PYTHON_MAGICS and len(words) == 3:
                for inner in statements.parse(str(words[2]))[0]:
                    ast.increment_lineno(inner, node.lineno - inner.lineno)
                    yield inner
                continue
        yield node


class _Run:
    """Runs statements; those that came before what they need, again at the end."""

    def __init__(self, namespace, seconds, lost):
        self.namespace, self.seconds, self.lost = namespace, seconds, lost
        self.flags = 0
        self.namespace.setdefault("__name__", "submission")
        self.namespace.setdefault("__builtins__", __builtins__)

    def all(self, chosen: list[_Statement]) -> Iterator[Note]:
        waiting, bound_later = [], {}
        for index, statement in enumerate(chosen):
            note = self.one(statement)
            if note is None:
                bound_later |= dict.fromkeys(choice.binds(statement.node), index)
            elif note.kind == "failed" and note.reason.startswith("NameError"):
                waiting.append((index, statement, note))
            else:
                yield note
        progress = True
        while waiting and progress:
            progress = False
            for item in list(waiting):
                index, statement, note = item
                names = choice.binds(statement.node)
                if any(bound_later.get(name, -1) > index for name in names):
                    continue  # a later definition counts
                if self.missing(note):
                    continue
                waiting.remove(item)
                again = self.one(statement)
                if again is None:
                    bound_later |= dict.fromkeys(names, index)
                    progress = True
                else:
                    yield again
        for _, _, note in waiting:
            yield self.consequence(note)

    def missing(self, note: Note) -> bool:
        name = _missing_name(note.reason)
        return name is None or name not in self.namespace

    def one(self, statement: _Statement) -> Note | None:
        """Runs a statement; returns what went wrong, if anything did."""
        filename = f"<{statement.where or 'submission'}>"
        _remember(filename, statement.text)
        try:
            code = self._compiled(statement.node, filename)
            kind, reason = _execute(code, self.namespace, self.seconds)
        except (*statements.BROKEN, TypeError) as error:
            kind, reason = "syntax", f"it is not Python: {_first_line(str(error), 1)}"
        if kind is None:
            return None
        note = statement.note(kind, reason)
        self.lost |= {name: note for name in note.names}
        return note

    def _compiled(self, node: ast.stmt, filename: str):
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            for alias in node.names:
                feature = getattr(__import__("__future__"), alias.name, None)
                self.flags |= getattr(feature, "compiler_flag", 0)
        module = ast.Module([node], [])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return compile(module, filename, "exec", self.flags, dont_inherit=True)

    def consequence(self, note: Note) -> Note:
        """The same note; where a name is missing that was lost before, it says so."""
        cause = self.lost.get(_missing_name(note.reason))
        if cause is None or cause.names == note.names and cause.line == note.line:
            return note
        did = "failed" if cause.kind in ("failed", "timeout", "syntax") else "was left"
        did += "" if did == "failed" else " out"
        reason = f"{note.reason}; that {did} ({cause.where})"
        return Note(**(vars(note) | {"reason": reason}))


def _missing_name(reason: str) -> str | None:
    return reason.split("'")[1] if reason.count("'") >= 2 else None


def _remember(filename: str, text: str):
    """Lets tracebacks and `inspect.getsource`, which Keras asks, see the source."""
    lines = [line + "\n" for line in text.split("\n")]
    linecache.cache[filename] = (len(text), None, lines, filename)


def _execute(code, namespace: dict, seconds: float):
    """(None, "") after success; else the kind of failure and a sentence."""
    try:
        with _limit(seconds):
            try:
                exec(code, namespace)
                return None, ""
            except TimeUp:
                raise
            except BaseException as error:  # SystemExit too is only a statement's end
                return "failed", _describe(error)
    except TimeUp:
        return "timeout", f"it took more than {seconds:g} seconds"


def _describe(error: BaseException) -> str:
    try:
        message = " ".join(str(error).split())
    except TimeUp:
        raise
    except BaseException:
        message = "its message cannot be read"
    kind = type(error).__name__
    text = f"{kind}: {message}" if message else kind
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


class TimeUp(BaseException):
    """What a statement gets that takes too long; no `except Exception` catches it."""


@contextlib.contextmanager
def _limit(seconds: float):
    """Raises `TimeUp` after so much CPU time, or after six times as much wall time.

    It is raised again each second, for what catches it.
    """
    if not hasattr(signal, "setitimer") or (
        threading.current_thread() is not threading.main_thread()
    ):
        yield
        return

    def stop(*_):
        raise TimeUp

    timers = {
        signal.SIGPROF: (signal.ITIMER_PROF, seconds),
        signal.SIGALRM: (signal.ITIMER_REAL, PATIENCE * seconds),
    }
    before = {number: signal.signal(number, stop) for number in timers}
    try:
        for timer, value in timers.values():
            signal.setitimer(timer, value, 1.0)
        try:
            yield
        finally:
            for timer, _ in timers.values():
                signal.setitimer(timer, 0)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
