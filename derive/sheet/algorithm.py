"""The backward pass through time as an algorithm: what is computed first, at every step, and added up there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sympy import Expr, Idx

from derive.chain.derivation import Step, Term, product
from derive.chain.derived import Derived
from derive.expressions.indices import name_of, sized, substitute
from derive.expressions.intervals import Interval
from derive.expressions.symbols import Partial
from derive.language import Text
from derive.model.schedule import Stage
from derive.model.sizes import LARGE
from derive.page import sentences as say
from derive.page.blocks import Block, Equations, Heading, Paragraph, Row
from derive.page.spans import Ranges, span

TITLE = Text("The backward pass as an algorithm", "反向传播的算法")
FIRST = Text("First:", "首先：")
LOOP = Text("For {t} = {first}, …, {last}, in this order:", "对 {t} 从 {first} 到 {last}，按下列顺序依次计算：")
SUMS = Text(
    "Set {sums} to 0. For {t} = {first}, …, {last}, in this order:",
    "令 {sums} 为 0。对 {t} 从 {first} 到 {last}，按下列顺序依次计算：",
)
AFTER = Text("After the loop:", "循环结束后：")
FEW = 8  # more lines than that are left to the full sheet


class Line(NamedTuple):
    """target = terms, or target <- target + terms if it `adds`, for the times of `during` (None: not in the loop)."""

    target: Expr
    terms: tuple[Term, ...]
    during: Interval | None = None
    adds: bool = False
    beside: tuple[tuple[Idx, Expr, Expr], ...] = ()


class Algorithm(NamedTuple):
    """The lines before, inside and after the loop, which goes through `index` from `first` to `last`."""

    index: Idx
    first: Expr
    last: Expr
    before: tuple[Line, ...]
    inside: tuple[Line, ...]
    after: tuple[Line, ...]


def algorithm(derived: Derived) -> Algorithm | None:
    """Read the algorithm off the steps; None where there is no loop, more than one, or a sum that is partly over it."""
    stages = [s for s in derived.derivation.stages if s.time]
    if len(stages) != 1 or stages[0].inner or not stages[0].stepwise or stages[0].implicit:
        return None
    (stage,) = stages
    steps = derived.derivation.as_computed(derived.steps)
    inside = [s for s in steps if s.node.name in stage.time and not s.given]
    if not inside or any(_at_a_border(s, stage.time[s.node.name]) for s in inside):
        return None
    index = inside[0].node.indices[stage.time[inside[0].node.name]]
    lines = [_at_a_step(s, stage, index) for s in inside]
    before: list[Line] = []
    after: list[Line] = []
    late = set(stage.time)  # what is not known before the loop ends
    for step in (s for s in steps if s.node.name not in stage.time and not s.given):
        added = [_summand(t, stage, index) for t in step.lines[0].terms] if step.node.is_leaf else []
        own = [line for line in added if line is not None]
        if own and len(own) < len(added):
            return None
        if own:
            lines += [line._replace(target=step.target, beside=_beside(step)) for line in own]
        elif late & _read(step.lines[0].terms):  # the last line may hold a closed form in place of the adjoints
            late.add(step.node.name)
            after.append(Line(step.target, tuple(_renamed(t, {}) for t in step.lines[0].terms), beside=_beside(step)))
        else:
            before.append(Line(step.target, step.lines[-1].terms, beside=_beside(step)))
    low, high = _hull([line.during for line in lines if line.during is not None])
    ends = (low, high) if stage.direction < 0 else (high, low)
    return Algorithm(index, *ends, tuple(before), tuple(lines), tuple(after))


def _at_a_border(step: Step, time: int) -> bool:
    """Does a step hold for one value of an index beside time? Such cells take more than a few lines."""
    return any(step.region.is_point(axis) for axis in range(len(step.node.indices)) if axis != time)


def _hull(ranges: Sequence[Interval]) -> Interval:
    """The first and the last time of all the lines, for long sequences."""

    def place(e: Expr) -> Expr:
        return e.subs(dict.fromkeys(e.free_symbols, LARGE))

    return min((a for a, _ in ranges), key=place), max((b for _, b in ranges), key=place)


def _read(terms: Sequence[Term]) -> set[str]:
    """The families whose adjoints stand in a sum."""
    return {name_of(p.wrt) for t in terms for f in t.factors for p in f.atoms(Partial)}


def _at_a_step(step: Step, stage: Stage, index: Idx) -> Line:
    axis = stage.time[step.node.name]
    by = {step.node.indices[axis]: index}
    target, terms = substitute(step.target, by), tuple(_renamed(t, by) for t in step.lines[-1].terms)
    return Line(target, terms, step.region.ranges[axis], beside=_beside(step, axis))


def _beside(step: Step, time: int | None = None) -> tuple[tuple[Idx, Expr, Expr], ...]:
    """The ranges of the other indices of a line."""
    ranges = enumerate(zip(step.node.indices, step.region.ranges, strict=True))
    return tuple((i, low, high) for axis, (i, (low, high)) in ranges if axis != time and not step.region.is_point(axis))


def _summand(term: Term, stage: Stage, index: Idx) -> Line | None:
    """What a sum over the steps of the loop adds at each of them; None if the term is no such sum."""
    for limits in term.sums:
        for p in (p for f in term.factors for p in f.atoms(Partial) if name_of(p.wrt) in stage.time):
            if p.wrt.indices[stage.time[name_of(p.wrt)]] == limits[0]:
                rest = Term(term.factors, tuple(b for b in term.sums if b is not limits))
                return Line(p, (_renamed(rest, {limits[0]: index}),), (limits[1], limits[2]), True)
    return None


def _renamed(term: Term, by: dict[Idx, Idx]) -> Term:
    return product((substitute(f, by) for f in term.factors), term.sums)


def shown(derived: Derived, detail: str = "full") -> Iterator[Block]:
    """Show the algorithm, if there is one; a long one, and one that stands above written out in time, in full only."""
    found = algorithm(derived)
    if found is None or (detail != "full" and (_long(found) or _written_out(found, derived))):
        return
    yield Heading(TITLE, 1)
    if found.before:
        yield Paragraph(FIRST, FIRST)
        yield Equations(tuple(_row(line, found) for line in found.before), listed=True)
    sums = list(dict.fromkeys(line.target for line in found.inside if line.adds))
    say_loop = SUMS if sums else LOOP
    loop = say_loop(sums=sums, t=found.index, first=found.first, last=found.last)
    yield Paragraph(loop, loop)
    yield Equations(tuple(_row(line, found) for line in found.inside), listed=True)
    if found.after:
        yield Paragraph(AFTER, AFTER)
        yield Equations(tuple(_row(line, found) for line in found.after), listed=True)


def _long(found: Algorithm) -> bool:
    return len(found.before + found.inside + found.after) > FEW


def _written_out(found: Algorithm, derived: Derived) -> bool:
    """Does the loop go over a known number of steps?"""
    return all(sized(end, derived.sizes).is_Integer for end in (found.first, found.last))


def _row(line: Line, found: Algorithm) -> Row:
    ranges = [span(*b) for b in line.beside]
    if line.during is not None and set(line.during) != {found.first, found.last}:
        ranges.insert(0, span(found.index, *line.during))
    where = say.FOR(ranges=Ranges(tuple(ranges))) if ranges else None
    if line.adds:
        return Row(line.target, (Term((line.target,)), *line.terms), where, sign="<-")
    return Row(line.target, line.terms, where)
