"""Equations with their signs under each other, and their reasons beside them, or below where there is no room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from derive.expressions.notation import one_alphabet
from derive.page.formats.beside import beside
from derive.page.formats.text.breaks import broken
from derive.page.formats.text.words import columns, padded, wrapped
from derive.page.terminal import DIM, FRAME, Page

NARROW = 60  # columns below which margins shrink
RIGHT = 24  # what a right-hand side gets at least where the left one is long
GAP = 3  # before a reason


class Equation(NamedTuple):
    """One line: left, sign, right, and the reason in its brackets."""

    left: str
    sign: str
    right: str
    reason: str = ""


def margin(page: Page) -> int:
    """How far formulas are indented."""
    return 4 if page.width >= NARROW else 2


def aligned(rows: Sequence[Equation], page: Page, indent: int | None = None) -> list[str]:
    """The lines of a block of equations, its subscripts in one alphabet if the page is wide enough for that."""
    indent = margin(page) if indent is None else indent
    lines = _aligned(_alike(rows), page, indent)
    return lines if max(map(columns, lines), default=0) <= page.width else _aligned(rows, page, indent)


def _aligned(rows: Sequence[Equation], page: Page, indent: int) -> list[str]:
    left = _left(rows, page.width - indent)
    start = indent + left + 3
    formulas = [_formula(r, left, indent, page) for r in rows]
    column = _reasons_at([(columns(f[-1]), columns(r.reason)) for f, r in zip(formulas, rows, strict=True)], page)
    lines: list[str] = []
    for formula, row in zip(formulas, rows, strict=True):
        beside = columns(formula[-1]) <= column and column + GAP + columns(row.reason) <= page.width
        if row.reason and beside:
            formula[-1] = padded(formula[-1], column + GAP) + page.paint(row.reason, DIM)
        lines += formula
        if row.reason and not beside:
            lines += _below(row.reason, min(start + 2, page.width // 3), page)
    return lines


def listed(rows: Sequence[Equation], page: Page, indent: int | None = None) -> list[str]:
    """The lines of statements, as many beside each other as there is room for."""
    rows, indent = _alike(rows), margin(page) if indent is None else indent
    first = _left(rows, page.width - indent)
    shown = [_shown(row, first, page) for row in rows]
    found = beside([columns(text) for text in shown], page.width - indent, GAP)
    if len(found.widths) == 1:
        return aligned(rows, page, indent)
    lines: list[str] = []
    for line in found.lines:
        if columns(shown[line[0]]) > page.width - indent:
            lines += aligned([rows[line[0]]], page, indent)
            continue
        text = ""
        for column, number in enumerate(line):
            text = padded(text, indent + int(sum(found.widths[:column]) + column * GAP)) + shown[number]
        lines.append(text)
    return lines


def _shown(row: Equation, first: int, page: Page) -> str:
    """A statement on one line with its remark."""
    formula = f"{padded(row.left, first)} {row.sign} {row.right}" if row.sign else ""
    return formula + (" " * GAP if formula and row.reason else "") + page.paint(row.reason, DIM)


def _alike(rows: Sequence[Equation]) -> list[Equation]:
    """The same lines with their subscripts in one alphabet."""
    shown = iter(one_alphabet(*(side for row in rows for side in (row.left, row.right))))
    return [row._replace(left=next(shown), right=next(shown)) for row in rows]


def boxed(rows: Sequence[Equation], page: Page) -> list[str]:
    """Results in a frame, below each other: a terminal has no end."""
    inner = aligned(rows, page._replace(width=page.width - 6), 0)
    width = max(columns(line) for line in inner)
    top, bottom = f"  ┌{'─' * (width + 2)}┐", f"  └{'─' * (width + 2)}┘"
    bar = page.paint("│", FRAME)
    middle = [f"  {bar} {padded(line, width)} {bar}" for line in inner]
    return [page.paint(top, FRAME), *middle, page.paint(bottom, FRAME)]


def _left(rows: Sequence[Equation], width: int) -> int:
    """The columns of the left-hand sides; longer ones stand on a line of their own."""
    most = width - 3 - min(RIGHT, max(columns(r.right) for r in rows))
    return max([columns(r.left) for r in rows if columns(r.left) <= most], default=0)


def _formula(row: Equation, left: int, indent: int, page: Page) -> list[str]:
    """One equation without its reason."""
    start = indent + left + 3
    right = broken(row.right, page.width - start)
    rest = [" " * start + line for line in right[1:]]
    if left and columns(row.left) <= left:
        return [f"{' ' * indent}{padded(row.left, left)} {row.sign} {right[0]}", *rest]
    above = [" " * indent + line for line in broken(row.left, page.width - indent) if line]
    below = broken(f"{row.sign} {row.right}", page.width - indent - 2)
    return above + [" " * (indent + 2) + line for line in below]


def _reasons_at(sizes: Sequence[tuple[int, int]], page: Page) -> int:
    """The column from which most reasons stand beside their formula: one of the formulas' ends."""

    def beside(column: int) -> int:
        return sum(end <= column and column + GAP + reason <= page.width for end, reason in sizes if reason)

    return max((end for end, _ in sizes), key=lambda column: (beside(column), -column))


def _below(reason: str, indent: int, page: Page) -> list[str]:
    return [" " * indent + page.paint(line, DIM) for line in wrapped(reason, page.width - indent)]
