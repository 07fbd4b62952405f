"""In which order the families can be computed: stages, each a family by itself or a recurrence through one index.

Families that refer to each other form a strongly connected component. It is a recurrence if one index of each steps
through it in a single direction (h_t uses h_{t-1}, never h_t itself); anything else is a cycle, and refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sympy import Expr, Idx

from derive.errors import ModelError
from derive.expressions.indices import linear
from derive.memo import memo
from derive.model.model import Model, Node


class Stage(NamedTuple):
    """Families computed together, in order. `time` is the axis that a recurrence steps through, per family.

    `direction` is +1 where values are computed in rising time, -1 in falling; empty `time` means no recurrence.
    Families that are `implicit` are computed again and again, in order, until they stay the same: a fixed point.
    """

    families: tuple[str, ...]
    time: dict[str, int]
    direction: int = 0
    implicit: bool = False


@memo
def stages(model: Model) -> tuple[Stage, ...]:
    """The stages of the model, each before those that use it. Errors: ModelError for a cycle that is no recurrence."""
    uses = {name: set(model.used(name)) for name in model.nodes}
    return tuple(_stage(model, group, uses) for group in components(uses))


def components(uses: dict[str, set[str]]) -> list[list[str]]:
    """Tarjan's strongly connected components, each after those that it uses; in them the order of definition."""
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []
    position = {name: at for at, name in enumerate(uses)}

    def visit(name: str) -> None:
        number[name] = low[name] = len(number)
        stack.append(name)
        for other in sorted(uses[name], key=position.__getitem__):
            if other not in number:
                visit(other)
                low[name] = min(low[name], low[other])
            elif other in stack:
                low[name] = min(low[name], number[other])
        if low[name] == number[name]:
            at = stack.index(name)
            found.append(sorted(stack[at:], key=position.__getitem__))
            del stack[at:]

    for name in uses:
        if name not in number:
            visit(name)
    return found


def _stage(model: Model, group: list[str], uses: dict[str, set[str]]) -> Stage:
    if len(group) == 1 and group[0] not in uses[group[0]]:
        return Stage((group[0],), {})
    first = model.nodes[group[0]]
    if any(model.nodes[name].implicit for name in group):
        return _fixed_point(model, group, uses)
    for axis in range(len(first.indices)):
        stage = _recurrence(model, group, axis)
        if stage:
            return stage
    raise ModelError(_no_recurrence(model, group))


def _fixed_point(model: Model, group: list[str], uses: dict[str, set[str]]) -> Stage:
    """The stage of a fixed point and the parts of its definition that have names: these first, in their order."""
    solved = {name for name in group if model.nodes[name].implicit}
    inside = {name: (uses[name] & set(group)) - solved for name in group}
    order = [part[0] for part in components(inside) if len(part) == 1 and part[0] not in inside[part[0]]]
    if len(order) != len(group):
        raise ModelError(_no_recurrence(model, group))
    return Stage(tuple(order), {}, 0, True)


def _no_recurrence(model: Model, group: list[str]) -> str:
    """Why families that refer to each other cannot be computed in the order of an index, and what to do."""
    cycle = " -> ".join([*group, group[0]])
    steps = {p for name in group for p in _moved(model, name, group)}
    if len(group) == 1 and all(isinstance(i, Idx) for p in steps for i in getattr(p, "indices", ())):
        steps = set()  # at other elements of the same step, as z_i = f(sum_j W_ij z_j)
    what = f"the cycle {cycle} is not a recurrence: no index steps through it in one direction"
    if not steps:
        advice = f"say g.fixed_point('{group[0]}', ...) if {group[0]} is the fixed point of its definition"
        return f"{what}; {advice}" if len(group) == 1 else what
    advice = "give one of these indices a number and write a family of its own for each of its values"
    return f"{what}; it reads {', '.join(sorted(map(str, steps)))}: {advice}, as h1, h2 for two layers"


def _moved(model: Model, name: str, group: list[str]) -> Iterator[Expr]:
    """The elements of the group that a family reads at other places than its own."""
    node = model.nodes[name]
    for use in model.uses(node.cases[0]):
        if use.name in group and use.position not in (None, node.indices):
            yield model.nodes[use.name].at(*use.position)


def _recurrence(model: Model, group: list[str], axis: int) -> Stage | None:
    """The stage that steps through axis `axis` of the first family, if every reference inside allows it."""
    time = _time_axes(model, group, axis)
    if time is None:
        return None
    shifts: list[tuple[str, str, int]] = []
    for name in group:
        for case in model.nodes[name].cases[:1]:
            for use in model.uses(case):
                if use.name in time:
                    step = _shift(use.position, model.nodes[name], time[name], time[use.name])
                    if step is None:
                        return None
                    shifts.append((name, use.name, step))
    signs = {1 if s > 0 else -1 for _, _, s in shifts if s}
    now = {n: {u for name, u, s in shifts if name == n and s == 0} for n in group}
    order = [part[0] for part in components(now) if len(part) == 1 and part[0] not in now[part[0]]]
    if len(signs) != 1 or len(order) != len(group):
        return None
    return Stage(tuple(order), time, -signs.pop())


def _time_axes(model: Model, group: list[str], axis: int) -> dict[str, int] | None:
    """Follow the first family's index through the references of the group: which axis of each family it is."""
    time, waiting = {group[0]: axis}, [group[0]]
    while waiting:
        name = waiting.pop()
        node = model.nodes[name]
        for use in (u for u in model.uses(node.cases[0]) if u.name in group):
            hits = [a for a in range(len(use.position or ())) if _shift(use.position, node, time[name], a) is not None]
            if not hits:
                return None
            if use.name not in time:
                time[use.name] = hits[0]
                waiting.append(use.name)
    return time if len(time) == len(group) else None


def _shift(position: tuple[Expr, ...] | None, node: Node, axis: int, other: int) -> int | None:
    """k where `position[other]` is the node's time index plus the whole number k."""
    idx = node.indices[axis]
    if position is None or not isinstance(idx, Idx) or idx not in position[other].free_symbols:
        return None
    form = linear(position[other], idx)
    return int(form[1]) if form and form[0] == 1 and form[1].is_Integer else None
