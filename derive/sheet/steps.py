"""The main part of a sheet: a step for each adjoint, the recursion written out in time, and the gradients in boxes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sympy import Add, Basic, Expr, Idx, Indexed, KroneckerDelta, Mul, Product, Sum, Symbol

from derive.chain.derivation import Step, Term
from derive.chain.regions import fill
from derive.chain.rule import extent
from derive.expressions.indices import sized
from derive.expressions.intervals import inside
from derive.expressions.symbols import Immediate, Partial
from derive.language import Text
from derive.memo import memo
from derive.page import sentences as say
from derive.page.blocks import Block, Equations, Expanded, Heading, Paragraph, Row
from derive.page.conventions import conventions
from derive.page.free_gradients import free_gradient
from derive.page.spans import Ranges, span
from derive.sheet.closed_forms import solved
from derive.sheet.in_time import backward_in_time, shown
from derive.sheet.part import Part
from derive.topics.topic import topic


def backward(part: Part, detail: str) -> Iterator[Block]:
    """Show one step for each adjoint and region, then, where T has a number, the recursion written out."""
    derived = part.derived
    yield Heading(say.BACKWARD)
    yield Paragraph(say.SEED(loss=derived.loss))
    if any(isinstance(f, Immediate) for s in derived.steps for t in s.chain for f in t.factors):
        yield Paragraph(say.IMMEDIATE)
    for convention in conventions(derived.model):
        yield Paragraph(convention)
    for step in derived.steps:
        if not step.node.is_leaf:
            yield from one_step(step, _from_subjects(part, step))
    unrolled = list(backward_in_time(derived.derivation, derived.steps, derived.sizes, detail))
    if unrolled:
        yield Heading(say.IN_TIME, 1)
        yield Paragraph(say.UNROLLED_BACKWARD(sizes=part.known))
        yield from unrolled
    for form in derived.closed_forms:
        yield from solved(form, derived.sizes)


def _from_subjects(part: Part, step: Step) -> tuple[Row, ...]:
    """Return what the subjects add to the equations of a step."""
    return tuple(row for name, found in part.found.items() for row in topic(name).last_line(found, step))


@memo
def one_step(step: Step, beside: tuple[Row, ...] = ()) -> tuple[Block, ...]:
    """Make the heading of a step, the reason why it has these terms, and its equations."""
    heading = Heading(say.STEP(number=str(step.number), target=step.target, where=_where(step)), 2)
    if step.given:
        return heading, Paragraph(say.STAYS(quantity=step.target, loss=step.target.args[0]))
    return heading, Paragraph(say.sentence(step.reason)), Equations((*_rows(step), *beside))


def _where(step: Step) -> Text:
    """Say for which index values a step holds, apart from indices with a single value, which its symbol shows."""
    ranges = [
        span(i, low, high)
        for axis, (i, (low, high)) in enumerate(zip(step.node.indices, step.region.ranges, strict=True))
        if not step.region.is_point(axis)
    ]
    return say.WHERE(ranges=Ranges(tuple(ranges))) if ranges else say.EVERYWHERE


def _rows(step: Step) -> Iterator[Row]:
    """Yield the chain rule in symbols, the local partials with their rules, and the chain of equalities."""
    direct = len(step.chain) == 1 and all(use.direct for use in step.uses)
    if not direct:
        yield Row(step.target, step.chain, dots=True)
        for local in step.locals:
            if (local.symbol.of, local.symbol.wrt) != getattr(local.value, "args", ()):
                yield Row(local.symbol, local.value, say.apart(local.rules), gap=True)
            if local.known is not None:
                yield Row(None, local.known.terms, local.known.reason)
    for number, line in enumerate(step.lines):
        yield Row(step.target if number == 0 else None, line.terms, line.reason, gap=number == 0 and not direct)


def _title(part: Part) -> Text:
    kinds = {part.derived.model.nodes[name].kind == "parameter" for name in part.derived.derivation.wanted}
    return say.GRADIENTS_BOTH if len(kinds) > 1 else say.GRADIENTS_IN if kinds == {False} else say.GRADIENTS


def gradients(part: Part, detail: str) -> Iterator[Block]:
    """Show the gradients that were asked for, each in a box; by cases where some elements cannot reach the loss."""
    derived = part.derived
    yield Heading(_title(part))
    for step in derived.steps:
        if step.node.is_leaf:
            yield from one_step(step, _from_subjects(part, step))
            yield from _written_out(step, derived.sizes, detail)
            same = derived.regions(step.node.name)
            if len(same) == 1 and fill([step.region], extent(step.node)):
                yield Equations((Row(step.target, step.lines[-1].terms),), boxed=True)
            elif step is same[-1]:
                target = Partial(derived.loss, step.node.generic)
                yield Equations((Row(target, derived.form(step.node.name)),), boxed=True)
            for name, found in part.found.items() if step is same[-1] else ():
                yield from topic(name).boxed(found, same)
            yield from _zero(step)
            if step is same[-1]:
                yield from map(Paragraph, free_gradient(derived.model, step.node))
    for node in derived.derivation.unreachable:
        yield Paragraph(say.ZERO(name=node.generic, loss=derived.loss))
    for note in part.notes:
        yield Paragraph(note)


def _zero(step: Step) -> Iterator[Block]:
    """Say of a gradient whose contributions cancel that it is zero, and why."""
    because = next((line.reason for line in step.lines[1:] if line.expr == 0), None)
    if because is not None and step.lines[0].expr != 0:
        yield Paragraph(say.CANCELS(gradient=step.target, because=because))


def _written_out(step: Step, sizes: Mapping[Symbol, int], detail: str) -> Iterator[Block]:
    """Write a sum out term by term where the number of its terms is known."""
    found = _last_sum(step)
    if found is None or any(f.has(Product, Sum) for f in found[1]):  # they would shrink from term to term
        return
    front, body, idx, low, high = found
    low, high = sized(low, sizes), sized(high, sizes)
    if low.is_Integer and high.is_Integer and high > low and all(_can_be_filled(f, idx) for f in body):
        times = shown(range(int(low), int(high) + 1), detail)
        yield Expanded(step.target, front, Term(body), idx, times, say.WRITTEN_OUT)


def _can_be_filled(expr: Basic, idx: Idx) -> bool:
    """True if a number can be put in for the index; it cannot where another one stands beside it, as in x_{j+q-1}."""
    together = idx in expr.free_symbols and len(expr.atoms(Idx)) > 1
    if not isinstance(expr, (Indexed, Partial)) and together:
        return not isinstance(expr, (Add, inside, KroneckerDelta)) and all(_can_be_filled(a, idx) for a in expr.args)
    places = getattr(getattr(expr, "wrt", expr), "indices", ())
    return not any(idx in p.free_symbols and len(p.atoms(Idx)) > 1 for p in places)


def _last_sum(step: Step) -> tuple[tuple[Expr, ...], tuple[Expr, ...], Idx, Expr, Expr] | None:
    """Find the only sum of the final form: the factors in front of it, those under it, its index and range."""
    if len(step.lines[-1].terms) != 1:
        return None
    term = step.lines[-1].terms[0]
    if len(term.sums) == 1:
        return (), term.factors, *term.sums[0]
    last = term.factors[-1]
    if isinstance(last, Sum) and len(last.limits) == 1 and not any(f.has(Sum) for f in term.factors[:-1]):
        return term.factors[:-1], Mul.make_args(last.function), *last.limits[0]
    return None
