"""Which lines of a backward pass are needed: an adjoint that no line reads, or not there, is not computed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sympy import Expr, Idx, Indexed, Sum

from derive.chain.derivation import Region, Step, Term
from derive.chain.regions import fill
from derive.chain.rule import extent
from derive.expressions.indices import name_of
from derive.expressions.intervals import Interval, empty, hull, image, meeting
from derive.expressions.symbols import Partial
from derive.model.sizes import LARGE

Box = tuple[Interval, ...]
Read = tuple[Interval | None, ...]  # an axis without ends may be read anywhere
Ranges = tuple[tuple[Idx, Interval], ...]


class Line(NamedTuple):
    """target = terms, or target <- target + terms if it `adds`, for index values in `ranges`, those of loops too.

    `loop` are the families in whose loop the gradient of a leaf is added up.
    """

    target: Expr
    terms: tuple[Term, ...]
    step: Step
    ranges: Ranges
    adds: bool = False
    loop: tuple[str, ...] = ()

    @property
    def box(self) -> Box:
        """The places at which it computes the adjoint of its family."""
        return tuple(ends for _, ends in self.ranges)


def needed(
    lines: Sequence[Line], given: Sequence[Step], letters: Collection[Idx], wanted: Collection[str]
) -> tuple[list[Line], bool]:
    """The lines on which the gradients of `wanted` depend, at the values of `letters` at which they are read; and does
    one of them read an adjoint that is not `given`, and for which there is no line?"""
    kept = [line for line in lines if line.step.node.name in wanted]
    while (more := [x for x in lines if x in kept or _is_read(x, _reads(kept))]) != kept:
        kept = more
    reads = _reads(kept)
    cut = [line if line.step.node.name in wanted else _cut(line, reads[line.step.node.name], letters) for line in kept]
    steps = {**{x.step.node.name: x.step for x in cut}, **{s.node.name: s for s in given}}
    boxes = [(x.step.node.name, x.box) for x in cut] + [(s.node.name, s.region.ranges) for s in given]
    return cut, any(
        name not in steps or _missing(steps[name], read, [box for other, box in boxes if other == name])
        for name, found in _reads(cut).items()
        for read in found
    )


def _is_read(line: Line, reads: Mapping[str, Sequence[Read]]) -> bool:
    return any(not any(map(empty, _common(line.box, read))) for read in reads.get(line.step.node.name, ()))


def _common(box: Box, read: Read) -> Box:
    return tuple(own if ends is None else meeting(own, ends, {}) for own, ends in zip(box, read, strict=True))


def _cut(line: Line, reads: Sequence[Read], letters: Collection[Idx]) -> Line:
    """The line for the values of the loops' indices at which it is read."""
    ranges = []
    for axis, (i, ends) in enumerate(line.ranges):
        at = [read[axis] or ends for read in reads]
        ranges.append((i, meeting(ends, hull(at, ends), {}) if i in letters else ends))
    return line._replace(ranges=tuple(ranges))


def _reads(lines: Sequence[Line]) -> dict[str, list[Read]]:
    """At which places the lines read the adjoints of each family."""
    found: dict[str, list[Read]] = {}
    for line in lines:
        for term in line.terms:
            around = {**dict(line.ranges), **{i: (low, high) for i, low, high in term.sums}}
            for p, ranges in (pair for f in term.factors for pair in _partials(f, around)):
                found.setdefault(name_of(p.wrt), []).append(_place(p, ranges))
    return found


def _partials(expr: Any, around: Mapping[Idx, Interval]) -> Iterator[tuple[Partial, Mapping[Idx, Interval]]]:
    """The adjoints in an expression, each with the ranges of the indices there."""
    if isinstance(expr, Partial):
        yield expr, around
        return
    if isinstance(expr, Sum):
        around = {**around, **{i: (low, high) for i, low, high in expr.limits}}
    for a in expr.args:
        yield from _partials(a, around)


def _place(p: Partial, ranges: Mapping[Idx, Interval]) -> Read:
    """The least box around a place."""
    found = (image(e, ranges) for e in getattr(p.wrt, "indices", ()))
    return tuple(None if any(e.has(Idx, Indexed) for e in ends) else ends for ends in found)


def _missing(step: Step, read: Read, boxes: Sequence[Box]) -> bool:
    """May an adjoint of the family of the step be read outside of all boxes?"""
    whole = _common(extent(step.node), read)
    parts = [tuple(map(_overlap, box, whole)) for box in boxes]
    return not fill([Region(part) for part in parts if not any(map(empty, part))], whole)


def _overlap(one: Interval, other: Interval) -> Interval:
    """The common part, for large sizes."""

    def place(e: Expr) -> Expr:
        return e.subs(dict.fromkeys(e.free_symbols, LARGE))

    return max(one[0], other[0], key=place), min(one[1], other[1], key=place)
