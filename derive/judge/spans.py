"""Intervals of numbers with ends that are taken or not: what is known of a quantity over the whole domain of a model.

The rules are those of interval arithmetic, [a, b] + [c, d] = [a + c, b + d]; an end at infinity is never taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import reduce
from typing import NamedTuple

from sympy import Expr, Integer, Max, Min, S, oo


class Span(NamedTuple):
    """All numbers between two ends; `above` and `below` say that the low and the high end itself is never taken."""

    low: Expr
    high: Expr
    above: bool = False
    below: bool = False


ANY = Span(-oo, oo)
NONNEGATIVE, POSITIVE = Span(S.Zero, oo), Span(S.Zero, oo, True)
UNIT, SHARE = Span(S.Zero, S.One), Span(S.Zero, S.One, True)  # SHARE: never 0


def exact(number: Expr | int) -> Span:
    """One number."""
    return Span(Integer(number) if isinstance(number, int) else number, S(number))


def negative(x: Span) -> Span:
    """-x."""
    return Span(-x.high, -x.low, x.below, x.above)


def plus(x: Span, y: Span) -> Span:
    """x + y, whatever the two have to do with each other."""
    return Span(x.low + y.low, x.high + y.high, x.above or y.above, x.below or y.below)


def positive(x: Span) -> bool:
    """Whether all of it is more than 0."""
    return bool(x.low > 0 or (x.low == 0 and x.above))


def times(x: Span, y: Span) -> Span:
    """x y of two numbers."""
    ends = [S.Zero if S.Zero in (a, b) else a * b for a in x[:2] for b in y[:2]]
    return Span(Min(*ends), Max(*ends), positive(x) and positive(y) and Min(*ends) == 0)


def joint(x: Span, y: Span) -> Span:
    """A product that may be a sum of products, as that of two matrices: only its sign is known."""
    if x.low >= 0 and y.low >= 0:
        return Span(S.Zero, oo, positive(x) and positive(y))
    if x.high <= 0 or y.high <= 0:
        flipped = [negative(v) if v.high <= 0 else v for v in (x, y)]
        found = joint(*flipped) if all(v.low >= 0 for v in flipped) else ANY
        return negative(found) if (x.high <= 0) != (y.high <= 0) else found
    return ANY


def reciprocal(x: Span) -> Span:
    """1 / x; nothing is known where x may be 0 and more and less than that."""
    if x.high <= 0 and x.low < 0:
        return negative(reciprocal(negative(x)))
    if x.low < 0 or x.high == 0:
        return ANY
    low = S.Zero if x.high == oo else 1 / x.high
    return Span(low, oo if x.low == 0 else 1 / x.low, x.high == oo or x.below, x.above)


def power(x: Span, exponent: int) -> Span:
    """x to a whole number."""
    if exponent < 0:
        return reciprocal(power(x, -exponent))
    if x.low >= 0:
        return Span(x.low**exponent, x.high**exponent, x.above, x.below) if exponent else exact(1)
    if exponent % 2:
        return negative(power(negative(x), exponent)) if x.high <= 0 else Span(x.low**exponent, x.high**exponent)
    return Span(S.Zero, max(-x.low, x.high) ** exponent)


def hull(found: Iterable[Span]) -> Span:
    """The least interval around all."""

    def joined(x: Span, y: Span) -> Span:
        above = (x.above or x.low > y.low) and (y.above or y.low > x.low)
        below = (x.below or x.high < y.high) and (y.below or y.high < x.high)
        return Span(Min(x.low, y.low), Max(x.high, y.high), bool(above), bool(below))

    return reduce(joined, found)


def largest(found: Iterable[Span]) -> Span:
    """The maximum of several."""
    return reduce(lambda x, y: Span(Max(x.low, y.low), Max(x.high, y.high)), found)


def least(found: Iterable[Span]) -> Span:
    """The minimum of several."""
    return negative(largest(map(negative, found)))


def increasing(function: Callable[[Expr], Expr], x: Span) -> Span:
    """A function that grows everywhere."""
    return Span(function(x.low), function(x.high), x.above, x.below)
