"""A range of index values as it is printed: t = 1, ..., T."""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Expr, Idx


@dataclass(frozen=True)
class Span:
    """idx = low, ..., high."""

    idx: Idx
    low: Expr
    high: Expr


def span(idx: Idx, low: Expr, high: Expr) -> Span:
    """The range of one index."""
    return Span(idx, low, high)
