"""A finished page of plain text against the formulas that have to stand on it.

A page of text has no marks for formulas. So it is searched: each statement of a block, in order, as a row of signs
without blanks; between two of them stands a reason in brackets, or nothing. A table is read column by column, as the
lines of a cell stand below each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from derive.memo import memo
from derive.page.formats.text.words import PAINT, columns
from derive.proofread.pages.expected import Expected, Piece, Statement
from derive.proofread.plain import scripts

FRAME = re.compile(r"[│┌┐└┘─═]")
REASON = re.compile(r"(?:[(（].*[)）])?", re.DOTALL)
RULE = re.compile(r"  ─+(?: +─+)*")  # below the header of a table; what is underlined is not indented
HEAD = re.compile(r"[^=]*[ 当At]*\w+=\d+(?:时)?[:：]")  # At t = 3:
BROKEN = "⁚"  # at the end of a line: a product may go on behind a point
DOTS = "⋮"
MARKS = re.compile(rf"[{BROKEN}{DOTS}]")


def fault(page: str, due: Expected) -> str:
    """What is wrong with a page, in a few words; empty where nothing is."""
    lines = [PAINT.sub("", line) for line in page.splitlines()]
    signs = _page(lines)
    at = 0
    for block in due.blocks:
        found = _block(signs, at, block)
        if isinstance(found, str):
            return found
        at = found
    bare, broken = MARKS.sub("", signs) + "".join(_cells(lines)), signs.replace(DOTS, "")
    return next((f"{f} is missing" for f in due.words if _signs(f) not in bare and not _stands(broken, f)), "")


def _block(page: str, at: int, block: Sequence[Statement]) -> int | str:
    """The place behind a block, whose statements follow each other; else the first one that does not.

    A sentence may hold the first one too, as the statement of a task does: then it is looked for further on.
    """
    wrong, first = "", _find(page, at, block[0])
    while first is not None:
        end, behind = first[1], 1
        while behind < len(block) and (found := _find(page, end, block[behind])) and _aside(page[end : found[0]]):
            end, behind = found[1], behind + 1
        if behind == len(block):
            return end
        wrong = wrong or _plain(block[behind])
        first = _find(page, first[0] + 1, block[0])
    return wrong or _plain(block[0])


def _plain(statement: Statement) -> str:
    return "".join(piece.text for piece in statement)


def _page(page: Sequence[str]) -> str:
    """The page as a row of signs; ends of lines are marked where the next one goes on with a product."""
    lines = [FRAME.sub("", line).strip() for line in page]
    return "".join(f"{BROKEN}{_signs(line[1:])}" if line.startswith("· ") else _signs(line) for line in lines)


def _cells(page: Sequence[str]) -> Iterator[str]:
    """The signs of each column of each table, from the header down to the blank line."""
    for n, rule in enumerate(page):
        if RULE.fullmatch(rule):
            above = next((m for m in range(n, 0, -1) if not page[m - 1].strip()), 0)
            below = next((m for m in range(n, len(page)) if not page[m].strip()), len(page))
            for part in re.finditer("─+", rule):
                yield "".join(_signs(_cut(page[m], *part.span())) for m in range(above, below) if m != n) + DOTS


def _cut(line: str, start: int, end: int) -> str:
    """What stands in some columns of a terminal."""
    found, at = "", 0
    for sign in line:
        wide = columns(sign)
        found += sign if start <= at < end or (at == end and not wide) else ""  # an accent stands on the last letter
        at += wide
    return found


@memo
def _signs(text: str) -> str:
    """Text without blanks, what stands below and above in one alphabet.

    >>> _signs("h_{t-1} hₜ²")
    'h_[t-1]h_[t]^[2]'
    """
    text = re.sub(r"([_^])(\w)(?![A-Za-z0-9])", r"\1{\2}", scripts(text))
    return re.sub(r"\s", "", re.sub(r"([_^])\{([^{}]*)\}", r"\1[\2]", text))


def _find(page: str, at: int, statement: Statement) -> tuple[int, int] | None:
    """Where a statement begins and ends, from a place on."""
    first = next(_signs(piece.text) for piece in statement if piece.text)
    start = _next(page, first, at)
    while start >= 0:
        end = _behind(page, start, statement)
        if end >= 0:
            return start, end
        start = _next(page, first, start + 1)
    return None


def _next(page: str, signs: str, at: int) -> int:
    """The next place where a row of signs may begin: its first sign stands there."""
    return page.find(signs[:1], at)


def _behind(page: str, at: int, statement: Statement) -> int:
    """The place behind a statement that begins at a place; -1 where it does not stand there."""
    for piece in statement:
        end = _match(page, at, _signs(piece.text))
        if end < 0 and piece.due:
            return -1
        at = max(at, end)
    return at


def _match(page: str, at: int, signs: str) -> int:
    if page.startswith(signs, at):
        return at + len(signs)
    n = 0
    while n < len(signs):
        if at < len(page) and page[at] == BROKEN:
            at, n = at + 1, n + (signs[n] == "·")
            continue
        if at >= len(page) or page[at] != signs[n]:
            return -1
        at, n = at + 1, n + 1
    return at


def _stands(page: str, text: str) -> bool:
    """Whether a formula stands somewhere, also broken at a point of its own."""
    return _find(page, 0, (Piece(text),)) is not None


def _aside(between: str) -> bool:
    """Whether what stands between two statements is no formula: a reason, dots, the time of what follows."""
    return REASON.fullmatch(MARKS.sub("", between)) is not None or HEAD.fullmatch(MARKS.sub("", between)) is not None
