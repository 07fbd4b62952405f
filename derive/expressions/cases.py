"""Derivatives of cases: what the branches contribute one by one, written as one function by cases."""

from __future__ import annotations

from sympy import Add, Expr, Mul, Piecewise, S, Sum

from derive.expressions.indices import through
from derive.memo import memo


@memo
def by_cases(expr: Expr) -> Expr:
    """r [1 if c, else 0] + s [0 if c, else 1] as [r if c, else s], also under a sum; always an equal one."""
    if isinstance(expr, Sum):
        return through(expr, by_cases)
    if not expr.has(Piecewise):
        return expr
    groups: dict[object, list[Expr]] = {}
    for term in Add.make_args(expr):
        groups.setdefault(_conditions(term), []).append(term)
    return Add(*(_joined(terms) if key is not None else Add(*terms) for key, terms in groups.items()))


def _marks(term: Expr) -> list[Piecewise]:
    """The factors that are 1 on some branch and 0 on the others."""
    found = (f for f in Mul.make_args(term) if isinstance(f, Piecewise))
    return [f for f in found if all(value in (S.Zero, S.One) for value, _ in f.args)]


def _conditions(term: Expr) -> tuple[Expr, ...] | None:
    marks = _marks(term)
    return tuple(condition for _, condition in marks[0].args) if len(marks) == 1 else None


def _joined(terms: list[Expr]) -> Expr:
    marks = [_marks(term)[0] for term in terms]
    rest = [Mul(*(f for f in Mul.make_args(term) if f is not mark)) for term, mark in zip(terms, marks, strict=True)]
    branches = []
    for at, (_, condition) in enumerate(marks[0].args):
        branches.append((Add(*(r * m.args[at][0] for r, m in zip(rest, marks, strict=True))), condition))
    return Piecewise(*branches)
