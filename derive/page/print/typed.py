"""A formula that someone typed in LaTeX, to stand within words."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NamedTuple
from unicodedata import normalize

from derive.expressions.notation import subscript, superscript
from derive.page.print.pieces import Piece, parse
from derive.page.print.signs import OPERATORS
from derive.page.print.spoken import spoken

_DIGIT = re.compile(r"([_^]|\\t?frac|\\sqrt|\\t?frac\s*(?:\{[^{}]*\}|\d))\s*(\d)(?![.}])")
_SCRIPT = re.compile(r"([_^])(\([^()]*\)|.)")


class Typed(NamedTuple):
    """The LaTeX, as it was typed."""

    latex: str

    def unicode(self) -> str:
        """The formula on one line, as plain text.

        >>> Typed(r"w_1 = \\\\frac{a}{b^2}").unicode()
        'w₁ = a/(b²)'
        """
        written = "".join(_apart(p, after) for p, after in pairwise((*parse(self.latex), Piece(""))))
        return normalize("NFC", " ".join(written.split()))


def typed(latex: str) -> Typed:
    r"""A formula whose arguments stand in braces: a digit without them is an argument by itself.

    >>> print(typed(r"\\tfrac12 x^23").latex)
    \tfrac{1}{2} x^{2}3
    """
    while (braced := _DIGIT.sub(r"\1{\2}", latex)) != latex:
        latex = braced
    return Typed(latex)


def _apart(piece: Piece, after: Piece) -> str:
    """One piece, with the blank that keeps a fraction or a subscript of letters apart from the factor behind it, and a
    factor from the function behind it."""
    written = _unicode(piece)
    factor = after.kind[:1].isalnum() or after.kind[:1] in ("(", "\\")
    function = after.kind[1:] in OPERATORS and (written[-1:].isalnum() or written[-1:] == ")")
    letters = piece.kind == "_" and written[-1:].isalpha() and after.kind != "("
    return ", " if piece.kind == "," else written + " " * (function or (factor and (piece.kind == "frac" or letters)))


def _unicode(piece: Piece) -> str:
    """One piece; a script ends with it, and what follows may be a number too."""
    if piece.kind in ("_", "^"):
        inner = "".join(map(_unicode, piece.parts[0]))
        return superscript(inner) if piece.kind == "^" else subscript(inner)
    return _SCRIPT.sub(_scripted, spoken((piece,), strip=False))


def _scripted(found: re.Match[str]) -> str:
    inner = found[2].strip("()")
    return superscript(inner) if found[1] == "^" else subscript(inner)
