"""Numbers for a judgement: balls of 200 bits, on which a model is computed and an answer too.

A ball holds the true value: a difference of two balls without 0 in it proves that they differ, however close they
are, and where the difference holds 0 at every point and is smaller than 1e-30, the two sides are equal. A series of two
terms in place of a ball carries a derivative along.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb, arb_series, ctx, fmpq

BITS = 200
ctx.prec = BITS
ctx.cap = 2  # a value and its derivative
CLOSE = arb(10) ** -30
LARGEST = arb(10) ** 60
MOST_FACTORS = 64  # of a power of a series or a matrix


class Budget:
    """How much one line may cost: after so many steps it is given up, and undecided."""

    def __init__(self, steps: int):
        self.left = steps

    def take(self) -> None:
        """One step. NoTime where none is left."""
        self.left -= 1
        if self.left < 0:
            raise NoTime


class NoTime(Exception):
    """A line takes too long to be computed."""


class NoValue(Exception):
    """A function has no value here, or none that balls can hold; a judgement skips the point."""


def ball(value: Any) -> Any:
    """A number as a ball: a Fraction exactly, a float as the binary fraction that it is."""
    if isinstance(value, (arb, arb_series)):
        return value
    if isinstance(value, Fraction):
        return arb(fmpq(value.numerator, value.denominator))
    return arb(int(value)) if isinstance(value, (int, np.integer, bool)) else arb(float(value))


def whole(x: Any) -> int | None:
    """The whole number that a ball is, of at most 60 digits; None for any other."""
    x = ball(middle(x))
    found = x.unique_fmpz() if abs(x) < LARGEST else None
    return None if found is None else int(found)


def middle(x: Any) -> Any:
    """The ball of a number, without its derivative."""
    return x[0] if isinstance(x, arb_series) else x


def side(x: Any) -> int:
    """-1, 0 or 1: on which side of 0 a number lies. NoValue where its ball does not say.

    A narrow ball with 0 in it is 0, as two sides are equal whose difference is: the arguments of a maximum that tie.
    """
    here = ball(middle(x))
    if here > 0:
        return 1
    if here < 0:
        return -1
    if here.contains(0) and here.rad() < CLOSE:
        return 0
    raise NoValue


def power(x: Any, exponent: Fraction) -> Any:
    """x to a rational number. NoValue for 0 to a negative one, and for a root of a negative number."""
    x = ball(x)
    try:
        if exponent.denominator == 2:
            x, exponent = x.sqrt(), exponent * 2
        if exponent.denominator != 1:
            return (x.log() * arb(fmpq(exponent.numerator, exponent.denominator))).exp()
        if isinstance(x, arb):
            return x**exponent.numerator
        found = arb(1)
        for _ in range(min(abs(exponent.numerator), MOST_FACTORS + 1)):
            found = found * x
        if abs(exponent.numerator) > MOST_FACTORS:
            raise NoValue
        return found if exponent >= 0 else 1 / found
    except (ZeroDivisionError, ValueError):
        raise NoValue from None


def each(function: Callable[..., Any], *x: Any) -> Any:
    """A function at every element of arrays that go together."""
    return np.frompyfunc(function, len(x), 1)(*x)


def objects(values: Any) -> Any:
    """An array of numbers; numpy would take a series for a list of its coefficients."""
    if not isinstance(values, list):
        found = np.empty((), dtype=object)
        found[()] = values
        return found
    parts = [objects(v) for v in values]
    found = np.empty((len(parts), *parts[0].shape), dtype=object)
    for n, part in enumerate(parts):
        found[n] = part[()] if part.shape == () else part
    return found
