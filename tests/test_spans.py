"""Interval arithmetic of `derive/judge/spans.py`: never too narrow, held against random numbers."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
from sympy import Rational, oo

from derive.judge import spans
from derive.judge.spans import Span

ENDS = (-3, -1, 0, 1, 2)
SPANS = [Span(Rational(a), Rational(b)) for a in ENDS for b in ENDS if a <= b]
SPANS += [Span(-oo, Rational(0)), Span(Rational(0), oo, True), Span(Rational(0), Rational(1), True, True)]


def inside(span: Span, rng: random.Random) -> Fraction:
    """A number of an interval, often one of its ends."""
    low = Fraction(-50) if span.low == -oo else Fraction(int(span.low))
    high = Fraction(50) if span.high == oo else Fraction(int(span.high))
    shares = (
        [Fraction(k, 16) for k in range(1, 16)] + [Fraction(0)] * (not span.above) + [Fraction(1)] * (not span.below)
    )
    return low + (high - low) * rng.choice(shares)


def holds(span: Span, value: Fraction) -> bool:
    x = Rational(value.numerator, value.denominator)
    return bool(
        (x > span.low or (x == span.low and not span.above)) and (x < span.high or (x == span.high and not span.below))
    )


@pytest.mark.parametrize("one", SPANS)
def test_no_value_lies_outside(one: Span) -> None:
    rng = random.Random(str(one))
    for other in SPANS:
        for _ in range(8):
            x, y = inside(one, rng), inside(other, rng)
            assert holds(spans.plus(one, other), x + y)
            assert holds(spans.times(one, other), x * y), (one, other, x, y)
            assert holds(spans.joint(one, other), x * y), (one, other, x, y)
            assert holds(spans.hull([one, other]), rng.choice((x, y)))
            assert holds(spans.largest([one, other]), max(x, y)) and holds(spans.least([one, other]), min(x, y))
    for n in (2, 3, 4):
        x = inside(one, rng)
        assert holds(spans.power(one, n), x**n), (one, n, x)
    assert x == 0 or holds(spans.reciprocal(one), 1 / x), (one, x)


def test_a_check_of_this_kind_can_fail() -> None:
    assert not holds(Span(Rational(0), Rational(1), True), Fraction(0)) and not holds(spans.UNIT, Fraction(2))
