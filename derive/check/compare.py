"""How far numbers are from what they should be, and which line of a chain of equalities is the furthest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from operator import itemgetter

import torch
from sympy import Expr

from derive.chain.derivation import Line
from derive.evaluate.passes import Range

Array = torch.Tensor
EXACT = 1e-12  # an error below is not looked into
ROUNDING = 1e-3  # with a tolerance of 1e-9: an error of 1e-12 of the terms is rounding
TINY = 1e-290  # below, float64 has no digits left
Error = tuple[float, str]  # how large, and where


@torch.no_grad()
def relative(found: Array, truth: Array, kept: Array | slice = slice(None), *, terms: Callable[[], Array]) -> float:
    """The worst |a - b| / |b| at the points `kept`; 0 where there are no numbers, infinite for not-a-number.

    Each number is judged by its own size, however small. Only rounding is forgiven: where a and b are sums that cancel,
    their error is that of the terms, and so the error is relative to max(|b|, ROUNDING s), where s is the size of the
    terms (`derive.check.rounding`). `terms` gives s, in the shape of `truth`; it is asked only where |a - b| / |b| is
    not below EXACT.
    """
    gap, size = torch.broadcast_tensors((found - truth).abs()[..., kept], truth.abs()[..., kept])
    worst = _largest(gap / size.clamp(min=TINY))
    if worst <= EXACT:
        return worst
    added = torch.nan_to_num(terms(), 0.0, 0.0, 0.0)[..., kept]
    return _largest(gap / torch.maximum(size, ROUNDING * added).clamp(min=TINY))


def _largest(error: Array) -> float:
    worst = float(error.max()) if error.numel() else 0.0
    return worst if worst == worst else float("inf")


def line_errors(lines: Sequence[Line], error: Callable[[Expr], float], prefix: str = "") -> Iterator[Error]:
    """The error of each line and its place; an expression that comes again with another reason is evaluated once."""
    numbers: dict[Expr, int] = {}
    for number, line in enumerate(lines, 1):
        numbers.setdefault(line.expr, number)
    yield from ((error(expr), f"{prefix}line {number}") for expr, number in numbers.items())


def worst_of(errors: Iterable[Error]) -> Error:
    """The largest error, the first where several are as large; no place where all are 0."""
    return max(chain([(0.0, "")], errors), key=itemgetter(0))


def within(ranges: Sequence[Range], extents: Sequence[tuple[int, int]]) -> tuple[slice, ...]:
    """Where a box of index values stands in the array of a family."""
    return tuple(slice(a - low, b - low + 1) for (_, a, b), (low, _) in zip(ranges, extents, strict=True))
