"""Index ranges and sizes as they are printed: t = 1, ..., T and T = 5."""

from __future__ import annotations

from typing import NamedTuple

from sympy import Expr, Idx


class Span(NamedTuple):
    """idx = low, ..., high."""

    idx: Idx
    low: Expr
    high: Expr


class Ranges(NamedTuple):
    """The ranges of several indices: t = 1, ..., T; i = 1, ..., D."""

    spans: tuple[Span, ...]


class Known(NamedTuple):
    """A size and its number, T = 5."""

    name: str
    number: int


def span(idx: Idx, low: Expr, high: Expr) -> Span:
    """Make the range of one index."""
    return Span(idx, low, high)
