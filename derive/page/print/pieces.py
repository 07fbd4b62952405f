r"""Printed LaTeX, read into pieces, from which other notations are written.

The printers write a small and regular LaTeX: letters, commands, scripts, fractions, roots, cases and matrices. What is
written from the same pieces cannot differ in what it says.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from derive.memo import memo
from derive.page.print.signs import ACCENTS, FONTS

TOKEN = re.compile(r"\x02[^\x03]*\x03|\\[A-Za-z]+|\\.|\d+(?:\.\d+)?|\S", re.DOTALL)
Formula = tuple["Piece", ...]


class Piece(NamedTuple):
    r"""A leaf such as x or \alpha, or what has parts: "frac", "_", "left", "cases"; `sign` is that of a fence."""

    kind: str
    parts: tuple[Formula, ...] = ()
    sign: str = ""


@memo
def parse(latex: str) -> Formula:
    """The pieces of a printed formula.

    >>> [piece.kind for piece in parse(r"\\frac{a}{b} + x_{i}")]
    ['frac', '+', 'x', '_']
    """
    return _Reader(TOKEN.findall(latex)).run(())


class _Reader:
    """Reads tokens from left to right."""

    def __init__(self, tokens: list[str]):
        self.tokens, self.at = tokens, 0

    def run(self, ends: tuple[str, ...]) -> Formula:
        """The pieces up to one of the tokens `ends`, which is left to be read."""
        found: list[Piece] = []
        while self.at < len(self.tokens) and self.tokens[self.at] not in ends:
            found.append(self.piece())
        return tuple(found)

    def piece(self) -> Piece:
        token = self.next()
        if token in ("_", "^"):
            return Piece(token, (self.argument(),))
        if token == "{":
            return Piece("group", (self.until("}"),))
        if token == "\\left":
            opening, inner = self.next(), self.until("\\right")
            return Piece("left", (inner,), opening + self.next())
        if token == "\\begin":
            return self.environment()
        return self.command(token[1:]) if token[0] == "\\" else Piece(token)

    def command(self, name: str) -> Piece:
        """A command with its arguments."""
        if name in ("frac", "tfrac"):
            return Piece("frac", (self.argument(), self.argument()))
        if name == "not":
            return Piece("not", ((self.piece(),),))
        if name in ("sqrt", "mathrel", *FONTS, *ACCENTS):
            return Piece(name, (self.argument(),))
        return Piece(f"\\{name}")

    def environment(self) -> Piece:
        """Cases or a matrix; its parts are the cells, its sign says how many stand in a row."""
        self.next()
        name = self._name()
        rows: list[list[Formula]] = [[]]
        while True:
            rows[-1].append(self.run(("&", "\\\\", "\\end")))
            end = self.next()
            if end == "\\end":
                break
            if end == "\\\\":
                rows.append([])
        self.next()
        self._name()
        return Piece(name, tuple(cell for row in rows for cell in row), str(len(rows[0])))

    def _name(self) -> str:
        name = ""
        while (token := self.next()) != "}":
            name += token
        return name

    def argument(self) -> Formula:
        """What stands in braces, or one piece."""
        if self.at < len(self.tokens) and self.tokens[self.at] == "{":
            self.at += 1
            return self.until("}")
        return (self.piece(),) if self.at < len(self.tokens) else ()

    def until(self, end: str) -> Formula:
        found = self.run((end,))
        self.at += 1
        return found

    def next(self) -> str:
        self.at += 1
        return self.tokens[self.at - 1] if self.at <= len(self.tokens) else "}"


def fences(signs: str) -> tuple[str, str]:
    r"""The two signs of \left and \right."""
    first, second = re.findall(r"\\[A-Za-z]+|\\.|.", signs)
    return first, second
