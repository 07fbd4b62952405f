"""The rules that put terms over one denominator, multiply out and collect."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Add, Expr, Indexed, Mul, Pow, S, Symbol, expand

from derive.chain.derivation import Line, Term, written
from derive.chain.rules.cancel import CANCELLED, _cancelled
from derive.expressions.symbols import Partial
from derive.expressions.weight import weight
from derive.language import Text
from derive.memo import memo

WIDEST = 60  # an expression longer than this gets no shorter by multiplying out, and sympy needs seconds to try


DENOMINATOR = Text("common denominator", "通分")


EXPANDED = Text("multiply out", "展开括号")


COLLECTED = Text("like terms cancel or are collected", "合并同类项")


def _combine(terms: tuple[Term, ...]) -> Iterator[Line]:
    """Common denominator, cancellation, multiplying out, collecting: where that shortens the expression."""
    if any(t.sums for t in terms) or written(terms) > WIDEST or not _entangled(terms):
        return
    lines = list(_combined(terms))
    merged = tuple(Term((t.expr,)) for t in terms)
    if lines and written(lines[-1].terms) < min(written(terms), written(merged)):
        yield from lines


def _entangled(terms: tuple[Term, ...]) -> bool:
    """Do different factors, one of them a sum, share a quantity? Only then can anything cancel."""
    parts = [f for t in terms for f in t.factors]
    if len(terms) == 1 and not any(isinstance(g, Add) for f in parts for g in Mul.make_args(f)):
        return False
    seen = [_quantities(f) for f in parts]
    return any(a & b for n, a in enumerate(seen) for b in seen[:n])


@memo
def _quantities(expr: Expr) -> frozenset[Expr]:
    """The symbols an expression is made of, a partial counting as one."""
    if isinstance(expr, (Symbol, Indexed, Partial)):
        return frozenset({expr})
    return frozenset().union(*(_quantities(a) for a in expr.args)) if isinstance(expr, Expr) else frozenset()


def _combined(terms: tuple[Term, ...]) -> Iterator[Line]:
    fractions = tuple(Term(tuple(common_denominator(f) for f in t.factors)) for t in terms)
    if fractions != terms:
        yield Line(fractions, DENOMINATOR)
    product = Add(*(t.expr for t in fractions))
    gone = _cancelled(fractions)
    if gone:
        yield Line(_terms(product), CANCELLED(factors=gone))
    opened = tuple(Term((piece,)) for part in Add.make_args(product) for piece in Add.make_args(expand(part)))
    collected = expand(product)
    if len(opened) > len(Add.make_args(collected)) or weight(collected) < weight(product):
        yield Line(opened, EXPANDED)
        yield Line(_terms(collected), COLLECTED)


def common_denominator(expr: Expr) -> Expr:
    """A sum of fractions as one fraction, nothing multiplied out; anything else as it is."""
    if not isinstance(expr, Add):
        return expr
    powers: dict[Expr, Expr] = {}
    for term in expr.args:
        for factor in Mul.make_args(term):
            if isinstance(factor, Pow) and factor.exp.is_negative:
                powers[factor.base] = max(powers.get(factor.base, S.Zero), -factor.exp)
    if not powers:
        return expr
    below = Mul(*(base**power for base, power in powers.items()))
    return Mul(Add(*(term * below for term in expr.args)), 1 / below)


def _terms(expr: Expr) -> tuple[Term, ...]:
    return tuple(Term((part,)) for part in Add.make_args(expr))
