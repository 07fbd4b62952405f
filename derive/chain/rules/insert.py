"""Put values in for names, under sums too, and bring sums into their shortest form."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sympy import Basic, Expr, Idx, Indexed, Mul, S, Sum

from derive.expressions.indices import BINDERS, Limits, apart, bound, bound_indices, substitute, sum_over
from derive.language import Text
from derive.memo import memo
from derive.model.model import Node

INSERT = Text("insert {values}", "代入 {values}")
INSERT_DEFINITIONS = Text("insert the definition of {names}", "代入 {names} 的定义")

Value = Callable[[Expr], Expr | None]


def inserted(expr: Expr, value: Value, preferred: Sequence[Idx] = (), scope: frozenset[Basic] = frozenset()) -> Expr:
    """The expression with `value` of every element that has one; bound letters of a value stay apart from those around.

    `value` is asked about every subexpression, from the outside in.

    >>> inserted(Sum(u[k] * a, *over(k)), {a: Sum(v[k], *over(k))}.get)
    Sum(u[k]*Sum(v[i], (i, 1, n)), (k, 1, n))
    """
    found = value(expr)
    if found is not None:
        return apart(found, scope | expr.free_symbols, preferred)
    if not expr.args or isinstance(expr, (Idx, Indexed)):
        return expr
    if isinstance(expr, BINDERS):
        inner = scope | {b[0] for b in expr.limits}
        return bound(expr.func, inserted(expr.function, value, preferred, inner), expr.limits)
    scope = scope | {i for i in expr.free_symbols if isinstance(i, Idx)}
    args = [inserted(a, value, preferred, scope) for a in expr.args]
    return expr.func(*args) if args != list(expr.args) else expr


def at(node: Node, expr: Expr, element: Expr) -> Expr:
    """What stands for the generic element of a family, at another element of it."""
    return substitute(expr, dict(zip(node.indices, getattr(element, "indices", ()), strict=True)))


@memo
def tidy(expr: Expr) -> Expr:
    """Every sum with its constant factors in front; a sum of zeros is 0, one of equal terms their number times one."""
    if not expr.args or isinstance(expr, (Idx, Indexed)):
        return expr
    if isinstance(expr, Sum):
        return _summed(tidy(expr.function), expr.limits)
    args = [tidy(a) if isinstance(a, Expr) else a for a in expr.args]
    return expr.func(*args) if args != list(expr.args) else expr


def _summed(body: Expr, bounds: Sequence[Limits]) -> Expr:
    if body == 0:
        return S.Zero
    front, body = body.as_independent(*(idx for idx, _, _ in bounds), as_Add=False)
    left: list[Limits] = []
    for n, (idx, low, high) in enumerate(bounds):  # inner sums first: only an outer one can have ends that need idx
        if idx in body.free_symbols or any(idx in e.free_symbols for b in (*left, *bounds[:n]) for e in b[1:]):
            left.append((idx, low, high))
        elif {i for i, _, _ in bounds} & (high - low).free_symbols:
            body *= high - low + 1
        else:
            front *= high - low + 1
    return Mul(front, sum_over(body, left))


def letters(expr: Expr) -> set[Basic]:
    """Every index letter in an expression, free or bound."""
    return {i for i in expr.free_symbols if isinstance(i, Idx)} | set(bound_indices(expr))
