"""Derivatives of cases: what the branches contribute one by one, written as one function by cases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from sympy import Add, Expr, Mul, Piecewise, S, Sum

from derive.expressions.indices import through
from derive.memo import memo

Conditions = tuple[Expr, ...]


@memo
def by_cases(expr: Expr) -> Expr:
    """r [1 if c, else 0] + s [0 if c, else 1] as [r if c, else s], also under a sum; always an equal one.

    Of products of several such brackets, those are joined that share one.
    """
    if isinstance(expr, Sum):
        return through(expr, by_cases)
    if not expr.has(Piecewise):
        return expr
    terms = Add.make_args(expr)
    shared = Counter(_conditions(mark) for term in terms for mark in _marks(term))
    groups: dict[Conditions | None, list[Expr]] = {}
    for term in terms:
        groups.setdefault(_outermost(term, shared), []).append(term)
    return Add(*(_joined(terms, key) if key is not None else Add(*terms) for key, terms in groups.items()))


def _marks(term: Expr) -> list[Piecewise]:
    """The factors that are 1 on some branch and 0 on the others."""
    found = (f for f in Mul.make_args(term) if isinstance(f, Piecewise))
    return [f for f in found if all(value in (S.Zero, S.One) for value, _ in f.args)]


def _conditions(cases: Piecewise) -> Conditions:
    return tuple(condition for _, condition in cases.args)


def _outermost(term: Expr, shared: Mapping[Conditions, int]) -> Conditions | None:
    """The conditions of its only bracket; of several those that most terms share, if others do."""
    found = [_conditions(mark) for mark in _marks(term)]
    if len(found) < 2:
        return found[0] if found else None
    best = max(found, key=lambda c: shared[c])
    return best if shared[best] > 1 else None


def _joined(terms: list[Expr], conditions: Conditions) -> Expr:
    """Terms that share a bracket as one function by its cases, whose values may be functions by cases again."""
    marks = [next(m for m in _marks(term) if _conditions(m) == conditions) for term in terms]
    rest = [Mul(*(f for f in Mul.make_args(term) if f is not mark)) for term, mark in zip(terms, marks, strict=True)]
    branches = []
    for at, condition in enumerate(conditions):
        value = Add(*(r * m.args[at][0] for r, m in zip(rest, marks, strict=True)))
        branches.append((by_cases(value), condition))
    nested = any(isinstance(value, Piecewise) for value, _ in branches)  # which sympy would write as one, by And
    return Piecewise(*branches, evaluate=not nested)
