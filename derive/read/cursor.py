"""A place in a list of tokens, from which every rule of the reader takes what it knows.

What begins a formula is found in a table of forms, which `derive/read/forms.py` fills.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeAlias

from derive.errors import ReadError
from derive.read import limits
from derive.read import symbols as names
from derive.read.tokens import Token
from derive.read.tree import Node

INDENTS = ("quad", "qquad")
Form: TypeAlias = "Callable[[Cursor, Token], Node]"


def prose(token: Token) -> bool:
    """Whether an upright text is said about the formula, and is no name in it."""
    text = token.text.strip()
    return not (text.isascii() and text.isalnum()) or text.lower() in names.PROSE


class Cursor:
    """Reads tokens once from left to right; `forms` says what a command that begins a formula stands for."""

    def __init__(self, source: str, tokens: list[Token], forms: Mapping[str, Form], elements: Mapping[str, Form]):
        self.source, self.tokens, self.forms, self.elements = source, tokens, forms, elements
        self.place, self.depth, self.strokes, self.joins = 0, 0, 0, True  # `joins`: a sum may go on in the next line

    @property
    def next(self) -> Token:
        """The token that comes next."""
        return self.tokens[self.place]

    @property
    def ended(self) -> int:
        """Where the last token that was taken ends in the source."""
        return self.tokens[self.place - 1].end

    def over_row(self) -> int:
        r"""The place behind alignment marks and a break of the line; behind one also of \quad and {}, which indent."""
        place, broken = self.place, False
        while True:
            token, follower = self.tokens[place], self.tokens[min(place + 1, len(self.tokens) - 1)]
            broken = broken or token.kind == "break"
            if token.kind in ("and", "break") or (broken and token.kind == "command" and token.text in INDENTS):
                place += 1
            elif broken and token.text == "{" and follower.text == "}":
                place += 2
            else:
                return place

    def align(self) -> None:
        """Passes the mark of alignment behind a relation, `=&` or `={}&`."""
        texts = [t.text for t in self.tokens[self.place : self.place + 3]]
        self.place += 3 if texts == ["{", "}", "&"] else texts[:1] == ["&"]

    def take(self) -> Token:
        """The next token, which is then behind us."""
        token = self.next
        if token.kind != "stop":
            self.place += 1
        return token

    def at(self, *texts: str) -> bool:
        """Whether the next token is one of these signs or commands."""
        return self.next.text in texts and self.next.kind in ("sign", "command")

    def skip(self, *texts: str) -> bool:
        """Takes the next token if it is one of these."""
        found = self.at(*texts)
        self.place += found
        return found

    def expect(self, text: str, message: str) -> Token:
        """The next token, which has to be this sign; ReadError otherwise."""
        if not self.at(text):
            raise self.error(message)
        return self.take()

    def error(self, message: str, token: Token | None = None) -> ReadError:
        """An error at a token, by default at the next one."""
        found = token or self.next
        start = min(found.start, max(0, len(self.source) - 1))
        return ReadError(message, self.source, start, max(found.end, start + 1))

    @contextmanager
    def inside(self) -> Iterator[None]:
        """One level deeper: in a bracket, a script, an argument. Strokes outside are not seen from within."""
        self.depth += 1
        strokes, self.strokes = self.strokes, 0
        if self.depth > limits.DEPTH:
            raise self.error(f"brackets and scripts stand more than {limits.DEPTH} deep here")
        try:
            yield
        finally:
            self.depth, self.strokes = self.depth - 1, strokes
