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
Error = tuple[float, str]  # how large, and where


@torch.no_grad()
def relative(found: Array, truth: Array, scale: Array | None = None, kept: Array | slice = slice(None)) -> float:
    """The worst |a - b| / max(1, |b|) at the points `kept`; 0 where there are no numbers, infinite for not-a-number.

    `scale` is `magnitude(truth)`, for a caller that has it already.
    """
    error = (found - truth).abs_().div_(magnitude(truth) if scale is None else scale)[..., kept]
    worst = float(error.max()) if error.numel() else 0.0
    return worst if worst == worst else float("inf")


def magnitude(truth: Array) -> Array:
    """max(1, |b|): what an error is relative to."""
    return truth.abs().clamp_(min=1.0)


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
