"""Loops over time: while one runs, the families that it steps are Python lists of time steps, afterwards one array.

Where several loops run, or a step reads all earlier ones, they are arrays from the start, and filled in place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from sympy import Idx, Max, Min

from derive.code.families import Families
from derive.code.integers import Integers, Loops
from derive.code.trees import Apply, Assign, Branch, Condition, Loop, Name, Statement
from derive.expressions.intervals import Interval, hull


def opened(families: Families, name: str, time: int, kind: str, integers: Integers) -> Statement:
    """Make a stored family a list of time steps; `kind` is "slots", or "fresh slots" where these are added to."""
    stored = families.stored[name]
    families.stored[name] = replace(stored, time=time)
    lengths = integers.shape(without(stored.ranges, time)), integers.length(stored.ranges[time])
    return Assign(stored.tree, Apply(kind, lengths))


def stacked(families: Families, name: str) -> Statement:
    """Make a list of time steps one array again."""
    stored = families.stored[name]
    families.stored[name] = replace(stored, time=None)
    return Assign(stored.tree, Apply("stack", (stored.tree, Name(str(stored.time)))))


def declared(idx: Idx) -> Interval:
    """Return the declared range of an index."""
    return idx.lower, idx.upper


def without(items: Sequence[Interval], axis: int) -> list[Interval]:
    """Return all ranges but that of one axis."""
    return [item for at, item in enumerate(items) if at != axis]


def span(intervals: list[Interval]) -> Interval:
    """Return the range from the first to the last value of all."""
    return hull(intervals, (Min(*(a for a, _ in intervals)), Max(*(b for _, b in intervals))))


def nested(
    variables: Sequence[str], whole: Sequence[Interval], steps: Sequence[int], body: tuple[Statement, ...],
    integers: Integers,
) -> Statement:  # fmt: skip
    """Return loops inside each other, the outermost first."""
    for variable, interval, step in reversed([*zip(variables, whole, steps, strict=True)]):
        body = (loop(variable, interval, step, body, integers),)
    return body[0]


def loop(variable: str, whole: Interval, step: int, body: tuple[Statement, ...], integers: Integers) -> Statement:
    """Return a loop over all values of a range, upwards or downwards."""
    first, last = whole if step > 0 else whole[::-1]
    return Loop(variable, integers.number(first), integers.number(last + step), step, body)


def joined(lines: Iterable[Statement]) -> tuple[Statement, ...]:
    """Return the lines; neighbours with the same condition stand under one."""
    found: list[Statement] = []
    for line in lines:
        last = found[-1] if found else None
        if isinstance(line, Branch) and isinstance(last, Branch) and line.condition == last.condition:
            found[-1] = Branch(line.condition, last.body + line.body)
        else:
            found.append(line)
    return tuple(found)


def within(lines: list[Statement], loops: Loops, whole: Sequence[Interval], integers: Integers) -> Iterator[Statement]:
    """Yield the lines, under a condition if they do not hold for every value of the loops."""
    conditions = []
    for (variable, interval), span_ in zip(loops.values(), whole, strict=True):
        if interval[0] != span_[0]:
            conditions.append(Condition(">=", (Name(variable), integers.number(interval[0]))))
        if interval[1] != span_[1]:
            conditions.append(Condition("<=", (Name(variable), integers.number(interval[1]))))
    condition = conditions[0] if len(conditions) == 1 else Condition("and", tuple(conditions))
    yield from lines if not conditions else [Branch(condition, tuple(lines))]
