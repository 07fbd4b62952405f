"""How large the terms are that an expression adds up: what its rounding error is proportional to.

x - y is small where x and y are close, but its rounding error is that of x and y. So an error is forgiven only if it is
tiny beside |x| + |y|. `terms(expr)` is that sum for any expression, from the rules for first-order errors:

    a + b  =>  |a| + |b|          a b  =>  |a| |b|          f(u)  =>  |f(u)| + |f'(u)| times the terms of u
"""

from __future__ import annotations

from functools import partial

from sympy import Abs, Add, Expr, Idx, Max, Mul, Piecewise, Pow, log

from derive.expressions.functions import arguments, row_of
from derive.expressions.indices import BINDERS, bound
from derive.memo import memo

_size = partial(Abs, evaluate=False)


@memo
def terms(expr: Expr) -> Expr:
    """The size of what is added up in an expression, as an expression: |a| + |b| for a - b."""
    if isinstance(expr, (Add, Mul)):
        return expr.func(*map(terms, expr.args))
    if isinstance(expr, Max):
        return Add(*map(terms, expr.args))
    if isinstance(expr, BINDERS):
        return bound(expr.func, terms(expr.function), expr.limits)
    if isinstance(expr, Piecewise):
        return Piecewise(*((terms(value), condition) for value, condition in expr.args))
    if expr.is_number or isinstance(expr, Idx) or not expr.args:
        return _size(expr)
    if isinstance(expr, Pow):
        return _power(*expr.args)
    row = row_of(expr)
    if row is None:
        return _size(expr)
    return Add(_size(expr), *(_size(row.slope(*arguments(expr))) * terms(a) for a in arguments(expr)))


def _power(base: Expr, exponent: Expr) -> Expr:
    """|b^n| + |n b^(n-1)| times the terms of b, and |b^n log b| times those of n where that is no number."""
    found = _size(base**exponent) + _size(exponent * base ** (exponent - 1)) * terms(base)
    return found if exponent.is_number else found + _size(base**exponent * log(base)) * terms(exponent)
