"""The numbers of an expression in x at many points at once, and the points where its sign changes.

They are doubles, so that they may overflow or cancel: what they suggest is confirmed by `one_variable.value_at`, which
has as many digits as it needs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from sympy import Expr, Function, lambdify

from derive.expressions.functions import BY_NAME, Range, Row, X

Array = Any
Numbers = Callable[[Array], Array]
HALF = 10_000
EVEN = np.arange(-HALF, HALF + 1)
TENS = np.array([float(f"1e{k}") for k in range(-300, 301)])


def grid(domain: Range) -> Array:
    """The sorted points inside a domain at which a new function is looked at, about 21000.

    They are every hundredth from -100 to 100 (for a bounded domain, 20001 points at equal distances), and what lies at
    a power of ten, from 1e-300 to 1e300, from zero or from an end of the domain, on either side.
    """
    low, high = (float(end) for end in domain)
    bounded = np.isfinite(low) and np.isfinite(high)
    even = (low + high) / 2 + (high - low) / (2 * HALF + 2) * EVEN if bounded else EVEN / 100
    starts = [0.0, *(end for end in (low, high) if np.isfinite(end))]
    found = np.unique(np.concatenate([even, *(s + TENS for s in starts), *(s - TENS for s in starts)]))
    return found[(low < found) & (found < high)]


def numbers(expr: Expr) -> Numbers:
    """An expression in x as a function of an array. It gives nan where there is no real number, or none is found."""
    used = {type(inner).__name__ for inner in expr.atoms(Function)}
    known = {row.name: _elementwise(row) for row in BY_NAME.values() if row.arity == 1 and row.name in used}

    def at(points: Array) -> Array:
        with np.errstate(all="ignore"):
            try:
                return np.broadcast_to(np.asarray(run(points), dtype=float), points.shape)
            except Exception:  # a function that numpy does not have: nothing is found
                return np.full(points.shape, np.nan)

    run = lambdify(X, expr, [known, "numpy"])
    return at


def sign_changes(of: Numbers, points: Array) -> Iterator[float]:
    """The points where the sign changes between neighbours, nearest to zero first, by bisection of all at once."""
    signs = np.sign(of(points))
    real = np.isfinite(signs[:-1]) & np.isfinite(signs[1:])
    (left,) = np.nonzero(real & (signs[:-1] != signs[1:]))
    low, high = points[left], points[left + 1]
    for _ in range(64):
        middle = low / 2 + high / 2
        same = np.sign(of(middle)) == signs[left]
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    zero = (low <= 0) & (high >= 0)
    found = np.where(zero, 0.0, high)
    yield from map(float, sorted(set(found), key=abs))


def poles(expr: Expr, points: Array, denominators: Iterable[Expr]) -> Iterator[float]:
    """The points where the values grow without bound between neighbours: next to a change of sign, ever more."""
    value = numbers(expr)
    for part in (expr, *denominators):
        for root in sign_changes(numbers(part), points):
            if abs(root) < HALF and _grows(value, root):
                yield root


def _grows(value: Numbers, root: float) -> bool:
    """Is the value next to a point five times as large a hundred times nearer to it?"""
    step = 1e-7 * max(1.0, abs(root))
    far, near = (np.abs(value(root + d * np.array([-step, step]))) for d in (1, 1e-2))
    return bool(np.any((near > 5 * far) & (near > 1)))


def _elementwise(row: Row) -> Numbers:
    """A row on an array: by numpy's function of that name, else by its own number at each point."""
    if row.numpy and "{" not in row.numpy and hasattr(np, row.numpy):
        found: Numbers = getattr(np, row.numpy)
        return found

    def number(x: float) -> float:
        try:
            return float(row.number(x))
        except (ArithmeticError, ValueError, NameError):
            return np.nan

    return np.vectorize(number, otypes=[float])
