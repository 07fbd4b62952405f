r"""Printed LaTeX, read once, and written as Typst's mathematics and as linear text for a screen reader.

The printers write a small and regular LaTeX: letters, commands of the table below, scripts, fractions, roots, cases and
matrices. `parse` makes pieces of it; `typst` and `spoken` write the same pieces, so the two cannot differ. A sign that
Typst gives a meaning is written with a backslash, and a command that the table does not have is written as its name:
nothing in a formula is ever markup.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from derive.memo import memo
from derive.page.print.typst_signs import ACCENTS, FONTS, OPERATORS, SIGNS, SPACES

TOKEN = re.compile(r"\x02[^\x03]*\x03|\\[A-Za-z]+|\\.|\d+(?:\.\d+)?|\S", re.DOTALL)
Formula = tuple["Piece", ...]


def string(text: str) -> str:
    """Words as a string of Typst's code: white space is one space, control characters are dropped, but for the marks of a template.

    >>> print(string('a "b" #c'))
    "a \\"b\\" #c"
    """
    kept = "".join(c for c in text if c.isspace() or c in "\x02\x03" or unicodedata.category(c) not in ("Cc", "Cf", "Cs"))
    blank = "".join(" " if c.isspace() else c for c in kept)
    return '"' + blank.replace("\\", "\\\\").replace('"', '\\"') + '"'


def equation(function: str, latex: str) -> str:
    """The call of a function of the page with a formula and its linear text, for a screen reader."""
    pieces = parse(latex)
    return f"{function}({string(spoken(pieces))}, ${typst(pieces)}$)"


class Piece(NamedTuple):
    """A leaf such as x or \\alpha, or something with parts: "frac", "_", "left", "cases"; `sign` belongs to a fence."""

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


# Typst


def typst(formula: Formula) -> str:
    """The formula as Typst's mathematics, without its dollars."""
    text = ""
    for piece in formula:
        new = _typst(piece)
        text += f" {new}" if text[-1:].isalnum() or text[-1:] in "+-=<>." or new[:1] in "+-=<>" else new
    return text.strip()


def _typst(piece: Piece) -> str:
    kind, parts = piece.kind, [typst(part) for part in piece.parts]
    if kind in ("_", "^"):
        return f"{kind}({parts[0]})"
    if kind in ("frac", "sqrt"):
        return f"{kind}({', '.join(parts)})"
    if kind == "left":
        opening, closing = (_sign(s) for s in _fences(piece.sign))
        return f"lr({opening} {parts[0]} {closing})"
    if kind == "cases":
        rows = (f"{a} & {b}" for a, b in zip(parts[::2], parts[1::2], strict=True))
        return f"cases({', '.join(rows)})"
    if kind == "pmatrix":
        wide = int(piece.sign)
        return f"mat({'; '.join(', '.join(parts[n : n + wide]) for n in range(0, len(parts), wide))})"
    if kind in FONTS:
        return f"{FONTS[kind]}({parts[0]})"
    if kind in ACCENTS:
        return f"{ACCENTS[kind][0]}({parts[0]})"
    if kind == "not":
        return f"cancel({parts[0]})"
    return parts[0] if parts else _sign(kind)


def _sign(token: str) -> str:
    """A leaf."""
    name = token[1:] if token[0] == "\\" and token[1:].isalpha() else ""
    if name in OPERATORS:
        return f'op("{name}", limits: #{str(OPERATORS[name]).lower()})'
    if token in SPACES:
        return SPACES[token][0]
    if name:
        fence = {"l": "opening", "r": "closing"}.get(name[0]) if name[1:] in ("vert", "Vert") else None
        sign = SIGNS.get(name, f"upright({' '.join(name)})")
        return f"class({chr(34)}{fence}{chr(34)}, {_escaped(sign)})" if fence else sign
    return _escaped(token)


def _escaped(sign: str) -> str:
    """A sign with a backslash where Typst gives it a meaning."""
    if sign[:1] == "\\":
        sign = sign[1:] or "\\"
    return sign if len(sign) > 1 or sign.isalnum() or sign in "+-=<>.\x02" or not sign.isascii() else f"\\{sign}"


def _fences(signs: str) -> tuple[str, str]:
    r"""The two signs of \left and \right."""
    first, second = re.findall(r"\\[A-Za-z]+|\\.|.", signs)
    return first, second


# A screen reader


def spoken(formula: Formula) -> str:
    """The formula on one line, in signs that a screen reader knows.

    >>> spoken(parse(r"\\frac{\\partial L}{\\partial w_{i}} = a^{2}"))
    '(∂L)/(∂w_i) = a^2'
    """
    return re.sub(r" +", " ", "".join(map(_spoken, formula))).strip()


def _spoken(piece: Piece) -> str:
    kind, parts = piece.kind, [spoken(part) for part in piece.parts]
    if kind in ("_", "^"):
        return kind + _bracketed(parts[0])
    if kind == "frac":
        return "/".join(map(_bracketed, parts))
    if kind == "sqrt":
        return f"√({parts[0]})"
    if kind == "left":
        opening, closing = (_plain(s) for s in _fences(piece.sign))
        return f"{opening}{parts[0]}{closing}"
    if kind == "cases":
        return "{" + "; ".join(f"{a} [{b}]" for a, b in zip(parts[::2], parts[1::2], strict=True)) + "}"
    if kind == "pmatrix":
        wide = int(piece.sign)
        return "[" + "; ".join(", ".join(parts[n : n + wide]) for n in range(0, len(parts), wide)) + "]"
    if kind in ACCENTS:
        return parts[0] + ACCENTS[kind][1]
    return f"not {parts[0]}" if kind == "not" else parts[0] if parts else _plain(kind)


def _plain(token: str) -> str:
    name = token[1:] if token[0] == "\\" and token[1:].isalpha() else ""
    if token in SPACES:
        return SPACES[token][1]
    if name:
        return SIGNS.get(name, f"{name} ")
    sign = token[1:] if token[0] == "\\" else token
    return f" {sign} " if sign in "+=<>" else sign


def _bracketed(text: str) -> str:
    return text if len(text) == 1 or text.isdigit() else f"({text})"
