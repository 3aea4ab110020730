"""What a worker prints: counted, cut, and made safe to be shown."""

import os

HALF = 8192  # bytes that are kept of the beginning, and of the end


class Printed:
    """Collects what comes out of a pipe.

    Attributes:
        count: bytes that have come.
        ended: nothing can come any more.
    """

    def __init__(self):
        self.count = 0
        self.ended = False
        self._first, self._last = b"", b""

    def drain(self, pipe: int, at_most: float = 2**26) -> None:
        """Reads what is there, without waiting.

        Args:
            pipe: a descriptor that does not block.
            at_most: stop when more bytes than that have come in all.
        """
        while not self.ended and self.count <= at_most:
            try:
                got = os.read(pipe, 65536)
            except BlockingIOError:
                return
            self.ended = not got
            self.count += len(got)
            if len(self._first) < HALF:
                missing = HALF - len(self._first)
                self._first, got = self._first + got[:missing], got[missing:]
            self._last = (self._last + got)[-HALF:]

    def text(self) -> str:
        """The text, with a line `[…]` where something is left out."""
        cut = self.count > len(self._first) + len(self._last)
        parts = [self._first, self._last] if cut else [self._first + self._last]
        texts = [part.decode("utf-8", "backslashreplace") for part in parts]
        return "\n[…]\n".join(map(printable, texts))


def printable(text: str) -> str:
    r"""The text, with all that could command a terminal or change the order of letters.

    Line ends and tabs stay; so do letters of all languages.

    >>> printable("ä\x1b[31m\n")
    'ä\\x1b[31m\n'
    """
    return "".join(
        c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode()
        for c in text
    )
