"""Affine recursions solved for every t, in either direction of time; here those of the adjoints.

    u_t = A(t) u_{t+1} + B(t)  for t < T,  u_T = C     gives     u_t = P(t, T) C + sum over s = t..T-1 of P(t, s) B(s)

with P(t, s) = A(t) ... A(s-1), a power where A is constant in time and a product where it moves. Where C is B(T), as
with an output at every step, it joins the sum. A geometric sum is summed (`geometric`). Nothing is a closed form
that its proof by induction (`induction`) does not confirm, and every line goes to the numerical check.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace

from sympy import Add, Expr, Idx, Indexed, Mul, Product, S, Sum

from derive.chain.closed_forms.closed_form import ClosedForm, Recursion
from derive.chain.closed_forms.geometric import summed
from derive.chain.closed_forms.induction import proof
from derive.chain.derivation import Derivation, Line, Region, Step, Term
from derive.chain.rules.order import ORDERED
from derive.expressions.indices import bound, index, linear, name_of, substitute
from derive.expressions.symbols import Partial
from derive.expressions.traverse import adjoints
from derive.language import Text
from derive.memo import memo
from derive.model.model import Model, Node

GEOMETRIC = Text("sum of a geometric series", "等比数列求和")
EQUAL = Text("{number} equal terms", "{number} 个相同的项")


def closed_forms(d: Derivation, steps: Sequence[Step]) -> Iterator[ClosedForm]:
    """The solutions of all adjoint recursions that are affine by themselves; coupled ones have none here."""
    for stage in (s for s in d.stages if s.stepwise):
        for name in stage.families:
            found = [s for s in steps if s.node.name == name][:: stage.direction]
            form = _closed_form(d.model, tuple(found[:2]), stage.time[name], stage.direction, stage.families)
            if form is not None:
                yield form


@memo
def _closed_form(
    model: Model, found: tuple[Step, ...], axis: int, ahead: int, coupled: tuple[str, ...]
) -> ClosedForm | None:
    recursion = _adjoint(found, axis, ahead, coupled)
    return solve(recursion, model.nodes) if recursion is not None else None


def _adjoint(found: Sequence[Step], axis: int, ahead: int, coupled: Sequence[str]) -> Recursion | None:
    """The recursion that the steps of one adjoint are: where it begins, and the law; None if they are none."""
    if len(found) < 2 or not found[0].region.is_point(axis) or found[1].region.is_point(axis):
        return None
    end, inner = found
    t, last, ranges = inner.node.indices[axis], end.region.ranges[axis][0], list(inner.region.ranges)
    if any(a != b for n, (a, b) in enumerate(zip(end.region.ranges, ranges, strict=True)) if n != axis):
        return None  # it begins elsewhere: for other elements of a vector
    near = ranges[axis][1] if ahead > 0 else ranges[axis][0]
    one_on = substitute(inner.target, {t: t + ahead})
    split = _split(inner.lines[-1].terms, one_on)
    begins = (last - near) * ahead == 1 and (end.given or not _concerns(end.value, coupled))
    if split is None or not begins or any(_concerns(e, coupled) for e in split) or split[0].has(Partial):
        return None
    ranges[axis] = (ranges[axis][0], last) if ahead > 0 else (last, ranges[axis][1])
    law = (inner.lines[-1]._replace(reason=None),)
    return Recursion(inner.target, inner.node, t, ahead, *split, end.value, last, Region(tuple(ranges)), law)


def _split(terms: Sequence[Term], one_on: Expr) -> tuple[Expr, Expr] | None:
    """(factor, addend): the terms with the quantity itself one step on as a factor, and the others."""
    factors, addends = [], []
    for term in terms:
        flat = [g for f in term.factors for g in Mul.make_args(f)]
        if flat.count(one_on) == 1 and not term.sums:
            factors.append(Mul(*(f for f in flat if f != one_on)))
        else:
            addends.append(term.expr)
    return (Add(*factors), Add(*addends)) if factors else None


def _concerns(expr: Expr, coupled: Sequence[str]) -> bool:
    """Does an adjoint of the recursion occur?"""
    return any(name_of(p.wrt) in coupled for p in adjoints(expr))


def solve(r: Recursion, nodes: Mapping[str, Node]) -> ClosedForm | None:
    """The solution, proved; None where the induction does not confirm it, and for a product of products."""
    if r.factor.has(Product):
        return None
    s, k = _letters(r, nodes)
    kernel = _passed(r, s, k)
    first = r.end if r.joins else r.end - r.ahead
    bounds = (s, r.index, first) if r.ahead > 0 else (s, first, r.index)
    given = {f.name: getattr(r, f.name) for f in fields(r)}
    form = ClosedForm(**given, kernel=kernel, bounds=bounds, lines=())
    form = replace(form, lines=tuple(_lines(form, nodes)))
    return form if proof(form).holds else None


def _lines(form: ClosedForm, nodes: Mapping[str, Node]) -> Iterator[Line]:
    """The solution with its sum, and without it where that is geometric."""
    start, total = ((Term((form.carried,)),) if form.carried != 0 else ()), form.total(form.index)
    yield Line((*start, *total) or (Term((S.Zero,)),))
    for term in total:
        flat = Mul.make_args(term.expr)
        inner = next(f for f in flat if isinstance(f, Sum))
        outer, value = Mul(*(f for f in flat if f is not inner)), summed(inner, nodes)
        if value is not None:
            equal = inner.function is S.One
            yield Line((*start, Term((outer, value))), EQUAL(number=value) if equal else GEOMETRIC)
            if len(Mul.make_args(outer * value)) != len(Mul.make_args(outer)) + len(Mul.make_args(value)):
                yield Line((*start, Term((outer * value,))), ORDERED)


def _passed(r: Recursion, s: Idx, k: Idx) -> Expr:
    """P(t, s): the factors from t on, before s; constants as a power, the others under a product sign."""
    flat = Mul.make_args(r.factor)
    power = Mul(*(f for f in flat if r.index not in f.free_symbols)) ** ((s - r.index) * r.ahead)
    moving = Mul(*(f for f in flat if r.index in f.free_symbols))
    if moving is S.One:
        return power
    shift = max((f[1] for p in _places(moving) if (f := linear(p, r.index)) and f[1].is_Integer), default=S.Zero)
    ends = (r.index, s - 1) if r.ahead > 0 else (s + 1, r.index)
    factors = substitute(moving, {r.index: k - shift})
    return power * bound(Product, factors, [(k, ends[0] + shift, ends[1] + shift)])


def _places(expr: Expr) -> Iterator[Expr]:
    """Every index expression of an element in it."""
    for element in expr.atoms(Indexed):
        yield from element.indices


def _letters(r: Recursion, nodes: Mapping[str, Node]) -> tuple[Idx, Idx]:
    """A letter for the sum and one for the product, over the times of t, that nothing else has."""
    taken = {*nodes, *(name_of(i) for n in nodes.values() for i in n.indices)}
    taken |= {name_of(i) for e in (r.factor, r.addend, r.boundary) for i in e.atoms(Idx)}
    wished = ("s" if r.ahead > 0 else "j", "k", "l", "m", "n", "p", "q", *(f"k_{n}" for n in range(1, 100)))
    free = [a for a in wished if a not in taken]
    one, other = (index(a, r.index.lower, r.index.upper) for a in free[:2])
    return one, other
