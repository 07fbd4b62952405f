r"""Formulas as linear text in signs that a screen reader knows: (∂L)/(∂w_i) = a^2."""

from __future__ import annotations

import re

from derive.page.print.pieces import Formula, Piece, fences
from derive.page.print.signs import ACCENTS, SIGNS, SPACES


def spoken(formula: Formula, strip: bool = True) -> str:
    """The formula on one line, in signs that a screen reader knows; without `strip` with the blanks at its ends.

    >>> from derive.page.print.pieces import parse
    >>> spoken(parse(r"\\frac{\\partial L}{\\partial w_{i}} = a^{2}"))
    '(∂L)/(∂w_i) = a^2'
    """
    line = re.sub(r" +", " ", "".join(map(_spoken, formula)))
    return line.strip() if strip else line


def _spoken(piece: Piece) -> str:
    kind, parts = piece.kind, [spoken(part) for part in piece.parts]
    if kind in ("_", "^"):
        return kind + _bracketed(parts[0])
    if kind == "frac":
        return "/".join(map(_bracketed, parts))
    if kind == "sqrt":
        return f"√({parts[0]})"
    if kind == "left":
        opening, closing = (_plain(s) for s in fences(piece.sign))
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
