"""A recursion that was solved, on the page: the recursion, its first steps, the closed form, and the proof."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sympy import Add, Dummy, Expr, Mul, Symbol, expand_mul

from derive.chain.closed_forms.closed_form import ClosedForm
from derive.chain.derivation import Term
from derive.chain.rules.combine import COLLECTED, DENOMINATOR, EXPANDED
from derive.chain.rules.order import ORDERED
from derive.expressions.indices import sized, substitute
from derive.expressions.products import gathered
from derive.language import Text
from derive.page import sentences as say
from derive.page.blocks import Block, Equations, Heading, Paragraph, Row
from derive.page.spans import Ranges, Span, span


def alike(form: ClosedForm, like: ClosedForm, above: bool) -> Iterator[Block]:
    """Yield the recursion and the closed form of one that is solved as another one is, maybe in the part `above`."""
    yield Heading(say.CLOSED(adjoint=form.target))
    yield _guide((say.AS_FOR_ABOVE if above else say.AS_FOR)(quantity=like.target))
    yield Equations((*_law(form), Row(form.target, form.lines[-1].terms)))


def _law(form: ClosedForm) -> Iterator[Row]:
    """The recursion, and where it begins if that has a value."""
    yield from (Row(form.target if n == 0 else None, line.terms, line.reason) for n, line in enumerate(form.law))
    begin = Row(_target(form, form.end), (Term((form.boundary,)),))
    if form.boundary != begin.left:
        yield begin


def solved(form: ClosedForm, sizes: Mapping[Symbol, int], detail: str, unrolled: bool = False) -> Iterator[Block]:
    """Yield the blocks of one closed form, in a box in detail "full"; in brief without its first steps where the
    recursion is `unrolled` above."""
    yield Heading(say.CLOSED(adjoint=form.target))
    end = span(form.index, form.end, form.end)
    yield _guide((say.RECURSION_ON if form.ahead > 0 else say.RECURSION_BACK)(end=end))
    yield Equations(tuple(_law(form)), listed=True)
    often = 2 if form.boundary != 0 else 3
    unfolded = tuple(row for n in range(1, often + 1) if _exists(form, n, sizes) for row in _unfolded(form, n))
    if unfolded and (detail == "full" or not unrolled):
        yield _guide(say.UNFOLD(end=end))
        yield Equations(unfolded)
    ranges = zip(form.node.indices, form.region.ranges, strict=True)
    claimed = Ranges(tuple(span(i, a, b) for i, (a, b) in ranges))
    yield Paragraph(_claim(form)(ranges=claimed), say.OBTAINED(ranges=claimed))
    if form.summed:
        yield Equations(
            tuple(Row(None if n else form.target, line.terms, line.reason) for n, line in enumerate(form.lines))
        )
    if detail == "full" or not form.summed:
        yield Equations((Row(form.target, form.lines[-1].terms),), boxed=detail == "full")
    there = form.index + form.ahead
    yield Paragraph(say.INDUCTION(base=_base(form, end), step=say.FROM_NEIGHBOUR(there=there)), say.BY_INDUCTION)
    yield Equations(tuple(_step(form)))


def _guide(text: Text) -> Paragraph:
    """Words that say what the next lines do, on an exercise too."""
    return Paragraph(text, text)


def _claim(form: ClosedForm) -> Text:
    """Choose the sentence that says what every step contributes: a factor, a term, or both."""
    if form.addend == 0:
        return say.CLAIM
    return say.CLAIM_TERMS if form.factor == 1 else say.CLAIM_SUM


def _target(form: ClosedForm, t: Expr) -> Expr:
    return form.moved(form.target, t)


def _recursion(form: ClosedForm, t: Expr) -> Row:
    """Write the recursion, as it was found, for one time."""
    return Row(_target(form, t), tuple(_at_time(x, form, t) for x in form.law[-1].terms))


def _unfolded(form: ClosedForm, n: int) -> Iterator[Row]:
    """Write the recursion n steps away from the boundary, with all steps in between put in."""
    times = [form.end - k * form.ahead for k in range(n, -1, -1)]
    yield _recursion(form, times[0])
    passed = [Mul(*(form.moved(form.factor, t) for t in times[:k])) for k in range(n + 1)]
    parts = [(passed[n], form.boundary)]
    parts += [(passed[k], form.moved(form.addend, times[k])) for k in range(n - 1, -1, -1)]
    yield Row(None, tuple(_term(*part) for part in parts if part[1] != 0))


def _term(*factors: Expr) -> Term:
    """Make a term of the factors that are not 1."""
    return Term(tuple(f for f in factors if f != 1) or factors[:1])


def _base(form: ClosedForm, end: Span) -> Text:
    """Say why the closed form holds at the boundary, where the recursion begins."""
    if form.addend == 0:
        return say.NO_FACTOR(end=end)
    if form.summed:
        return say.BOUNDARY(end=end, boundary=form.boundary)
    return say.ONE_TERM(end=end) if form.joins else say.NO_TERM(end=end, boundary=form.boundary)


def _step(form: ClosedForm) -> Iterator[Row]:
    """Prove the step from the neighbouring time: insert its closed form, bring the factor in, find the form again."""
    yield _recursion(form, form.index)
    there = form.at(form.index + form.ahead)
    addend = (Term((form.addend,)),) if form.addend != 0 else ()
    near = form.index + form.ahead
    start = (Term((form.carried,)),) if form.carried != 0 and addend else ()
    split = () if form.summed or not addend else (*start, *form.total(near))  # the form with its sum up to there
    one = form.factor == 1
    whole = split or tuple(_at_time(t, form, near) for t in form.lines[-1].terms)
    inserted = whole if one else (_term(form.factor, there),)
    yield Row(None, (*inserted, *addend), say.HYPOTHESIS)
    if form.summed:
        yield from _collected(form, there)
        return
    if split and not one:
        yield Row(None, (*split, *addend), say.FACTOR_IN)
    last = say.OWN_TERM(term=span(form.bounds[0], form.index, form.index)) if addend else ORDERED
    yield Row(None, form.lines[-1].terms, last)


def _at_time(term: Term, form: ClosedForm, t: Expr) -> Term:
    return Term(tuple(form.moved(f, t) for f in term.factors), term.sums)


def _collected(form: ClosedForm, there: Expr) -> Iterator[Row]:
    """Multiply out and write the closed form again; the factor counts as one quantity, so that it joins its powers."""
    one = Dummy(positive=True) if isinstance(form.factor, Add) else form.factor
    opened = [expand_mul(one * substitute(there, {form.factor: one})), expand_mul(form.addend)]
    parts = [substitute(gathered(part), {one: form.factor}) for e in opened for part in Add.make_args(e)]
    yield Row(None, tuple(Term((part,)) for part in parts), EXPANDED)
    fractions = any(f.is_Pow and f.exp.is_negative for part in parts for f in Mul.make_args(part))
    yield Row(None, form.lines[-1].terms, say.listed([DENOMINATOR, COLLECTED]) if fractions else COLLECTED)


def _exists(form: ClosedForm, n: int, sizes: Mapping[Symbol, int]) -> bool:
    """True if the recursion has a step n away from the boundary for these sizes."""
    low, high = (sized(e, sizes) for e in form.region.ranges[form.axis])
    return not (high - low).is_Integer or high - low >= n
