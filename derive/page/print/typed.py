"""A formula that someone typed in LaTeX, to stand within words."""

from __future__ import annotations

import re
from typing import NamedTuple

from derive.expressions.notation import subscript, superscript
from derive.page.print.pieces import parse
from derive.page.print.spoken import spoken

_SCRIPT = re.compile(r"([_^])(\([^()]*\)|.)")


class Typed(NamedTuple):
    """The LaTeX, as it was typed."""

    latex: str

    def unicode(self) -> str:
        """The formula on one line, as plain text.

        >>> Typed(r"w_1 = \\\\frac{a}{b^2}").unicode()
        'w₁ = a/(b²)'
        """
        return _SCRIPT.sub(_scripted, spoken(parse(self.latex)))


def _scripted(found: re.Match[str]) -> str:
    inner = found[2].strip("()")
    return superscript(inner) if found[1] == "^" else subscript(inner)
