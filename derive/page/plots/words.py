"""Words and formulas on a plot: the page's LaTeX, of which matplotlib's mathtext reads a part."""

from __future__ import annotations

import re
from typing import Any

from derive.expressions.letters import Letters
from derive.language import Text
from derive.page.print.formulas import Formulas

# What mathtext does not know, and what it does. `\tfrac` would be too small to read on a plot anyway.
KNOWN = {
    r"\lVert": r"\Vert", r"\rVert": r"\Vert", r"\lvert": "|", r"\rvert": "|", r"\tfrac": r"\frac", r"\le ": r"\leq ",
    r"\ge ": r"\geq ", r"\left\Vert": r"\Vert", r"\right\Vert": r"\Vert", r"\left|": "|", r"\right|": "|",
    r"\ne ": r"\neq ", r"\, ": r"\,", r"\bigl": "", r"\bigr": "", r"\Bigl": "", r"\Bigr": "",
    r"\operatorname{diag}": r"\mathrm{diag}",
}  # fmt: skip
MATRIX = re.compile(r"\\begin\{pmatrix\} (.*?) \\end\{pmatrix\}")


class Words:
    """Writes sentences in one language, with their formulas as mathtext."""

    def __init__(self, order: tuple[str, ...], lang: str, letters: Letters = ()):
        self.formulas, self.lang = Formulas("inline", order, (), (), letters), lang

    def __call__(self, text: Text) -> str:
        """A sentence; its formulas between dollars."""
        return text.pick(self.lang, self.formula)

    def formula(self, value: Any) -> str:
        """A formula between dollars."""
        return f"${mathtext(self.formulas.show(value))}$"


def mathtext(latex: str) -> str:
    """LaTeX as matplotlib's mathtext reads it; a matrix of numbers in one line, as in plain text: [a, b; 1, 0]."""
    latex = MATRIX.sub(lambda found: f"[{found[1]}]".replace(" & ", ", ").replace(r" \\ ", "; "), latex)
    for word, known in KNOWN.items():
        latex = latex.replace(word, known)
    return re.sub(r"\s+", " ", latex).strip()
