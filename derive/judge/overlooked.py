"""What looks like a formula of an answer and is no claim: it is listed, so that nothing is passed over in silence."""

from __future__ import annotations

import re
from collections.abc import Iterator

from derive.judge import words
from derive.judge.verdict import UNDECIDED, UNREADABLE, Line
from derive.read.document import regions
from derive.read.reader import Row
from derive.read.tree import Node, Number, Relation, Words
from derive.transcribe.occurrences import occurrence
from derive.transcribe.statements import is_derivative

_DECLARES = frozenset(["in", "sim", ":", "!="])
_ORDERS = frozenset(["<", ">", "<=", ">="])
_ARROWS = ("\\Rightarrow", "\\implies", "\\Longrightarrow", "\\iff", "\\Leftrightarrow")
# Comments, and commands of a document with their options and arguments, have an equals sign that claims nothing.
_TALK = re.compile(
    r"(?<!\\)%[^\n]*|```.*?```|\\(?:documentclass|usepackage|includegraphics|newcommand|begin|end|text\w*)\*?"
    r"(?:\s*(?:\[[^\]\n]*\]|\{[^}\n]*\}))*",
    re.S,
)
_FORMULA = re.compile(r"=|\\(?:frac|partial|nabla|leftarrow|gets|propto|approx|Rightarrow)(?![A-Za-z])")


def outside(source: str) -> Iterator[Line]:
    """Lines of prose beside mathematics in dollars that look like formulas themselves. Errors: ReadError."""
    found = regions(source)
    bare = bool(found) and source[max(0, found[0].start - 1) : found[0].start] not in ("$", "[", "(", "}")
    if not found or bare:
        return
    begin = max(0, source.find("\\begin{document}"))
    text = _blank(source[:begin]) + source[begin:]
    for region in found:
        text = text[: region.start] + _blank(text[region.start : region.end]) + text[region.end :]
    text = _TALK.sub(lambda match: _blank(match[0]), text)
    for number, (row, whole) in enumerate(zip(text.split("\n"), source.split("\n"), strict=True), 1):
        if _FORMULA.search(row):
            yield Line(whole.strip(), UNREADABLE, number, words.OUTSIDE)


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def without_equation(source: str, rows: tuple[Row, ...]) -> Iterator[Line]:
    """Comparisons, arrows and the like that say something and are no equations; a declaration, as z > 0, is left."""
    for row in rows:
        for item, behind in zip(row.items, (*row.items[1:], None), strict=True):
            arrow = behind is not None and any(a in source[item.end : behind.start] for a in _ARROWS)
            if _says(item) or (arrow and not isinstance(item, (Relation, Words)) and not occurrence(item)):
                number = source.count("\n", 0, item.start) + 1
                yield Line(source[item.start : item.end].strip(), UNDECIDED, number, words.NO_EQUATION)


def _says(item: Node) -> bool:
    """Whether a relation claims something that no equation says."""
    if not isinstance(item, Relation) or set(item.signs) <= {"=", "approx"} | _DECLARES:
        return False
    if set(item.signs) <= _ORDERS:
        return any(map(is_derivative, item.sides))
    return not all(isinstance(side, Number) or occurrence(side) for side in item.sides) or "=" in item.signs
