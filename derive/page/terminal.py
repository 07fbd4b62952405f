"""The width of a terminal in columns, and whether it shows colours. Files and pipes always get the same page."""

from __future__ import annotations

import os
from typing import IO, Any, NamedTuple
from unicodedata import east_asian_width

PIPED = 100  # columns where there is no terminal
LEAST = 20  # a page narrower than this is set as if it were this wide
BOLD, DIM, RED, GREEN, FRAME = "1", "2", "31", "32", "36"


class Page(NamedTuple):
    """The columns of a line, and whether colours are shown."""

    width: int = PIPED
    colour: bool = False

    def paint(self, text: str, *styles: str) -> str:
        """The text in a style; as it is where there are no colours."""
        return f"\x1b[{';'.join(styles)}m{text}\x1b[0m" if self.colour and text else text


PLAIN = Page()


def page(stream: IO[Any] | None) -> Page:
    """The page of a stream: COLUMNS, else the terminal's own width, else 100; colours by `coloured`."""
    return Page(max(LEAST, _width(stream)), coloured(stream))


def is_terminal(stream: IO[Any] | None) -> bool:
    """True if the stream is a terminal, so that a person reads along."""
    return stream is not None and not stream.closed and stream.isatty()


def coloured(stream: IO[Any] | None) -> bool:
    """Colours on a terminal that has them. NO_COLOR forbids them (no-color.org), FORCE_COLOR asks for them anywhere."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") != "0":
        return True
    return is_terminal(stream) and os.environ.get("TERM") != "dumb"


def _width(stream: IO[Any] | None) -> int:
    wished = os.environ.get("COLUMNS", "")
    if wished.isascii() and wished.isdigit() and int(wished[:6]) > 0:
        return int(wished[:6])
    if stream is None or not is_terminal(stream):
        return PIPED
    try:
        return os.get_terminal_size(stream.fileno()).columns or PIPED
    except OSError:
        return PIPED


def cells(text: str) -> int:
    """The columns that a text takes in a terminal, where a Chinese character takes two."""
    return sum(2 if east_asian_width(c) in "WF" else 1 for c in text)
