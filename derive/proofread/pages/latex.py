r"""Formulas of LaTeX as a row of signs: what a reader sees, with what stands above, below, in a fraction in brackets.

Two formulas have the same row if they say the same in the same way, however they are laid out: blanks, the room
between columns, line breaks and the size of brackets leave no trace.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from derive.memo import memo
from derive.proofread.pages.signs import number, sign

TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\d+(?:\.\d+)?|[^\s~]", re.DOTALL)
ROOM = frozenset((r"\,", r"\;", r"\:", r"\!", "\\ ", "\\\\", "&"))
FONTS = {"mathrm": "upright", "operatorname": "upright", "text": "upright", "mathbf": "bold", "boldsymbol": "bold",
         "mathcal": "cal", "mathbb": "bb", "mathsf": "sans"}  # fmt: skip
ACCENTS = {"hat": "hat", "widehat": "hat", "tilde": "tilde", "widetilde": "tilde", "bar": "bar", "overline": "overline",
           "dot": "dot"}  # fmt: skip
ONE = {**FONTS, **ACCENTS, "sqrt": "sqrt", "not": "not"}
TABLES = {"cases": "cases", "pmatrix": "mat"}


@memo
def signs(latex: str) -> str:
    r"""The row of signs of a formula.

    >>> signs(r"\frac{a}{b}\, x_{i}")
    'frac[a][b]x_[i]'
    """
    return "".join(_Reader(TOKEN.findall(latex)).run(()))


class _Reader:
    """Reads tokens from left to right; what ends too early ends there, and is another row."""

    def __init__(self, tokens: list[str]):
        self.tokens, self.at = tokens, 0

    def next(self) -> str:
        self.at += 1
        return self.tokens[self.at - 1] if self.at <= len(self.tokens) else "}"

    def run(self, ends: tuple[str, ...]) -> Iterator[str]:
        while self.at < len(self.tokens) and self.tokens[self.at] not in ends:
            yield self.piece(self.next())

    def until(self, end: str) -> str:
        found = "".join(self.run((end,)))
        self.next()
        return found

    def argument(self) -> str:
        token = self.next()
        return self.until("}") if token == "{" else self.piece(token)

    def piece(self, token: str) -> str:
        if token in ROOM:
            return ""
        if token == "{":
            return self.until("}")
        if token in ("_", "^"):
            return f"{token}[{self.argument()}]"
        if token[0].isdigit():
            return number(token, self.tokens[self.at : self.at + 1])
        return self.command(token[1:]) if token[0] == "\\" and token[1:].isalpha() else token[-1:] or token

    def command(self, name: str) -> str:
        if name in ("frac", "tfrac"):
            return f"frac[{self.argument()}][{self.argument()}]"
        if name in ONE:
            return f"{ONE[name]}[{self.argument()}]"
        if name == "mathrel":
            return self.argument()
        if name == "begin":
            return self.table(self.name())
        return sign(name)

    def name(self) -> str:
        self.next()
        return "".join(iter(self.next, "}"))

    def table(self, name: str) -> str:
        """Cases or a matrix, cell by cell; of any other environment what stands in it."""
        known, text = TABLES.get(name), ""
        while self.at < len(self.tokens) and self.tokens[self.at] != r"\end":
            token = self.next()
            text += {"&": "&", "\\\\": ";"}.get(token) or self.piece(token) if known else self.piece(token)
        self.next()
        self.name()
        return f"{known}[{text}]" if known else text
