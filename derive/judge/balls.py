"""Numbers for a judgement: balls of 200 bits, on which a model is computed and an answer too.

A ball holds the true value: a difference of two balls without 0 in it proves that they differ, however close they
are, and where the difference holds 0 at every point and is smaller than 1e-30, the two sides are equal. A series of two
terms in place of a ball carries a derivative along.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb, arb_series, ctx, fmpq
from sympy import And, Dummy, Expr, Max, Min, Or, Piecewise, S, Symbol
from sympy.core.relational import Relational

from derive.evaluate.compile import COMPARE
from derive.evaluate.exact import ExactBackend
from derive.expressions.functions import Row, arguments, row_of

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


def _by_sign(x: Any, below: Any, above: Any) -> Any:
    """One of two values by the sign of x. NoValue where that is 0 or not known."""
    here = ball(middle(x))
    if here > 0:
        return above
    if here < 0:
        return below
    raise NoValue


def _tanh(x: Any) -> Any:
    return 1 - 2 / ((2 * x).exp() + 1)


def _larger(x: Any, y: Any) -> Any:
    return x if _zero(middle(ball(x)) - middle(ball(y))) else _by_sign(middle(x) - middle(y), y, x)


def _power(x: Any, y: Any) -> Any:
    return (ball(x).log() * y).exp()


def _of(name: str) -> Callable[[Any], Any]:
    return lambda x: getattr(ball(x), name)()


FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{name: _of(name) for name in ("exp", "log", "sqrt", "sin", "cos", "tan", "erf", "erfc", "gamma", "atan")},
    **{"asin": _of("asin"), "acos": _of("acos"), "loggamma": _of("lgamma")},
    "identity": lambda x: x,
    "stop": middle,
    "sigmoid": lambda x: 1 / (1 + (-ball(x)).exp()),
    "tanh": lambda x: _tanh(ball(x)),
    "asinh": lambda x: (x + (ball(x) * x + 1).sqrt()).log(),
    "acosh": lambda x: (x + (ball(x) * x - 1).sqrt()).log(),
    "atanh": lambda x: ((1 + ball(x)) / (1 - ball(x))).log() / 2,
    "relu": lambda x: _by_sign(x, arb(0), x),
    "abs": lambda x: _by_sign(x, -x, x),
    "sign": lambda x: _by_sign(x, arb(-1), arb(1)) if not _zero(x) else arb(0),
    "step": lambda x: _by_sign(x, arb(0), arb(1)),
    "heaviside": lambda x: _by_sign(x, arb(0), arb(1)),
    "max": _larger,
    "min": lambda x, y: -_larger(-x, -y),
    "power": _power,
    "floor": lambda x: middle(ball(x)).floor(),
    "ceiling": lambda x: middle(ball(x)).ceil(),
}


def _zero(x: Any) -> bool:
    return bool(ball(middle(x)) == 0)


def function(row: Row, *x: Any) -> Any:
    """A function of the table at one number. NoValue where it has none."""
    known = FUNCTIONS.get(row.name)
    try:
        if known is not None:
            return known(*x)
        names = [Dummy(real=True) for _ in x]
        rule = row.definition or None
        if rule is None:
            raise NoValue
        return of_expression(rule(*names), dict(zip(names, x, strict=True)))
    except (ZeroDivisionError, ValueError, NotImplementedError, TypeError):
        raise NoValue from None


def of_expression(expr: Expr, at: Mapping[Symbol, Any]) -> Any:
    """A formula without indices in balls; it is how functions are computed that are defined by simpler ones."""
    if expr in at:
        return at[expr]
    if expr.is_Rational:
        return arb(fmpq(int(expr.p), int(expr.q)))
    if expr is S.Pi:
        return arb.pi()
    if expr is S.Exp1:
        return arb(1).exp()
    if isinstance(expr, Piecewise):
        for value, condition in expr.args:
            if _holds(condition, at):
                return of_expression(value, at)
        raise NoValue
    row = row_of(expr)
    if row is not None:
        return function(row, *(of_expression(a, at) for a in arguments(expr)))
    parts = [of_expression(a, at) for a in expr.args]
    if expr.is_Add or expr.is_Mul:
        found = parts[0]
        for part in parts[1:]:
            found = found + part if expr.is_Add else found * part
        return found
    if expr.is_Pow:
        return power(parts[0], Fraction(int(expr.exp.p), int(expr.exp.q))) if expr.exp.is_Rational else _power(*parts)
    if isinstance(expr, (Max, Min)):
        join = FUNCTIONS["max" if isinstance(expr, Max) else "min"]
        found = parts[0]
        for part in parts[1:]:
            found = join(found, part)
        return found
    raise NoValue


def _holds(condition: Any, at: Mapping[Symbol, Any]) -> bool:
    if condition is S.true or condition is S.false:
        return bool(condition)
    if isinstance(condition, (And, Or)):
        return (all if isinstance(condition, And) else any)(_holds(c, at) for c in condition.args)
    if isinstance(condition, Relational):
        one, two = (ball(middle(of_expression(a, at))) for a in condition.args)
        return bool(COMPARE[condition.rel_op](one, two))
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


class BallBackend(ExactBackend):
    """numpy object arrays of balls, for the two passes over a model."""

    def constant(self, value: Any) -> Any:
        """A sympy number."""
        if value.is_Rational or value in (S.Pi, S.Exp1):
            return of_expression(value, {})
        return arb("inf" if value is S.Infinity else "-inf" if value is S.NegativeInfinity else str(value.evalf(70)))

    def whole(self, x: Any) -> Any:
        """Whole numbers without the axis of the points."""
        first = np.asarray(x, dtype=object)[..., 0]
        return np.frompyfunc(lambda v: round(float(middle(ball(v)).mid())), 1, 1)(first).astype(int)[()]

    def apply(self, row: Row, *x: Any) -> Any:
        """The function at every element."""
        return each(lambda *v: function(row, *v), *x)

    def of_matrix(self, row: Any, matrix: Any) -> Any:
        """The inverse, the determinant and its logarithm of each matrix, by elimination in balls."""
        many = np.moveaxis(matrix, -1, 0)
        *head, rows, columns = many.shape
        found = [of_matrix(row.name, one) for one in many.reshape(-1, rows, columns)]
        return np.moveaxis(np.stack(found).reshape(*head, *found[0].shape), 0, -1)

    def power(self, x: Any, exponent: Any) -> Any:
        """x to a rational exponent."""
        return each(lambda v: power(v, Fraction(int(exponent.p), int(exponent.q))), x)

    def maximum(self, *arrays: Any) -> Any:
        """The largest at every element."""
        return each(lambda *v: _largest(v), *arrays)

    def minimum(self, *arrays: Any) -> Any:
        """The least at every element."""
        return each(lambda *v: -_largest([-x for x in v]), *arrays)

    def amax(self, x: Any, axis: Any) -> Any:
        """Largest, the axes kept."""
        for one in (axis,) if isinstance(axis, int) else axis:
            found = np.take(x, [0], axis=one)
            for n in range(1, x.shape[one]):
                found = each(_larger, found, np.take(x, [n], axis=one))
            x = found
        return x

    def amin(self, x: Any, axis: Any) -> Any:
        """Least, the axes kept."""
        return -self.amax(-x, axis)

    def zeros(self, shape: tuple[int, ...]) -> Any:
        """Zeros."""
        return np.full(shape, arb(0), dtype=object)


def _largest(values: Any) -> Any:
    found = values[0]
    for value in values[1:]:
        found = _larger(found, value)
    return found


def of_matrix(name: str, matrix: Any) -> Any:
    """A function of one square matrix of balls, by elimination. NoValue where it is singular."""
    n = len(matrix)
    left = [list(row) for row in matrix]
    right, det = [[arb(int(i == j)) for j in range(n)] for i in range(n)], arb(1)
    for k in range(n):
        pivot = max(range(k, n), key=lambda r: abs(float(ball(middle(left[r][k])).mid())))
        if ball(middle(left[pivot][k])).contains(0):
            raise NoValue
        if pivot != k:
            for rows in (left, right):
                rows[k], rows[pivot] = rows[pivot], rows[k]
            det = -det
        det, top = det * left[k][k], left[k][k]
        for rows in (left, right):
            rows[k] = [x / top for x in rows[k]]
        for r in (r for r in range(n) if r != k):
            times = left[r][k]
            for rows in (left, right):
                rows[r] = [x - times * y for x, y in zip(rows[r], rows[k], strict=True)]
    if name == "inverse":
        return objects(right)
    if name in ("det", "logdet"):
        return objects(det if name == "det" else FUNCTIONS["abs"](det).log())
    raise NoValue


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
