"""A finished page of plain text against the formulas that have to stand on it.

A page of text has no marks for formulas. So it is searched: each statement of a block, in order, as a row of signs
without blanks; between two of them stands a reason in brackets, or nothing.
"""

from __future__ import annotations

import re

from derive.memo import memo
from derive.proofread.pages.expected import Expected, Piece, Statement
from derive.proofread.plain import scripts

PAINT = re.compile(r"\x1b\[[\d;]*m")
FRAME = re.compile(r"[│┌┐└┘─═]")
REASON = re.compile(r"(?:[(（].*[)）])?", re.DOTALL)
HEAD = re.compile(r"[^=]*[ 当At]*\w+=\d+(?:时)?[:：]")  # At t = 3:
BROKEN = "⁚"  # at the end of a line: a product may go on behind a point
DOTS = "⋮"
PIECES = 4  # into which a formula may be broken in a cell
MARKS = re.compile(rf"[{BROKEN}{DOTS}]")


def fault(page: str, due: Expected) -> str:
    """What is wrong with a page, in a few words; empty where nothing is."""
    signs = _page(page)
    at = 0
    for block in due.blocks:
        at, lost = _block(signs, at, block)
        if lost:
            return "".join(piece.text for piece in lost)
    bare, broken = MARKS.sub("", signs), signs.replace(DOTS, "")
    return next((f"{f} is missing" for f in due.words if not (_in_cells(f.split(), bare) or _stands(broken, f))), "")


def _in_cells(words: list[str], page: str, at: int = 0, pieces: int = PIECES) -> bool:
    """Whether a formula stands on a page; in a narrow cell it is broken between words, beside the next cell."""
    for n in range(len(words), 0, -1):
        place = page.find(_signs(" ".join(words[:n])), at)
        if place >= 0:
            return n == len(words) or (pieces > 1 and _in_cells(words[n:], page, place, pieces - 1))
    return False


def _block(page: str, at: int, block: tuple[Statement, ...]) -> tuple[int, Statement]:
    """The place behind a block whose statements stand one after the other; else the statement that was not found.

    What a sentence says, as the task does, may be the first of them, too: then the block is looked for behind it.
    """
    lost: Statement = ()
    while (first := _find(page, at, block[0])) is not None:
        end, lost = _rest(page, first[1], block[1:])
        if not lost:
            return end, ()
        at = first[0] + 1
    return at, lost or block[0]


def _rest(page: str, at: int, statements: tuple[Statement, ...]) -> tuple[int, Statement]:
    for statement in statements:
        found = _find(page, at, statement)
        if found is None or not _aside(page[at : found[0]]):
            return at, statement
        at = found[1]
    return at, ()


def _page(page: str) -> str:
    """The page as a row of signs; ends of lines are marked where the next one goes on with a product."""
    lines = [FRAME.sub("", PAINT.sub("", line)).strip() for line in page.splitlines()]
    return "".join(f"{BROKEN}{_signs(line[1:])}" if line.startswith("· ") else _signs(line) for line in lines)


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
