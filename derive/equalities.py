"""One step of a derivation: the chain rule in symbols, the local partials, the chain of equalities to the final form.

Everything here is a function of the uses that add up, and remembered.
"""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Expr, Integer

from derive.algebra import develop, written
from derive.derivation import Line, Local, Region, Step, Term, Use
from derive.indices import Limits, substitute
from derive.language import Text
from derive.memo import memo
from derive.model import Node
from derive.partials import ABSTRACT, Immediate, Partial
from derive.reasons import reason, telling

LONGEST = 11  # the longest value, in symbols to read, that is still put in for its name
Pairs = tuple[tuple[Expr, Expr], ...]

LOCAL = Text("insert the local partials", "代入局部偏导数")
RULES = Text("{rules}", "{rules}")
INSERT = Text("insert {values}", "代入 {values}")


@memo
def contributions(loss: Expr, node: Node, region: Region, uses: tuple[Use, ...]) -> tuple[Term, ...]:
    """The raw product of every use on the region: the user's adjoint times the local partial."""
    fixed = region.fixed(node.indices)
    return tuple(_put(Term((u.upstream(loss), u.local), u.outer), fixed) for u in uses)


@memo
def step(
    loss: Expr, node: Node, region: Region, uses: tuple[Use, ...], marks: tuple[bool, ...], short: Pairs, named: Pairs
) -> Step:
    """The derivation of an adjoint on one region.

    `marks` says which local partials are immediate, `short` gives the adjoints of users that may be put in for their
    names, `named` the sums that have one.
    """
    fixed = region.fixed(node.indices)
    target = Partial(loss, substitute(node.generic, fixed))
    symbols = [_local(loss, node, use, mark) for use, mark in zip(uses, marks, strict=True)]
    chain = [
        Term((s,) if use.direct else (use.upstream(loss), s), use.outer) for use, s in zip(uses, symbols, strict=True)
    ]
    locals_ = tuple(
        Local(substitute(s, fixed), substitute(use.local, fixed), telling(use.rules))
        for use, s in zip(uses, symbols, strict=True)
    )
    why = reason(loss, target.wrt, uses, [substitute(use.target, fixed) for use in uses])
    lines = _argument(target, uses, contributions(loss, node, region, uses), dict(short), dict(named))
    return Step(target, node, region, uses, tuple(_put(t, fixed) for t in chain), why, locals_, lines)


def _local(loss: Expr, node: Node, use: Use, immediate: bool) -> Partial:
    """The local partial as a symbol, with the mark of an immediate one where u has other paths to the user."""
    return (Immediate if immediate else Partial)(loss if use.direct else use.target, node.generic)


def _argument(
    target: Partial,
    uses: tuple[Use, ...],
    raw: tuple[Term, ...],
    short: Mapping[Expr, Expr],
    named: Mapping[Expr, Expr],
) -> tuple[Line, ...]:
    """The chain of equalities; of an abstract loss there is nothing to say, of the loss itself the rules say it."""
    direct = len(uses) == 1 and uses[0].direct
    if direct and uses[0].user.abstract is not None:
        return (Line((Term((target,)),), ABSTRACT),)
    first, *rest = _lines(raw, short, named)
    if direct:
        first = first._replace(reason=RULES(rules=list(telling(uses[0].rules))))
    return (first, *rest)


def _lines(raw: tuple[Term, ...], short: Mapping[Expr, Expr], named: Mapping[Expr, Expr]) -> list[Line]:
    """The raw product, the short values put in for their names where that stays short, and the algebra."""
    first = Line(tuple(Term(t.factors[1:] if t.factors[0] == 1 else t.factors, t.sums) for t in raw), LOCAL)
    bare = tuple(product(t.factors, t.sums) for t in raw)
    plain = [first, *([Line(bare)] if bare != first.terms else []), *develop(bare, named)]
    if not short:
        return plain
    filled = tuple(t if t.sums else product(tuple(short.get(f, f) for f in t.factors)) for t in bare)
    full = [first, Line(filled, INSERT(values=list(short))), *develop(filled, named)]
    return full if written(full[-1].terms) <= max(LONGEST, written(plain[-1].terms)) else plain


def product(factors: tuple[Expr, ...], sums: tuple[Limits, ...] = ()) -> Term:
    """A product without its factors 1."""
    return Term(tuple(f for f in factors if f != 1) or (Integer(1),), sums)


def partials(term: Term) -> list[Partial]:
    """The adjoints among the factors of a product."""
    return [f for f in term.factors if type(f) is Partial]


def _put(term: Term, fixed: Mapping[Expr, Expr]) -> Term:
    """The term at fixed values of some indices."""
    if not fixed:
        return term
    sums = tuple((i, substitute(a, fixed), substitute(b, fixed)) for i, a, b in term.sums)
    return Term(tuple(substitute(f, fixed) for f in term.factors), sums)
