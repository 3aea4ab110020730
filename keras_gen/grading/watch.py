"""What a hostile submission could read, change or leave behind; and whether it did."""

import contextlib
import json
import os
import secrets
import tempfile
import time
from pathlib import Path

from keras_gen.grading.box import Box
from keras_gen.grading.limits import living_in

FALSE_CREDIT, LOST_ROW = "false credit", "lost row"
SECRET_READ, SURVIVOR = "secret read", "surviving process"
HARMS = FALSE_CREDIT, LOST_ROW, SECRET_READ, SURVIVOR
CANARY = "GRADING_CANARY"  # in the environment: a secret
Harm = tuple[str, str]  # its kind, and what happened


def mark(box: Box) -> str:
    """What all processes of a box have in common: a namespace, or else a session."""
    box.wait_until_ready()
    worker = box._launched.worker()
    if box.tier.startswith("bwrap"):
        return os.readlink(f"/proc/{worker}/ns/pid")
    return f"session {worker}"


class Watch(contextlib.AbstractContextManager):
    """Something to read, to change and to outlive; and whether that was done.

    Args:
        patience: seconds of the clock in which the processes of a box end.

    Attributes:
        grades: a file of the grader's, which nobody may read or change.
    """

    def __init__(self, patience: float = 20.0):
        self.patience = patience

    def __enter__(self):
        self._stack, self._leaks = contextlib.ExitStack(), 0
        self._marks = set()
        folder = tempfile.TemporaryDirectory(prefix="hostile-")
        self.grades = Path(self._stack.enter_context(folder), "hidden_grades.csv")
        self._secret, before = secrets.token_hex(16), os.environ.get(CANARY)
        self.grades.write_text(f"alice,100,{self._secret}\n")
        self._files = self._look()
        os.environ[CANARY] = self._secret
        self._stack.callback(_set, CANARY, before)
        return self

    def __exit__(self, *_):
        self._stack.close()

    def _look(self):
        """What lies in the folder; None where not all of it can be read any more."""
        try:
            return {
                path.name: path.read_bytes() for path in self.grades.parent.iterdir()
            }
        except OSError:
            return None

    def told(self, source: str) -> str:
        """The text of a hostile file, who knows where the grades and the grader are."""
        source = source.replace("@GRADES@", str(self.grades))
        return source.replace("@JUDGE@", str(os.getpid()))

    def opened(self, box: Box) -> None:
        """Notes where a box's processes are, once it is ready."""
        found = mark(box)
        if not found.startswith("session"):
            # While it is open here, the kernel gives its number to no other one.
            space = f"/proc/{box._launched.worker()}/ns/pid"
            self._stack.callback(os.close, os.open(space, os.O_RDONLY | os.O_CLOEXEC))
        self._marks.add(found)

    def heard(self, text: str) -> None:
        """Listens to what comes out of a box."""
        self._leaks += self._secret in text

    def alive(self) -> set[int]:
        """Processes that run in a box that is closed, and do not end."""
        end = time.monotonic() + self.patience
        while (found := living_in(self._marks)) and time.monotonic() < end:
            time.sleep(0.1)
        return found

    def harms(self) -> list[Harm]:
        """What has been done so far."""
        found = []
        if self._look() != self._files:
            found.append((FALSE_CREDIT, "A file of the grader's was changed."))
        if self._leaks:
            found.append((SECRET_READ, "What only the grader knows came out."))
        if not self._marks:
            found.append((LOST_ROW, "No box was opened."))
        if left := self.alive():
            found.append((SURVIVOR, f"{len(left)} processes did not end."))
        return found


def _set(name, value):
    os.environ.pop(name, None) if value is None else os.environ.update({name: value})


class WatchedBox(Box):
    """A box that is listened to.

    Args:
        watch: who listens.
        most: seconds of the processor for any request.
        backend, limits, tier, files: as for `Box`.
    """

    def __init__(
        self, watch: Watch, most: float, backend, limits, tier=None, files=None
    ):
        self.watch, self.most = watch, most
        super().__init__(backend, limits, tier, files)
        watch.opened(self)

    def request(self, header, arrays, seconds):
        said, came = super().request(header, arrays, min(seconds, self.most))
        self.watch.heard(json.dumps(said, default=str))
        return said, came

    def close(self):
        super().close()
        self.watch.heard(self.output)
