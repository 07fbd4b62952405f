"""The formulas of a finished page in Typst, as rows of signs; see `derive/proofread/pages/latex.py`.

In Typst's mathematics two letters side by side are a name, a backslash makes the next character a sign, and brackets
without one hold arguments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from derive.memo import memo
from derive.proofread.pages.found import Found
from derive.proofread.pages.signs import number

STRING = r'"(?:[^"\\]|\\.)*"'
FORMULA = re.compile(rf"\b([dm])\({STRING}, \$((?:[^$\\]|\\.)*)\$\)", re.DOTALL)
LABELS = re.compile(r"^(?:at|path|place)\(.*$", re.MULTILINE)  # of pictures, which are not read
TOKEN = re.compile(rf"{STRING}|\\.|[^\W\d_]{{2,}}|\d+(?:\.\d+)?|[^\s]", re.DOTALL)
MEANT = frozenset("/#@")  # what has another meaning in Typst
ROOM = frozenset(("thin", "med", "space", "quad", "wide"))
CALLS = {"upright": "upright", "bold": "bold", "cal": "cal", "bb": "bb", "sans": "sans", "hat": "hat", "tilde": "tilde",
         "macron": "bar", "overline": "overline", "dot": "dot", "sqrt": "sqrt", "cancel": "not"}  # fmt: skip
TABLES = {"cases": {",": ";", ")": ""}, "mat": {",": "&", ";": ";", ")": ""}}  # what the ends of their cells say
OPENING, CLOSING = ("(", ")")


def found(page: str) -> Found:
    """The displays of a page, and the formulas in its words."""
    displays: list[str] = []
    words: list[str] = []
    for kind, body in FORMULA.findall(LABELS.sub("", page)):
        (displays if kind == "d" else words).append(signs(body))
    return Found("".join(displays), tuple(words))


@memo
def signs(formula: str) -> str:
    r"""The row of signs of a formula.

    >>> signs(r"frac(a, b)thin x _(i)")
    'frac[a][b]x_[i]'
    """
    return "".join(_Reader(TOKEN.findall(formula)).run(()))


class _Reader:
    """Reads tokens from left to right."""

    def __init__(self, tokens: list[str]):
        self.tokens, self.at = tokens, 0

    def next(self) -> str:
        self.at += 1
        return self.tokens[self.at - 1] if self.at <= len(self.tokens) else CLOSING

    def run(self, ends: tuple[str, ...]) -> Iterator[str]:
        while self.at < len(self.tokens) and self.tokens[self.at] not in ends:
            yield self.piece(self.next())

    def arguments(self) -> list[tuple[str, str]]:
        """What stands in brackets: the arguments, each with the comma, semicolon or bracket that ends it."""
        if self.next() != OPENING:
            return [("?", "")]
        parts: list[tuple[str, str]] = []
        while not parts or parts[-1][1] in (",", ";"):
            parts.append(("".join(self.run((",", ";", CLOSING))), self.next()))
        return parts

    def piece(self, token: str) -> str:
        if token in ("_", "^"):
            return f"{token}[{_joined(self.arguments())}]"
        if token[0] == '"':
            return token[1:-1]
        if token[0].isdigit():
            return number(token, self.tokens[self.at : self.at + 1])
        if token in MEANT:
            return f"?{token}"
        if token[0] == "\\" or len(token) == 1:
            return token[-1]
        return "" if token in ROOM else self.call(token)

    def call(self, name: str) -> str:
        if name == "op":
            return self.word()
        parts = self.arguments()
        if name == "class":
            return parts[-1][0]
        if name in ("lr", "display", "inline"):
            return _joined(parts)
        if name == "frac":
            return "frac" + "".join(f"[{text}]" for text, _ in parts)
        if name in TABLES:
            return f"{name}[{''.join(text + TABLES[name][end] for text, end in parts)}]"
        return f"{CALLS[name]}[{_joined(parts)}]" if name in CALLS else f"?{name}"

    def word(self) -> str:
        """A word that is a function, without what is said of its limits."""
        _, word, *_ = [self.next() for _ in range(2)] + list(iter(self.next, CLOSING))
        return f"upright[{word[1:-1]}]"


def _joined(parts: list[tuple[str, str]]) -> str:
    """Arguments as they stand, where there should be one."""
    return "".join(text + end.replace(CLOSING, "") for text, end in parts)
