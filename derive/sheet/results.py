"""The answer before the derivation: every gradient in its box, the adjoints in it, and what the subjects found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from sympy import Sum, preorder_traversal

from derive.chain.derivation import Step
from derive.chain.derived import Derived
from derive.chain.regions import fill
from derive.chain.rule import extent
from derive.expressions.indices import name_of
from derive.expressions.matrices import Matrix, Plus, Power, Scaled, Times, Transpose, Whole
from derive.expressions.symbols import Partial
from derive.language import Text
from derive.page import sentences as say
from derive.page.blocks import Block, Equations, Heading, Paragraph, Row
from derive.page.spans import Ranges, span
from derive.sheet.groups import groups, in_short
from derive.sheet.model import unreachable
from derive.sheet.part import Part
from derive.sheet.values import results as closed_forms
from derive.topics.topic import topic

FRAME = 12  # rows of one frame, and of all frames in brief before elements give way to matrices
PLAIN = (Whole, Times, Power, Transpose, Scaled, Plus)  # what a reader knows of matrices
BESIDE = 3  # adjoints that stand in the frame, where they do not recur


def results(part: Part) -> Iterator[Block]:
    """Yield the gradients or the closed forms that were asked for, the recursions of the adjoints that they hold, the
    answers of the subjects, and the remarks of the teacher."""
    derived = part.derived
    answers = [b for name, found in part.found.items() for b in topic(name).answers(found, part.context(name))]
    forms = closed_forms(part) if not derived.derivation.wanted and part.detail != "full" else []
    if not (derived.derivation.wanted or answers or forms or part.notes):
        return
    yield Heading(say.RESULTS)
    if forms:
        yield Equations(tuple(forms), boxed=True)
    boxes = [list(box(part, derived.regions(name))) for name in _asked(derived)]
    if part.detail == "brief" and sum(map(len, boxes)) > FRAME:
        boxes = [own[-1:] for own in boxes]  # as a whole, where elements and the whole are too many
    framed = [b for b in answers if isinstance(b, Equations) and b.boxed]
    yield from _framed([*framed, *(b for own in boxes for b in own), *_adjoints(part)])
    yield from _found_below(part)
    yield from map(Paragraph, unreachable(derived.derivation))
    yield from (b for b in answers if b not in framed)
    yield from (Paragraph(note, say.CONCLUDE_TOO if n else say.CONCLUDE) for n, note in enumerate(part.notes))


def _asked(derived: Derived) -> dict[str, None]:
    """The families whose gradients are asked for, in the order of their steps."""
    return dict.fromkeys(s.node.name for s in derived.steps if s.node.name in derived.derivation.wanted)


def box(part: Part, same: Sequence[Step]) -> Iterator[Block]:
    """Yield one gradient in its box, by cases where regions differ, and as the subjects write it."""
    if not same:
        return
    step = same[-1]
    if stands_in_results(step, part):
        yield Equations((Row(step.target, step.lines[-1].terms),), boxed=True)
    else:
        target = Partial(part.derived.loss, step.node.generic)
        yield Equations((Row(target, part.derived.form(step.node.name)),), boxed=True)
    for name, found in part.found.items():
        yield from topic(name).boxed(found, same)


def stands_in_results(step: Step, part: Part) -> bool:
    """Is the last line of a step the gradient as the results have it?"""
    same = part.derived.regions(step.node.name)
    wanted = step.node.name in part.derived.derivation.wanted
    return wanted and len(same) == 1 and fill([step.region], extent(step.node))


def _framed(found: Sequence[Block]) -> Iterator[Block]:
    """Put the rows of several boxes into frames of a height that fits on a page; leave other blocks as they are."""
    rows = [row for b in found if isinstance(b, Equations) and b.boxed for row in b.rows]
    again = [n for n, (one, other) in enumerate(pairwise(rows), 1) if one.left == other.left]
    rows = [row._replace(left=None) if n in again else row for n, row in enumerate(rows)]
    yield from (Equations(tuple(rows[n : n + FRAME]), boxed=True) for n in range(0, len(rows), FRAME))
    yield from (b for b in found if not (isinstance(b, Equations) and b.boxed))


def _adjoints(part: Part) -> Iterator[Block]:
    """Yield the last lines of the adjoints that the gradients need, in the order in which they are computed: a few in
    the frame; where no derivation follows that has them, all of them."""
    needed = _needed(part.derived)
    steps = [s for s in part.derived.steps if s.node.name in needed and not s.node.is_leaf and not s.given]
    recurring = {name for stage in part.derived.derivation.stages if stage.time for name in stage.families}
    if part.detail == "brief" and len(steps) <= BESIDE and not needed & recurring:
        yield Equations(tuple(_plain(part, s) or Row(s.target, s.lines[-1].terms) for s in steps), boxed=True)
    elif steps and part.detail == "answer":
        yield Paragraph(say.WITH_ADJOINTS)
        yield Equations(tuple(Row(s.target, s.lines[-1].terms, where(s)) for s in steps), listed=True)


def _found_below(part: Part) -> Iterator[Block]:
    """Say in which steps the adjoints are found that the gradients hold and that have no place in the frame."""
    if part.detail != "brief" or list(_adjoints(part)):
        return
    wanted = part.derived.derivation.wanted
    lasts = [s.lines[-1] for s in part.derived.steps if s.node.name in wanted]
    held = {name_of(p.wrt) for line in lasts for t in line.terms for f in t.factors for p in f.atoms(Partial)}
    found: dict[str, list[int]] = {}
    for each in (
        part,
        *([part.base] if part.base is not None else []),
    ):  # of a step that stands above, its number there
        own = [(s.node.name, g.number) for g in groups(each) for s in (g.first, *g.others) if not s.given]
        own = [(name, n) for name, n in own if name in held - found.keys()]
        for name, n in own:
            found.setdefault(name, []).append(n)
    leaves = {name for name in found if part.derived.model.nodes[name].is_leaf}
    numbers = in_short(sorted({n for name in found.keys() - leaves for n in found[name]}))
    if numbers:
        one = len(numbers) == 1 and isinstance(numbers[0], str)
        yield Paragraph((say.ADJOINTS_BELOW_ONE if one else say.ADJOINTS_BELOW)(numbers=numbers))


def _plain(part: Part, step: Step) -> Row | None:
    """The adjoint as a matrix where that saves its sums, and is made of products and sums that need no explanation."""
    boxes = [b for name, found in part.found.items() for b in topic(name).boxed(found, (step,))]
    rows = [row for b in boxes if isinstance(b, Equations) for row in b.rows] if step.value.has(Sum) else []
    parts = [p for row in rows for p in preorder_traversal(row.right) if isinstance(p, Matrix)]
    return rows[0] if len(rows) == 1 and all(isinstance(p, PLAIN) for p in parts) else None


def _needed(derived: Derived) -> set[str]:
    """The families whose adjoints the gradients hold, and those that these hold in turn."""
    by_name: dict[str, list[Step]] = {}
    for step in derived.steps:
        by_name.setdefault(step.node.name, []).append(step)
    found: set[str] = set()
    todo = [s for name in derived.derivation.wanted for s in by_name.get(name, ())]
    while todo:
        step = todo.pop()
        used = {p.wrt for t in step.lines[-1].terms for f in t.factors for p in f.atoms(Partial)}
        for name in {name_of(q) for q in used} - found:
            found.add(name)
            todo += by_name.get(name, [])
    return found


def where(step: Step) -> Text | None:
    """For which index values a step holds, apart from indices with a single value, which its symbol shows."""
    ranges = [
        span(i, low, high)
        for axis, (i, (low, high)) in enumerate(zip(step.node.indices, step.region.ranges, strict=True))
        if not step.region.is_point(axis)
    ]
    return say.FOR(ranges=Ranges(tuple(ranges))) if ranges else None
