"""A finished page against the formulas of its blocks, which were read back: none is missing, changed or added."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import chain

import numpy as np

from derive.errors import VerificationError
from derive.expressions.symbols import Blank
from derive.page.formats.formats import Document
from derive.proofread.pages import html, latex, tex, text, typst
from derive.proofread.pages.expected import Expected, Piece, expected
from derive.proofread.pages.found import Found
from derive.proofread.plain import as_latex
from derive.proofread.printed import printed
from derive.proofread.proofread import verdict

READ: dict[str, Callable[[str], Found]] = {"tex": tex.found, "markdown": tex.found, "typst": typst.found}
DOTS = "⋮"  # for steps that are left out
WORD = re.compile(r"[^\w\s]|[_^]\[(?:upright\[)?\w+\]{1,2}|[_^]\[.\]|\w")  # a sign in an author's words


def require(format: str, page: str, document: Document) -> None:
    """Compare a page with the blocks that it was written from. Errors: VerificationError, with the place."""

    def due(detail: str) -> Expected:
        return expected(document.sheet(detail), document.formulas, document.lang)

    wrong = ""
    if format == "html":
        wrong = html.fault(page, map(due, ("brief", "full")))
    elif format == "text":
        wrong = text.fault(page, due(document.detail)) or _in_values(document)
    elif format in READ:
        wrong = fault(READ[format](page), due(document.detail))
    if wrong:
        raise VerificationError(f"the page as {format} does not say what was checked: {wrong}; nothing is printed")


def _in_values(document: Document) -> str:
    """A formula of plain text that has another value than what it stands for."""
    f = document.formulas
    with np.errstate(all="ignore"):
        for each in printed(document.blocks, f):
            same = verdict(each._replace(latex=as_latex(each.latex)), f.sizes, f.words, f.letters)
            if same is False and not isinstance(each.meant, Blank):
                return each.latex
    return ""


def fault(found: Found, due: Expected) -> str:
    """What is wrong with a page, in a few words; empty where nothing is."""
    if found.wrong:
        return f"a sign of alignment in front of {found.wrong.strip()[:60]}"
    return _in_displays(found.displays, due) or _in_words(found, due)


def _in_displays(displays: str, due: Expected) -> str:
    """Every statement, one after the other, and nothing else."""
    at = 0
    for statement in chain.from_iterable(due.blocks):
        for piece in statement:
            while displays.startswith(DOTS, at):
                at += 1
            at = _behind(displays, at, piece)
            if at < 0:
                return piece.text
    rest = displays[at:].replace(DOTS, "")
    return f"{rest[:60]} was not checked" if rest else ""


def _behind(displays: str, at: int, piece: Piece) -> int:
    """The place behind a piece; -1 where it does not stand there and has to."""
    signs = latex.signs(piece.text)
    if displays.startswith(signs, at):
        return at + len(signs)
    return -1 if piece.due else at


def _in_words(found: Found, due: Expected) -> str:
    said = set(found.words)
    words, others = ({latex.signs(f): f for f in each} for each in (due.words, due.others))
    missing = next((f for signs, f in words.items() if signs not in said), "")
    added = next((s for s in said if s not in words and s not in others and not WORD.fullmatch(s) and s != DOTS), "")
    return (missing and f"{missing} is missing") or (added and f"{added} was not checked")
