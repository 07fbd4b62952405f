"""Limits against numbers: far out, a closed form must be at its limit, and at its leading term where it has one."""

from __future__ import annotations

import random
from collections.abc import Sequence

from sympy import Expr, Float, Idx, oo

from derive.chain.derivation import Derivation
from derive.check.report import Report, Row
from derive.check.samples import rational
from derive.expressions.indices import substitute
from derive.language import Text
from derive.topics.limits.limits import Limiting

POINTS, DIGITS = 5, 40
FAR = 10**15  # of a constant; its reciprocal is near 0
LATE = 10**5  # of time, in which a power of a number below 1 falls exponentially
CHECKED = Text(
    "Every limit was compared, with forty digits, with the values of the closed form near the limit.",
    "每个极限都与通项公式在充分接近极限处的数值作了比较（四十位数字）。",
)


def in_the_limit(d: Derivation, found: Sequence[Limiting], seed: int = 0) -> Report:
    """Return one row for each limit, compared at random points with forty digits."""
    rng = random.Random(seed)
    return Report(tuple(_row(d, one, rng) for one in found), notes=(CHECKED,) if found else ())


def _row(d: Derivation, one: Limiting, rng: random.Random) -> Row:
    errors = [_error(one, _point(d, one, rng)) for _ in range(POINTS)]
    return Row(one.node.generic, 0, max(errors), f"limit in {one.variable}")


def _error(one: Limiting, point: dict[Expr, Float]) -> float:
    """Return the largest error: of the limit, of the leading term far out, and of the relative deviation.

    That of the limit is relative to the limit; to the value near by, if the limit is 0.
    """
    late = Float(LATE if isinstance(one.variable, Idx) else FAR, DIGITS)
    far: dict[Expr, Float] = {one.variable: late if one.to is oo else 1 / late}
    value, towards = _at(one.value, point | far), _at(one.limit, point)
    error = abs(value - towards) / (abs(towards) or abs(_at(one.value, point)) or 1)
    if one.leading is not None and one.deviation is not None:
        near = 1 - _at(one.value / one.leading, point) - _at(one.deviation, point)
        error = max(error, abs(value / _at(one.leading, point | far) - 1), abs(near))
    return float(error)


def _point(d: Derivation, one: Limiting, rng: random.Random) -> dict[Expr, Float]:
    """Choose a number for every leaf, by its domain, and one for the variable itself."""
    point: dict[Expr, Float] = {}
    for node in (n for n in d.model.nodes.values() if n.is_leaf and not n.indices):
        number = rational(node.domain, rng)
        point[node.symbol] = Float(number.numerator, DIGITS) / number.denominator
    return point | ({one.variable: Float(3, DIGITS)} if isinstance(one.variable, Idx) else {})


def _at(expr: Expr, point: dict[Expr, Float]) -> Expr:
    """Return the value at a point."""
    return substitute(expr, point).evalf(DIGITS)
