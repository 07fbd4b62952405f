"""Tables that fit the page: wide columns are wrapped; if that is not enough, each row becomes a list."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from derive.page.formats.text.words import columns, padded, wrapped
from derive.page.terminal import BOLD, DIM, Page

Rows = Sequence[Sequence[str]]
INDENT, GAP = 2, 3


def table(header: Sequence[str], rows: Rows, page: Page) -> list[str]:
    """The lines of a table."""
    widths = _widths([header, *rows], page.width - INDENT)
    if widths is None:
        return _lists(header, rows, page)
    head = [page.paint(line, BOLD) for line in _row(header, widths)]
    rule = page.paint((" " * GAP).join("─" * w for w in widths), DIM)
    body = [line for row in rows for line in _row(row, widths)]
    return [" " * INDENT + line for line in (*head, rule, *body)]


def _widths(rows: Rows, room: int) -> list[int] | None:
    """The width of each column; the widest are shrunk until all fit. None if words would have to be cut."""
    cells = list(zip(*rows, strict=True))
    widths = [max(columns(c) for c in column) for column in cells]
    least = [max(columns(line) for c in column for line in wrapped(c, 1)) for column in cells]
    while sum(widths) + GAP * (len(widths) - 1) > room:
        able = [n for n in range(len(widths)) if widths[n] > least[n]]
        if not able:
            return None
        widths[max(able, key=lambda n: widths[n])] -= 1
    return widths


def _row(cells: Sequence[str], widths: Sequence[int]) -> list[str]:
    parts = [wrapped(c, w) for c, w in zip(cells, widths, strict=True)]
    lines = zip_longest(*parts, fillvalue="")
    return [(" " * GAP).join(padded(c, w) for c, w in zip(line, widths, strict=True)).rstrip() for line in lines]


def _lists(header: Sequence[str], rows: Rows, page: Page) -> list[str]:
    """Write each row as lines "header  value"."""
    left = max(columns(h) for h in header)
    lines: list[str] = []
    for row in rows:
        lines += [""] if lines else []
        for head, cell in zip(header, row, strict=True):
            first, *rest = wrapped(cell, max(8, page.width - left - 2 * INDENT))
            lines.append(f"{' ' * INDENT}{page.paint(padded(head, left), DIM)}  {first}".rstrip())
            lines += [" " * (left + 2 * INDENT) + line for line in rest]
    return lines
