"""Where the mathematics stands in a text: a whole document, Markdown with dollars, or bare lines."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Sequence
from typing import NamedTuple

from derive.errors import ReadError
from derive.read import limits
from derive.read import symbols as names
from derive.read.tokens import MACRO, braced


class Region(NamedTuple):
    """`source[start:end]` is mathematics; `before` is the prose between the region before and this one."""

    start: int
    end: int
    before: str


_MARK = re.compile(
    r"(?P<skip>(?<!\\)%[^\n]*|\\\\|\\\$)|(?P<fence>^[ ]{0,3}(?:```|~~~)[ ]*(?P<info>\w*)[^\n]*\n)"
    r"|(?P<dollars>\$\$?)|\\(?P<paren>[\[(])|\\begin\{(?P<display>"
    + "|".join(map(re.escape, sorted(names.DISPLAYS)))
    + r")\}",
    re.M,
)
_BARE = re.compile(r"\\begin\{|\\end\{|(?<!\\)[{}]")
# `\\begin{cases}` opens one level beside its own brace, `\\end{cases}` closes one with it.
_OPENED = {"\\begin{": 2, "\\end{": 0, "{": 1, "}": -1}
_MATHEMATICS = frozenset(["", "math", "latex", "tex", "text", "txt", "katex"])
# A line goes on where the next one begins with a sign.
_LINE = re.compile(r"(?:[^\n]|\n(?=\s*&?\s*(?:[-+=/]|\\cdot|\\times|\\odot|\\approx|\\le)))*(?:\n|$)")
_PROSE = re.compile(r"(?<![\\A-Za-z{])[A-Za-z]{2,}[,.]?\s+[A-Za-z]{2,}(?![A-Za-z}]|\s*\()|[\u4e00-\u9fff]{2,}")


def macros(source: str) -> dict[str, str]:
    r"""The bodies of `\newcommand` and `\def` by name. ReadError for one with arguments."""
    found = {}
    for match in MACRO.finditer(source):
        if match[2]:
            message = (
                f"\\{match[1]} takes arguments, and only macros without arguments are read; write out what it makes"
            )
            raise ReadError(message, source, match.start(), match.end())
        found[match[1]] = braced(source, match.end(), len(source))[0]
    return found


def regions(source: str) -> list[Region]:
    """The regions of mathematics of a text, in order. ReadError if it is too long or a delimiter is not closed."""
    if len(source) > limits.CHARACTERS:
        message = f"this has {len(source)} characters, and at most {limits.CHARACTERS} are read; give the model alone"
        raise ReadError(message, source, limits.CHARACTERS)
    start = _body(source)
    found = list(_delimited(source, start))
    return found or list(_lines(source, start))


def added(source: str, lines: Sequence[str]) -> str:
    """The text with more formulas at its end, written as its own are: between dollars, or as bare lines."""
    sign = "$" if any(_delimited(source, _body(source))) else ""
    return "\n".join([source, *(f"{sign}{line}{sign}" for line in lines)])


def behind(source: str, found: Sequence[Region]) -> str:
    """The prose behind the last region: `where $y$ is one-hot.`"""
    last = found[-1].end if found else 0
    return re.sub(r"^(?:\$\$?|\\[\])]|\\end\{[^}]*\})", "", source[last:].lstrip())


def _body(source: str) -> int:
    """Where the text begins: behind the preamble and the definitions of macros."""
    begin = source.find("\\begin{document}")
    start = begin + len("\\begin{document}") if begin >= 0 else 0
    for match in MACRO.finditer(source, start):
        if not source[start : match.start()].strip():
            start = braced(source, match.end(), len(source))[1]
    return start


def _delimited(source: str, place: int) -> Iterator[Region]:
    prose = place
    while match := _MARK.search(source, place):
        place = match.end()
        if match["skip"]:
            continue
        if match["fence"]:
            place = yield from _fenced(source, match, source[prose : match.start()])
            prose = place
            continue
        stop, after = _closing(source, match)
        yield Region(match.end(), stop, source[prose : match.start()])
        prose = place = after


def _fenced(source: str, match: re.Match[str], before: str) -> Generator[Region, None, int]:
    """A block of code in Markdown: one for mathematics holds formulas, any other is passed over. Where it ends."""
    close = re.compile(rf"^ {{0,3}}{match[0].strip()[:3]}[ ]*$", re.M).search(source, match.end())
    stop = close.start() if close else len(source)
    if match["info"].lower() in _MATHEMATICS:
        inside = source[:stop]
        found = list(_delimited(inside, match.end())) or list(_lines(inside, match.end()))
        if found:
            yield found[0]._replace(before=before + found[0].before)
            yield from found[1:]
    return close.end() if close else len(source)


def _closing(source: str, match: re.Match[str]) -> tuple[int, int]:
    """Where a region that has been opened ends, and where the text goes on."""
    if match["dollars"]:
        closing = match["dollars"]
    elif match["paren"]:
        closing = "\\]" if match["paren"] == "[" else "\\)"
    else:
        closing = f"\\end{{{match['display']}}}"
    place = match.end()
    while (stop := source.find(closing, place)) > 0 and source[stop - 1] == "\\" and closing[0] != "\\":
        place = stop + 1
    if stop < 0:
        raise ReadError(f"'{match[0]}' is not closed", source, match.start(), match.end())
    return stop, stop + len(closing)


def _lines(source: str, start: int) -> Iterator[Region]:
    """Bare lines: each is a formula; braces, environments and a line that begins with a sign hold lines together."""
    begin, open_, prose = start, 0, ""
    for match in _LINE.finditer(source[start:]):
        line, end = match[0], start + match.end()
        open_ = max(0, open_ + sum(_OPENED[m[0]] for m in _BARE.finditer(line)))
        if open_ > 0:
            continue
        text = source[begin:end]
        if _PROSE.search(re.sub(r"\\(?:text|mathrm|operatorname)\s*\{[^}]*\}", "", text)):
            if "=" in text:
                message = "words and a formula share this line; put the formula between dollars, $...$"
                raise ReadError(message, source, begin + len(text) - len(text.lstrip()), begin + len(text.rstrip()))
            prose += text
        elif text.strip():
            yield Region(begin, end, prose)
            prose = ""
        begin = end
    if source[begin:].strip():
        yield Region(begin, len(source), prose)
