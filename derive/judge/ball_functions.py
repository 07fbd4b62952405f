"""The functions of the table at one ball, and formulas without indices that are made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cache
from typing import Any

from flint import arb, arb_series, fmpq
from sympy import And, Dummy, Expr, Max, Min, Or, Piecewise, S, Symbol
from sympy.core.relational import Relational

from derive.expressions.functions import Row, arguments, row_of
from derive.judge.balls import NoValue, ball, middle, power, side


def _by_sign(x: Any, below: Any, above: Any) -> Any:
    """One of two values by the sign of x. NoValue where that is 0 or not known."""
    here = ball(middle(x))
    if here > 0:
        return above
    if here < 0:
        return below
    raise NoValue


def _at_kink(x: Any, below: Any, above: Any) -> Any:
    """One of two values by the sign of x, which are both 0 where x is; a derivative has no value there."""
    return x if isinstance(x, arb) and x == 0 else _by_sign(x, below, above)


def _tanh(x: Any) -> Any:
    return 1 - 2 / ((2 * x).exp() + 1)


def _larger(x: Any, y: Any) -> Any:
    where = side(ball(middle(x)) - ball(middle(y)))
    if where == 0 and not isinstance(x, arb_series) and not isinstance(y, arb_series):
        return ball(x).union(ball(y))
    return y if where < 0 else x


def _share(*x: Any) -> Any:
    """The slope of a maximum: 0 where a difference is negative, else 1/(1 + k) with k of them 0."""
    sides = [side(v) for v in x]
    return arb(0) if min(sides) < 0 else arb(1) / (1 + sides.count(0))


def _between(x: Any, low: Any, high: Any) -> Any:
    """1 for low <= x <= high, else 0: the slope of clip."""
    return arb(int(side(x - low) >= 0 and side(high - x) >= 0))


def _power(x: Any, y: Any) -> Any:
    return (ball(x).log() * y).exp()


def _of(name: str) -> Callable[[Any], Any]:
    return lambda x: getattr(ball(x), name)()


_SIDES = {"<": (-1,), "<=": (-1, 0), ">": (1,), ">=": (0, 1), "==": (0,), "=": (0,), "!=": (-1, 1)}


def compared(sign: str, x: Any, y: Any) -> bool:
    """Whether `x sign y` holds. NoValue where the balls do not say."""
    return side(ball(middle(x)) - ball(middle(y))) in _SIDES[sign]


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
    "relu": lambda x: _at_kink(ball(x), arb(0), x),
    "abs": lambda x: _at_kink(ball(x), -x, x),
    "sign": lambda x: _by_sign(x, arb(-1), arb(1)) if not _zero(x) else arb(0),
    "step": lambda x: _by_sign(x, arb(0), arb(1)),
    "heaviside": lambda x: _by_sign(x, arb(0), arb(1)),
    "share": _share,
    "between": _between,
    "equal": lambda x, y: arb(int(side(x - y) == 0)),
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
        if row.definition is None:
            raise NoValue
        names, expr = _definition(row.definition, len(x))
        return of_expression(expr, dict(zip(names, x, strict=True)))
    except (ZeroDivisionError, ValueError, NotImplementedError, TypeError):
        raise NoValue from None


@cache
def _definition(rule: Callable[..., Expr], count: int) -> tuple[tuple[Dummy, ...], Expr]:
    """What defines a function, with names for its arguments: made once, and not for every number."""
    names = tuple(Dummy(real=True) for _ in range(count))
    return names, rule(*names)


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
        return compared(condition.rel_op, one, two)
    raise NoValue
