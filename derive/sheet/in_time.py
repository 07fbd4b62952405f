"""A recurrence with a given number of steps, written out: which rows hold at which times, in order of computation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from sympy import Expr, Idx, Symbol

from derive.chain.derivation import Derivation, Step, Term
from derive.expressions.indices import sized, substitute
from derive.model.schedule import Stage
from derive.page.blocks import Row, Unrolled

BRIEF = 6  # up to so many steps are all printed
FIRST, LAST = 3, 2


def shown(times: Sequence[int], detail: str) -> tuple[int | None, ...]:
    """Return all times, or the first and the last few with None between them, where dots are printed."""
    if detail == "full" or len(times) <= BRIEF:
        return tuple(times)
    return (*times[:FIRST], None, *times[-LAST:])


def forward_in_time(d: Derivation, sizes: Mapping[Symbol, int], detail: str) -> Iterator[Unrolled]:
    """Yield the equations of every recurrence at each of its times."""
    for stage in (s for s in d.stages if s.time and not s.inner):
        nodes = [d.model.nodes[name] for name in stage.families]
        index = nodes[0].indices[stage.time[nodes[0].name]]
        rows, ranges = [], []
        for node in nodes:
            own = node.indices[stage.time[node.name]]
            ends = _span(own.lower, own.upper, sizes)
            if ends is None:
                return
            ranges.append(ends)
            rows.append(_in_common_time(Row(node.generic, node.cases[0].expr), own, index))
        yield from _blocks(index, rows, ranges, stage.direction, detail)


def backward_in_time(
    d: Derivation, steps: Sequence[Step], sizes: Mapping[Symbol, int], detail: str
) -> Iterator[Unrolled]:
    """Yield the adjoints of every recurrence at each of its times, in the order of computation: the last ones first."""
    for stage in (s for s in reversed(d.stages) if s.time and not s.inner):
        inside = [s for s in d.as_computed(steps) if s.node.name in stage.time]
        if not inside:
            continue
        index = inside[0].node.indices[stage.time[inside[0].node.name]]
        rows, ranges = [], []
        for step in inside:
            found = _row(step, stage, index, sizes)
            if found is None:
                return
            rows.append(found[0])
            ranges.append(found[1])
        yield from _blocks(index, rows, ranges, -stage.direction, detail)


def _row(step: Step, stage: Stage, index: Idx, sizes: Mapping[Symbol, int]) -> tuple[Row, tuple[int, int]] | None:
    axis = stage.time[step.node.name]
    ends = _span(*step.region.ranges[axis], sizes)
    if ends is None:
        return None
    row = Row(step.target, step.lines[-1].terms)
    return _in_common_time(row, step.node.indices[axis], index), ends


def _span(low: Expr, high: Expr, sizes: Mapping[Symbol, int]) -> tuple[int, int] | None:
    first, last = sized(low, sizes), sized(high, sizes)
    return (int(first), int(last)) if first.is_Integer and last.is_Integer else None


def _in_common_time(row: Row, own: Idx, index: Idx) -> Row:
    """Write the row in `index`, the time index that all rows of the block share."""
    if own == index or row.left is None:
        return row
    by = {own: index}
    right = row.right
    if isinstance(right, tuple):
        right = tuple(Term(tuple(substitute(f, by) for f in t.factors), t.sums) for t in right)
    else:
        right = substitute(right, by)
    return Row(substitute(row.left, by), right, row.reason)


def _blocks(
    index: Idx, rows: Sequence[Row], ranges: Sequence[tuple[int, int]], direction: int, detail: str
) -> Iterator[Unrolled]:
    """Yield one block for each run of times at which the same rows hold."""
    edges = sorted({a for a, _ in ranges} | {b + 1 for _, b in ranges})
    runs = []
    for first, after in pairwise(edges):
        active = tuple(r for r, (a, b) in zip(rows, ranges, strict=True) if a <= first and after - 1 <= b)
        if active:
            runs.append((first, after - 1, active))
    for first, last, active in runs if direction > 0 else reversed(runs):
        times = range(first, last + 1) if direction > 0 else range(last, first - 1, -1)
        yield Unrolled(index, active, shown(times, detail))
