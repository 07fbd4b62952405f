"""What stands on a finished page, and what has to stand there."""

from __future__ import annotations

from typing import NamedTuple


class Found(NamedTuple):
    """The displays of a page as one row of signs, the formulas in its words, and what is wrong with its layout."""

    displays: str
    words: tuple[str, ...]
    wrong: str = ""


class Part(NamedTuple):
    """A part of a display as its row of signs; one that is not `due` may be left out, as where it has no room."""

    signs: str
    due: bool = True
