"""Steps of a reading in which a size is 1, where the part above has them for any size."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

from sympy import Expr, Integer, Symbol

from derive.chain.derivation import Step, Term
from derive.expressions.indices import substitute, without_single
from derive.expressions.letters import Letter
from derive.sheet.alike import words_of
from derive.sheet.part import Part


def narrowed(part: Part) -> dict[Symbol, Integer]:
    """The sizes of the part above that are 1 in this one, with that number."""
    if part.base is None:
        return {}
    own, above = part.derived.model.nodes, part.base.derived.model.nodes
    pairs = [p for name in own.keys() & above.keys() for p in zip(above[name].indices, own[name].indices, strict=False)]
    return {
        wide.upper: Integer(1)
        for wide, one in pairs
        if one.lower == one.upper == 1 == wide.lower and isinstance(wide.upper, Symbol)
    }


def same_chain(step: Step, above: Step, sizes: Mapping[Symbol, Integer]) -> bool:
    """Is the chain rule of a step that of the step above with these sizes, local partials and their rules included?"""
    return step.node.name == above.node.name and _chain(step, {}) == _chain(above, sizes)


def _chain(step: Step, sizes: Mapping[Symbol, Integer]) -> Hashable:
    partials = ((_with(p.symbol, sizes), _with(p.value, sizes), words_of(p.because)) for p in step.locals)
    return tuple(_term(t, sizes) for t in step.chain), tuple(partials)


def _term(term: Term, sizes: Mapping[Symbol, Integer]) -> Hashable:
    sums = tuple(limits for limits in term.sums if limits[-1] not in sizes)
    return tuple(_with(f, sizes) for f in term.factors), sums


def _with(expr: Expr, sizes: Mapping[Symbol, Integer]) -> Expr:
    """The expression with these sizes: an index that has one value only has that value."""
    single = {i: i.lower for i in expr.free_symbols if isinstance(i, Letter) and i.upper in sizes}
    return substitute(without_single(substitute(expr, sizes)), single)
