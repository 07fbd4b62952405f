r"""What the commands of LaTeX look like, by the names that Unicode gives to the signs.

The writers of Typst and of HTML have a table of their own; it is not used here, for a fault in it would be missed.
"""

from __future__ import annotations

from functools import cache
from unicodedata import lookup

NAMES = {
    "epsilon": "GREEK LUNATE EPSILON SYMBOL", "phi": "GREEK PHI SYMBOL", "varepsilon": "GREEK SMALL LETTER EPSILON",
    "varphi": "GREEK SMALL LETTER PHI", "lambda": "GREEK SMALL LETTER LAMDA", "Lambda": "GREEK CAPITAL LETTER LAMDA",
    "partial": "PARTIAL DIFFERENTIAL", "cdot": "DOT OPERATOR", "times": "MULTIPLICATION SIGN", "nabla": "NABLA",
    "odot": "CIRCLED DOT OPERATOR", "oslash": "CIRCLED DIVISION SLASH", "otimes": "CIRCLED TIMES", "mid": "DIVIDES",
    "to": "RIGHTWARDS ARROW", "leftarrow": "LEFTWARDS ARROW", "infty": "INFINITY", "sum": "N-ARY SUMMATION",
    "prod": "N-ARY PRODUCT", "top": "DOWN TACK", "dots": "HORIZONTAL ELLIPSIS", "cdots": "MIDLINE HORIZONTAL ELLIPSIS",
    "vdots": "VERTICAL ELLIPSIS", "le": "LESS-THAN OR EQUAL TO", "ge": "GREATER-THAN OR EQUAL TO",
    "ne": "NOT EQUAL TO", "lt": "LESS-THAN SIGN", "gt": "GREATER-THAN SIGN", "approx": "ALMOST EQUAL TO",
    "equiv": "IDENTICAL TO", "succeq": "SUCCEEDS ABOVE SINGLE-LINE EQUALS SIGN", "succ": "SUCCEEDS",
    "in": "ELEMENT OF", "land": "LOGICAL AND", "lor": "LOGICAL OR", "pm": "PLUS-MINUS SIGN", "circ": "RING OPERATOR",
    "ast": "ASTERISK OPERATOR", "langle": "MATHEMATICAL LEFT ANGLE BRACKET",
    "rangle": "MATHEMATICAL RIGHT ANGLE BRACKET", "lfloor": "LEFT FLOOR", "rfloor": "RIGHT FLOOR",
    "lceil": "LEFT CEILING", "rceil": "RIGHT CEILING", "surd": "SQUARE ROOT",
    "ell": "SCRIPT SMALL L",
    **dict.fromkeys(("Vert", "lVert", "rVert"), "DOUBLE VERTICAL LINE"),
    **dict.fromkeys(("vert", "lvert", "rvert"), "VERTICAL LINE"),
}  # fmt: skip
UPRIGHT = ("log", "ln", "exp", "sin", "cos", "tan", "sinh", "cosh", "tanh", "arcsin", "arccos", "arctan", "det", "arg")
WORDS = frozenset((*UPRIGHT, "max", "min", "sup", "inf", "lim"))  # functions that LaTeX sets upright by themselves
LAYOUT = frozenset(("Bigl", "Bigr", "bigl", "bigr", "left", "right", "displaystyle", "quad", "qquad", "nopagebreak"))


@cache
def sign(name: str) -> str:
    r"""The sign that a command writes, nothing for one that only moves others, `\name` for one that is not known."""
    if name in LAYOUT:
        return ""
    if name in WORDS:
        return f"upright[{name}]"
    size = "CAPITAL" if name[:1].isupper() else "SMALL"
    try:
        return lookup(NAMES.get(name) or f"GREEK {size} LETTER {name.upper()}")
    except KeyError:
        return f"\\{name}"


def number(digits: str, after: list[str]) -> str:
    """A number, apart from one that follows it: 1 2 is not 12."""
    return f"{digits} " if after and after[0][:1].isdigit() else digits
