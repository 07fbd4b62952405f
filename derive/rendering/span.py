"""Index ranges and sizes as they are printed: t = 1, ..., T and T = 5."""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Expr, Idx


@dataclass(frozen=True)
class Span:
    """idx = low, ..., high."""

    idx: Idx
    low: Expr
    high: Expr


@dataclass(frozen=True)
class Ranges:
    """Several ranges that hold together: t = 1, ..., T; i = 1, ..., D."""

    spans: tuple[Span, ...]


@dataclass(frozen=True)
class Known:
    """A size and its number, T = 5."""

    name: str
    number: int


def span(idx: Idx, low: Expr, high: Expr) -> Span:
    """The range of one index."""
    return Span(idx, low, high)
