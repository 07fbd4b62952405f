"""LaTeX source as tokens, each with its place; macros without arguments are put in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from derive.errors import ReadError
from derive.read import limits
from derive.read import symbols as names


class Token(NamedTuple):
    """`kind` is number, letter, command, upright, sign, stroke (also open, close), begin, end, break, and, stop."""

    kind: str
    text: str
    start: int
    end: int


MACRO = re.compile(
    r"\\(?:newcommand|renewcommand|providecommand|def)\*?\s*\{?\s*\\([A-Za-z]+)\s*\}?\s*(\[\d\])?\s*(?=\{)"
)
_TOKEN = re.compile(
    r"""(?P<space>\s+|%[^\n]*\n?|~)
    |(?P<number>\d{1,3}(?:(?:\\,|\{,\})\d{3})+(?!\d)(?:\.\d+)?|\d+\.\d+|\.\d+|\d+)
    |\\(?P<command>[A-Za-z]+\*?|[^A-Za-z])
    |(?P<character>.)""",
    re.X | re.S,
)


def tokens(source: str, start: int = 0, end: int | None = None, macros: Mapping[str, str] | None = None) -> list[Token]:
    """The tokens of `source[start:end]`, a stop at the end. ReadError for what is too long or no mathematics."""
    stop = len(source) if end is None else end
    found = []
    for token in _expanded(_scan(source, start, stop), macros or {}, 0):
        found.append(token)
        if len(found) > limits.TOKENS:
            message = f"this is longer than {limits.TOKENS} tokens; give the model in parts, or spell out less"
            raise ReadError(message, source, min(token.start, len(source)))
    return [*found, Token("stop", "", stop, stop)]


def _expanded(found: Iterable[Token], macros: Mapping[str, str], depth: int) -> Iterator[Token]:
    """Every macro replaced by its tokens, which stand at the place where the macro was used."""
    for token in found:
        body = macros.get(token.text) if token.kind == "command" else None
        if body is None or depth > 8:
            yield token
            continue
        for inner in _expanded(_scan(body, 0, len(body)), macros, depth + 1):
            yield inner._replace(start=token.start, end=token.end)


def _scan(source: str, place: int, stop: int) -> Iterator[Token]:
    while place < stop:
        match = _TOKEN.match(source, place, stop)
        if match is None:  # a backslash at the very end
            raise ReadError("a backslash stands at the end, without a command", source, place)
        made, place = _token(source, match, stop)
        yield from made


def _token(source: str, match: re.Match[str], stop: int) -> tuple[list[Token], int]:
    """The tokens that a match stands for, and where to read on."""
    start, end, kind = match.start(), match.end(), match.lastgroup
    if kind == "space":
        return [], end
    if kind == "number":
        return [Token("number", _digits(source, start, end), start, end)], end
    if kind == "command":
        return _command(source, match["command"], start, end, stop)
    return [Token(k, t, start, end) for k, t in _character(source, start)], end


def _digits(source: str, start: int, end: int) -> str:
    if end - start > limits.DIGITS:
        raise ReadError(f"a number of more than {limits.DIGITS} digits is not read", source, start, end)
    return re.sub(r"\\,|\{,\}", "", source[start:end])  # 1\,000 and 1{,}000


def _character(source: str, place: int) -> list[tuple[str, str]]:
    character = source[place]
    if character in names.STROKES:
        return [("stroke", "|" if names.STROKES[character] == 1 else "‖")]
    if character == "&":
        return [("and", "&")]
    if character == "x" and _between_digits(source, place):
        return [("command", "times")]
    return list(_spelled(source, place, character))


def _between_digits(source: str, place: int) -> bool:
    return source[place - 1 : place].isdigit() and source[place + 1 : place + 2].isdigit()


def _spelled(source: str, place: int, character: str) -> Iterator[tuple[str, str]]:
    """A character outside of ASCII by the command or the letters that it stands for."""
    spelled = names.CHARACTERS.get(character) or names.GREEK_CHARACTERS.get(character)
    if spelled is None and not character.isascii():
        return _folded(source, place, character)
    if spelled is None:
        return iter([("letter" if character.isalpha() else "sign", character)])
    if spelled == "‖":
        return iter([("stroke", spelled)])
    if spelled.isalpha():
        return iter([("command", spelled)])
    return iter([("letter" if c.isalpha() else "sign", c) for c in spelled])


def _folded(source: str, place: int, character: str) -> Iterator[tuple[str, str]]:
    """A styled letter, a raised or a lowered digit as Unicode itself takes it apart."""
    parts = unicodedata.decomposition(character).split()
    plain = unicodedata.normalize("NFKC", character)
    if not parts or len(plain) != 1 or plain == character:
        raise ReadError(f"{character!r} is no mathematics that can be read", source, place)
    if parts[0] in ("<super>", "<sub>"):
        yield "sign", "^" if parts[0] == "<super>" else "_"
    if plain in names.GREEK_CHARACTERS or plain in names.CHARACTERS:
        yield from _spelled(source, place, plain)
    else:
        yield ("number" if plain.isdigit() else "letter" if plain.isalpha() else "sign"), plain


def _command(source: str, name: str, start: int, end: int, stop: int) -> tuple[list[Token], int]:
    """A command that shapes the tokens themselves; every other one is a token."""
    if name in names.SPACES or name in names.SIZES or name in (" ", "\n"):
        return _sized(source, name, start, end, stop)
    if name == "\\" or name in ("cr", "newline", "tabularnewline"):
        gap = re.compile(r"\*?\s*(\[[^\]\n]{0,12}(pt|ex|em|mm|cm)\])?").match(source, end, stop)
        return [Token("break", "\\\\", start, end)], gap.end() if gap else end
    if name in names.UPRIGHT or name in ("begin", "end"):
        text, after = braced(source, end, stop)
        return [Token(name if name in ("begin", "end") else "upright", text, start, after)], after
    if name in names.SILENT:
        return [], braced(source, end, stop)[1]
    if name in names.STROKES or name == "|":
        side = {"l": "stroke open", "r": "stroke close"}.get(name[0], "stroke")
        return [Token(side, "‖" if name == "|" or names.STROKES[name] == 2 else "|", start, end)], end
    return [Token("command", {"{": "lbrace", "}": "rbrace"}.get(name, name), start, end)], end


def _sized(source: str, name: str, start: int, end: int, stop: int) -> tuple[list[Token], int]:
    r"""`\left` and its kind: they tell on which side a stroke stands, and take an invisible bracket with them."""
    if name in names.SPACES or name in (" ", "\n"):
        return [], end
    match = re.compile(r"\s*(\.|\||\\\||\\vert\b|\\Vert\b)?").match(source, end, stop)
    mark = match[1] if match else None
    if match is None or mark is None or (mark == "." and name not in ("left", "right")):
        return [], end
    if mark == ".":
        return [], match.end()
    side = "stroke open" if name[-1] == "l" or name == "left" else "stroke close"
    if name in ("middle",) or name[-1] == "m":
        side = "stroke"
    return [Token(side, "|" if mark in ("|", "\\vert") else "‖", start, match.end())], match.end()


def braced(source: str, place: int, stop: int) -> tuple[str, int]:
    """The text between the next braces as it is, and the place after it; without braces it is one character."""
    while place < stop and source[place].isspace():
        place += 1
    if place >= stop:
        raise ReadError("an argument in braces is missing here", source, max(0, place - 1))
    if source[place] != "{":
        return source[place], place + 1
    depth = 0
    for k in range(place, stop):
        depth += {"{": 1, "}": -1}.get(source[k], 0) if source[k - 1] != "\\" else 0
        if depth == 0:
            return source[place + 1 : k], k + 1
    raise ReadError("this brace is not closed", source, place)
