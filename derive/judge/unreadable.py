"""Rows of an answer that cannot be read: the line that says so, and the text without them."""

from __future__ import annotations

import re

from derive.errors import ReadError
from derive.judge import words
from derive.judge.verdict import UNREADABLE, Line


def without(text: str, place: int) -> str:
    """A text in which the row with a place is blank, but for what opens and closes mathematics around it."""
    start = max(0, *(found + len(mark) for mark in ("\n", "\\\\") if (found := text.rfind(mark, 0, place)) >= 0), 0)
    ends = [end for end in (text.find("\n", place), text.find("\\\\", place)) if end >= 0]
    stop = min(ends, default=len(text))
    kept = re.compile(r"\$+|\\[\[\]()]|\\(?:begin|end)\{[^}]*\}|\n")
    row = "".join(
        part if kept.fullmatch(part) else " " * len(part) for part in re.split(f"({kept.pattern})", text[start:stop])
    )
    return text[:start] + row + text[stop:]


def error_line(error: ReadError, source: str) -> Line:
    """A line of its own for what cannot be read."""
    return unreadable(error, source[error.start : error.end])


def unreadable(error: ReadError, text: str) -> Line:
    """A line that cannot be read, with the caret under the place."""
    message = str(error).partition(": ")[2]
    return Line(
        text, UNREADABLE, error.line, words.UNREAD.get(message) or words.READ(message=message), caret=error.excerpt()
    )
