"""The line on standard error that says what a command is doing: after a second, and only on a terminal.

The line is erased before anything else is printed.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from derive import progress
from derive.language import Text
from derive.page.terminal import is_terminal, page

AFTER = 1.0  # seconds in which nothing is shown
ERASE = "\r\x1b[K"


class Line:
    """The one line: what was last said, drawn once the second is over, and from then on at once."""

    def __init__(self, stream: IO[Any], lang: str, after: float):
        self.stream, self.lang, self.text, self.seen = stream, lang, "", False
        self.lock = threading.Lock()
        self.timer = threading.Timer(after, self.appear)
        self.timer.daemon = True
        self.timer.start()

    def say(self, text: Text) -> None:
        """Say something else from now on."""
        with self.lock:
            self.text = text.pick(self.lang) + " …"
            if self.seen:
                self._draw()

    def appear(self) -> None:
        """The second is over."""
        with self.lock:
            self.seen = True
            self._draw()

    def erase(self) -> None:
        """Take the line away, until something else is said."""
        with self.lock:
            if self.seen and self.text:
                self._put(ERASE)
            self.text = ""

    def close(self) -> None:
        """Take the line away for good."""
        self.timer.cancel()
        self.erase()

    def _draw(self) -> None:
        if self.text:
            width = page(self.stream).width - 1
            self._put(f"{ERASE}{self.text[: width // 2 if self.lang == 'zh' else width]}")

    def _put(self, text: str) -> None:
        self.stream.write(text)
        self.stream.flush()


_line: Line | None = None


def erase() -> None:
    """Make room for something else to be printed."""
    if _line is not None:
        _line.erase()


@contextmanager
def shown(lang: str, after: float = AFTER) -> Iterator[None]:
    """Within, `doing` is shown on standard error if that is a terminal."""
    global _line
    if not is_terminal(sys.stderr):
        yield
        return
    _line = Line(sys.stderr, lang, after)
    progress.listener = _line.say
    try:
        yield
    finally:
        progress.listener = None
        _line.close()
        _line = None
