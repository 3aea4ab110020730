"""What is to be seen while a cohort is graded, and the line a student at the end."""

import os
import time
from collections.abc import Callable

from keras_gen.grading.results import SubmissionResult
from keras_gen.grading.text import number, one_line, plain

BAR = 24


class Progress:
    """A bar with names and the time left; plain lines where there is no terminal.

    Args:
        total: number of submissions.
        stream: where to write, such as `sys.stderr`.
        clock: tells seconds.
    """

    def __init__(self, total: int, stream, clock: Callable[[], float] = time.monotonic):
        self.total, self.stream, self.clock = total, stream, clock
        self.begin, self.graded, self.done, self.active = clock(), 0, 0, []
        self.is_terminal = stream.isatty()

    def started(self, submission):
        """Say that a submission is being graded."""
        self.active.append(submission.id)
        self._draw()

    def finished(self, result: SubmissionResult, is_new: bool = True):
        """Say that a submission is graded, or was before."""
        self.done += 1
        self.graded += is_new
        self.active = [name for name in self.active if name != result.id]
        if self.is_terminal:
            self._draw()
        else:
            before = "" if is_new else " (kept)"
            self._write(f"{self.done}/{self.total} {line(result)}{before}\n")

    def close(self):
        """Leave the terminal clean."""
        if self.is_terminal:
            self._write("\r\x1b[K")

    def left(self) -> str:
        """The time left in words; nothing before there is something to tell it by."""
        if not self.graded or self.done == self.total:
            return ""
        spent = self.clock() - self.begin
        seconds = spent / self.graded * (self.total - self.done)
        if seconds < 60:
            return f"{seconds:.0f} s left"
        return f"{seconds / 60:.0f} min left"

    def _draw(self):
        if not self.is_terminal:
            return
        full = BAR * self.done // max(1, self.total)
        names = ", ".join(plain(name) for name in self.active[:4])
        parts = [f"{'█' * full}{'░' * (BAR - full)} {self.done}/{self.total}"]
        text = "  ".join([*parts, *filter(None, [self.left(), names])])
        self._write(f"\r\x1b[K{text[: _width() - 1]}")

    def _write(self, text: str):
        encoding = getattr(self.stream, "encoding", None) or "utf-8"
        self.stream.write(text.encode(encoding, "replace").decode(encoding))
        self.stream.flush()


def _width() -> int:
    try:
        return os.get_terminal_size().columns
    except OSError:
        return 80


def line(result: SubmissionResult) -> str:
    """One line of a terminal about a submission.

    Example:
        >>> asked = ["vae"], ["jax"], 0, "none", {}
        >>> line(SubmissionResult("ada", "", *asked, status="missing"))
        'ada: missing'
    """
    who = plain(result.id) + (f" ({plain(result.name)})" if result.name else "")
    cells = result.cells().items()
    each = ", ".join(f"{set} {backend} {number(v)}" for (set, backend), v in cells)
    if result.status == "graded":
        return f"{who}: {number(result.total)} of 100 ({each})"
    reason = f": {one_line(result.message)}" if result.message else ""
    return f"{who}: {result.status.replace('_', ' ')}{reason}"
