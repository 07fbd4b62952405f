"""A solved recursion on the page: the recursion, unfolded twice, the closed form, the proof by induction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sympy import Expr, Mul, Symbol

from derive.derivation import Term
from derive.indices import sized, substitute
from derive.recurrences import ClosedForm
from derive.rendering import sentences as say
from derive.rendering.blocks import Block, Equations, Heading, Paragraph, Row
from derive.rendering.span import Ranges, span


def solved(form: ClosedForm, sizes: Mapping[Symbol, int]) -> Iterator[Block]:
    """The blocks of one closed form."""
    yield Heading(say.CLOSED(adjoint=form.target))
    yield Paragraph(say.RECURSION)
    yield Equations((_recursion(form, form.index), Row(_target(form, form.end), (Term((form.boundary,)),))))
    unfolded = tuple(row for n in (1, 2) if _exists(form, n, sizes) for row in _unfolded(form, n))
    if unfolded:
        yield Paragraph(say.UNFOLD)
        yield Equations(unfolded)
    ranges = zip(form.recursion.node.indices, form.region.ranges, strict=True)
    yield Paragraph(say.CLAIM(ranges=Ranges(tuple(span(i, a, b) for i, (a, b) in ranges))))
    yield Equations((Row(form.target, (Term((form.value,)),)),), boxed=True)
    yield Paragraph(say.INDUCTION(end=span(form.index, form.end, form.end)))
    there = form.at(form.index + form.ahead)
    yield Equations((_recursion(form, form.index), Row(None, (Term((form.factor, there)),)), Row(None, form.value)))


def _target(form: ClosedForm, t: Expr) -> Expr:
    return substitute(form.target, {form.index: t})


def _factor(form: ClosedForm, t: Expr) -> Expr:
    return substitute(form.factor, {form.index: t})


def _recursion(form: ClosedForm, t: Expr) -> Row:
    return Row(_target(form, t), (Term((_target(form, t + form.ahead), _factor(form, t))),))


def _unfolded(form: ClosedForm, n: int) -> Iterator[Row]:
    """The recursion n steps before the boundary, and all its factors."""
    t = form.end - n * form.ahead
    yield _recursion(form, t)
    factors = [_factor(form, form.end - k * form.ahead) for k in range(n, 0, -1)]
    yield Row(None, (Term((Mul(*factors), form.boundary)),))


def _exists(form: ClosedForm, n: int, sizes: Mapping[Symbol, int]) -> bool:
    """Is there a step n before the boundary for these sizes?"""
    axis = form.recursion.node.indices.index(form.index)
    low, high = (sized(e, sizes) for e in form.region.ranges[axis])
    return not (high - low).is_Integer or high - low >= n
