r"""Formulas and words in Typst's code. Nothing of them can be markup: words are strings, signs have a backslash."""

from __future__ import annotations

import unicodedata

from derive.page.print.pieces import Formula, Piece, fences, parse
from derive.page.print.signs import ACCENTS, FONTS, OPERATORS, SIGNS, SPACES
from derive.page.print.spoken import spoken

MARKS = "\x02\x03"  # of a template, which are filled in later


def literal(text: str) -> str:
    """Text as a string of Typst's code, line for line as it is."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def string(text: str, kept: str = "") -> str:
    """Words as a string of Typst's code: white space is one space; control characters are dropped, but for `kept`.

    >>> print(string('a "b" #c'))
    "a \\"b\\" #c"
    """
    kept = "".join(
        c for c in text if c.isspace() or c in "\x02\x03" or unicodedata.category(c) not in ("Cc", "Cf", "Cs")
    )
    blank = "".join(" " if c.isspace() else c for c in kept)
    return '"' + blank.replace("\\", "\\\\").replace('"', '\\"') + '"'


def equation(function: str, latex: str, display: bool = False) -> str:
    """The call of a function of the page with a formula and its linear text, for a screen reader.

    In the style `display` the parts of a fraction are as large as the rest.
    """
    pieces = parse(latex)
    body = f"display({typst(pieces)})" if display else typst(pieces)
    return f"{function}({string(spoken(pieces), MARKS)}, ${body}$)"


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
        opening, closing = (_sign(s) for s in fences(piece.sign))
        return f"lr({opening} {parts[0]} {closing})"
    if kind == "cases":
        rows = (f"inline({a}) & quad inline({b})" for a, b in zip(parts[::2], parts[1::2], strict=True))
        return f"cases({', '.join(rows)})"
    if kind == "pmatrix":
        wide = int(piece.sign)
        cells = [f"inline({cell})" for cell in parts]  # else they are smaller within each other
        return f"mat({'; '.join(', '.join(cells[n : n + wide]) for n in range(0, len(cells), wide))})"
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
