"""Conditions on indices that the ranges of these decide: n > N is false where n runs from 1 to N."""

from __future__ import annotations

from collections.abc import Mapping

from sympy import And, Basic, Eq, Expr, Ge, Gt, Idx, Integer, Le, Lt, Ne, Not, Or, Piecewise, S

from derive.expressions.intervals import Interval, at_least, image

Ranges = Mapping[Idx, Interval]


def without_decided(cases: Piecewise, ranges: Ranges) -> Expr:
    """The distinction of cases without the conditions that are true, or false, for all values of the indices."""
    branches = [(value, decided(condition, ranges)) for value, condition in cases.args]
    same = all(new is old for (_, new), (_, old) in zip(branches, cases.args, strict=True))
    return cases if same else Piecewise(*branches)


def decided(condition: Basic, ranges: Ranges) -> Basic:
    """True or false where that holds for all values of the indices, else the condition."""
    if isinstance(condition, (And, Or)):
        parts = [decided(c, ranges) for c in condition.args]
        return condition if all(a is b for a, b in zip(parts, condition.args, strict=True)) else condition.func(*parts)
    if isinstance(condition, (Eq, Ne)) and all(a.is_integer for a in condition.args):
        low, high = image(condition.lhs - condition.rhs, ranges)
        apart = at_least(low, Integer(1)) or at_least(Integer(-1), high)
        return condition if not apart else S.true if isinstance(condition, Ne) else S.false
    gap = at_least_zero(condition)
    if gap is None:
        return condition
    low, high = image(gap, ranges)
    return S.true if at_least(low, S.Zero) else S.false if at_least(Integer(-1), high) else condition


def at_least_zero(test: Basic) -> Expr | None:
    """The whole number that is not negative where a comparison of index expressions holds; None for anything else."""
    if not isinstance(test, (Ge, Gt, Le, Lt)) or not all(a.is_integer for a in test.args):
        return None
    gap: Expr = test.lhs - test.rhs if isinstance(test, (Ge, Gt)) else test.rhs - test.lhs
    return gap - 1 if isinstance(test, (Gt, Lt)) else gap


def marked(cases: Expr) -> tuple[Expr, ...] | None:
    """What must not be negative for a mark to be 1, where it is 0 elsewhere; None where that is no such conjunction."""
    values = [value for value, _ in cases.args] if isinstance(cases, Piecewise) else []
    if (values.count(S.Zero), values.count(S.One)) != (len(values) - 1, 1):
        return None
    at = values.index(S.One)
    when = And(*(Not(condition) for _, condition in cases.args[:at]), cases.args[at][1])
    gaps = [at_least_zero(test) for test in And.make_args(when)]
    return None if None in gaps else tuple(gaps)  # type: ignore[arg-type]
