"""The main part of a sheet: a step for each adjoint, the recursion written out in time, and the gradients in boxes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sympy import Symbol

from derive.chain.derivation import Region, Step
from derive.chain.regions import apart_from
from derive.chain.rules.insert import INSERT
from derive.expressions.indices import name_of
from derive.expressions.symbols import Immediate
from derive.language import Text, clauses, distinct
from derive.memo import memo
from derive.page import sentences as say
from derive.page.blocks import Block, Equations, Heading, Paragraph, Row
from derive.page.conventions import conventions
from derive.page.free_gradients import free_gradient
from derive.page.spans import Known, Ranges
from derive.sheet.alike import Group
from derive.sheet.closed_forms import solved
from derive.sheet.groups import (
    at_one,
    from_subjects,
    groups,
    in_short,
    inner_and_leaves,
    like_above,
    same_words,
    told_together,
    written,
)
from derive.sheet.in_time import backward_in_time
from derive.sheet.intuition import intuitions
from derive.sheet.model import only
from derive.sheet.narrowed import narrowed
from derive.sheet.part import Part
from derive.sheet.results import box, stands_in_results, where
from derive.sheet.rows import equations, rows, since
from derive.sheet.written_out import written_out


def backward(part: Part) -> Iterator[Block]:
    """Show one step for each adjoint and region, then, where T has a number, the recursion written out."""
    derived, detail = part.derived, part.detail
    yield Heading(say.BACKWARD)
    yield Paragraph(say.SEED(loss=derived.loss))
    if any(isinstance(f, Immediate) for s in derived.steps for t in s.chain for f in t.factors):
        yield Paragraph(say.IMMEDIATE, say.IMMEDIATE)
    used = {(name_of(p.symbol.of), name_of(p.symbol.wrt)) for s in derived.steps for p in s.locals}
    for convention in conventions(derived.model, used):
        yield Paragraph(convention)
    yield from _small_sizes(part)
    yield from only(derived.derivation)
    yield from _unchanged(part)
    inner, leaves = inner_and_leaves(part)
    yield from _argument(part, [*inner, *leaves] if told_together(part) else inner)
    unrolled = list(backward_in_time(derived.derivation, derived.steps, derived.sizes, detail))
    if unrolled:
        yield Heading(say.IN_TIME, 1)
        yield Paragraph(say.UNROLLED_BACKWARD(sizes=part.known))
        yield from unrolled
    for form in derived.closed_forms:
        yield from solved(form, derived.sizes, detail, bool(unrolled))


def _small_sizes(part: Part) -> Iterator[Block]:
    """Say from which size on the cases of the steps are apart, where they are not for every one."""
    if len(part.derived.sizes) == len(part.derived.model.sizes):
        return  # every size has a number
    boxes: dict[str, list[Region]] = {}
    for step in part.derived.steps:
        boxes.setdefault(step.node.name, []).append(step.region)
    least: dict[Symbol, int] = {}
    for size, number in filter(None, (apart_from(found) for found in boxes.values() if len(found) > 1)):
        least[size] = max(number, least.get(size, 1))
    for size, number in least.items():
        yield Paragraph(say.APART(size=size, least=str(number)))


def _intuitions(part: Part) -> dict[int, tuple[Text, ...]]:
    """What is said of the structure of the steps that are shown, by their number."""
    return intuitions([group.first for group in groups(part)], part.derived.model, part.told)


def _unchanged(part: Part) -> Iterator[Block]:
    """Name the steps that are those of the part above."""
    if part.base is None:
        return
    above = written(part.base)
    same = [s.target for s in part.derived.steps if same_words(part, s) in above]
    if same:
        yield Paragraph((say.UNCHANGED_ONE if len(same) == 1 else say.UNCHANGED)(targets=same))


def _argument(part: Part, told: Sequence[Group]) -> Iterator[Block]:
    """Show steps in turn; of those that are like steps of the part above only what they come to."""
    alike: list[tuple[Group, Group]] = []
    said = _intuitions(part)
    for group in told:
        like = like_above(part, group)
        if like is not None:
            alike.append((group, like))
            continue
        yield from _as_above(part, alike)
        alike = []
        beside, words = from_subjects(part, group.first), said.get(group.first.number, ())
        yield from one_step(group.first, beside, group.others, group.number, part.detail, words)
        yield from _below(part, group)
    yield from _as_above(part, alike)


def _as_above(part: Part, alike: Sequence[tuple[Group, Group]]) -> Iterator[Block]:
    """Show what steps come to that are like steps of the part above, under one heading."""
    if not alike:
        return
    found = [group for group, _ in alike]
    steps = [s for g in found for s in (g.first, *g.others)]
    first, targets = found[0], [s.target for s in steps]
    if len(found) == 1:
        yield _heading(steps, first.number)
    else:
        yield Heading(say.STEPS(first=str(first.number), last=str(found[-1].number), targets=targets), 2)
    numbers = in_short(dict.fromkeys(g.number for _, g in alike))
    as_above = say.AS_IN_STEP if numbers == [str(alike[0][1].number)] else say.AS_IN_STEPS
    yield Paragraph(as_above(numbers=numbers, sizes=_at_one(part, found)))
    rows_of = [
        (s, (_result(s, g.first), *(from_subjects(part, s) if s is g.first else ())))
        for g in found
        for s in (g.first, *g.others)
    ]
    shown = [own for s, own in rows_of if not stands_in_results(s, part)]
    yield Equations(tuple(row for own in shown or (own for _, own in rows_of) for row in own))
    if shown:
        yield from _in_results([s for s in steps if stands_in_results(s, part)])
    for group in found:
        yield from _below(part, group._replace(others=()))


def _at_one(part: Part, found: Sequence[Group]) -> Text:
    """Say which sizes are 1, where the steps above hold for any."""
    sizes = [Known(str(size), 1) for size in narrowed(part)] if any(at_one(part, group) for group in found) else []
    return say.WITH_SIZES(sizes=sizes) if sizes else say.EVERYWHERE


def _below(part: Part, group: Group) -> Iterator[Block]:
    """Show what follows the equations of a step: a sum written out, the steps alike, the whole of a gradient."""
    steps = (group.first, *group.others)
    for step in (s for s in steps if s.node.is_leaf):
        yield from written_out(step, part.derived.model, part.derived.sizes, part.detail)
        yield from _zero(step)
    yield from _others(part, group)
    for step in (s for s in steps if s.node.is_leaf):
        yield from _whole(part, step)


def _others(part: Part, group: Group) -> Iterator[Block]:
    """Show what the steps that are like the one above come to, each with its local partials and its range; of gradients
    that stand in the results only the local partials."""
    if part.detail == "brief" and all(stands_in_results(s, part) for s in group.others):
        yield from _in_results(group.others)
    elif group.others:
        yield Paragraph(say.ALIKE)
        yield Equations(tuple(_result(s, group.first) for s in group.others), listed=True)


def _in_results(steps: Sequence[Step]) -> Iterator[Block]:
    """Say why gradients hold whose last lines stand in the results."""
    if steps:
        partials = [e for s in steps for e in equations(s.locals)]
        one, several = say.ALIKE_IN_RESULTS
        single = one(wrt=steps[0].target, partials=partials) if len(steps) == 1 else None
        yield Paragraph(single or several(partials=partials))


def _result(step: Step, first: Step) -> Row:
    return Row(step.target, step.lines[-1].terms, _since(step, first))


def _since(step: Step, first: Step) -> Text | None:
    """Say which local partials a step has, and where it holds if not where the first of its group does."""
    partials, ranges = _why(step), where(step)
    if ranges is None or step.region.ranges == first.region.ranges:
        return partials
    return clauses([partials, ranges]) if partials else ranges


def _why(step: Step) -> Text | None:
    """Say why a step has its result: by its local partials, or by the rules alone where the loss itself is derived."""
    if all(use.direct for use in step.uses):
        reasons = distinct(line.reason for line in step.lines if line.reason is not None)
        return clauses(reasons) if reasons else None
    return since(step.locals) if step.locals else None


@memo
def one_step(
    step: Step,
    beside: tuple[Row, ...] = (),
    others: tuple[Step, ...] = (),
    number: int = 0,
    detail: str = "brief",
    said: tuple[Text, ...] = (),
) -> tuple[Block, ...]:
    """Make the heading of a step and of the others like it, the reason why it has these terms, what is said of its
    structure, and its equations."""
    heading = _heading([step, *others], number)
    if step.given:
        return heading, Paragraph(say.STAYS(quantity=step.target, loss=step.target.args[0]))
    words = say.one_after_another([say.sentence(step.reason), *said])
    return heading, Paragraph(words), Equations((*rows(step, detail), *beside))


def _heading(steps: Sequence[Step], number: int) -> Heading:
    targets, number = [s.target for s in steps], number or steps[0].number
    return Heading(say.STEP(number=str(number), target=targets, where=_in_heading(steps)), 2)


def _in_heading(steps: Sequence[Step]) -> Text:
    """The ranges of the indices of all steps; those of the first one only where an index has several."""
    own = [() if (ranges := where(step)) is None else ranges.values["ranges"].spans for step in steps]
    every = dict.fromkeys(span for spans in own for span in spans)
    if len({span.idx for span in every}) == len(every) > len({str(span.idx) for span in every}):
        return say.EVERYWHERE  # one letter with several ranges: the model has them
    shown = tuple(every) if len({span.idx for span in every}) == len(every) else own[0]
    return say.WHERE(ranges=Ranges(shown)) if shown else say.EVERYWHERE


def _title(part: Part) -> Text:
    kinds = {part.derived.model.nodes[name].kind == "parameter" for name in part.derived.derivation.wanted}
    return say.GRADIENTS_BOTH if len(kinds) > 1 else say.GRADIENTS_IN if kinds == {False} else say.GRADIENTS


def gradients(part: Part) -> Iterator[Block]:
    """Show the steps of the gradients that were asked for; in detail "full" with the box of each."""
    if not told_together(part):
        yield Heading(_title(part))
        yield from _argument(part, inner_and_leaves(part)[1])


def _whole(part: Part, step: Step) -> Iterator[Block]:
    """Yield, after the last region of a gradient, its box in detail "full", and what is said of a declared matrix."""
    same = part.derived.regions(step.node.name)
    if step is same[-1]:
        if part.detail == "full":
            yield from box(part, same)
        yield from map(Paragraph, free_gradient(part.derived.model, step.node))


def _zero(step: Step) -> Iterator[Block]:
    """Say of a gradient whose contributions cancel that it is zero, and why."""
    because = next((line.reason for line in step.lines[1:] if line.expr == 0), None)
    if because is not None and step.lines[0].expr != 0 and because.en != INSERT.en:  # an adjoint that is 0 is seen
        yield Paragraph(say.CANCELS(gradient=step.target, because=because))
