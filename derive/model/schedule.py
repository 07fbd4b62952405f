"""In which order the families can be computed: stages, each a family by itself or a recurrence through its indices.

Families that refer to each other form a strongly connected component. It is a recurrence if everything that they read
of each other comes earlier in the order of one loop, or of several, one inside the other: h_t uses h_{t-1}, or all h_s
with s < t, never h_t itself; h_{l,t} uses h_{l-1,t} and h_{l,t-1}. Anything else is a cycle, and refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from sympy import Expr, Idx, Indexed, Integer, Tuple

from derive.errors import ModelError
from derive.expressions.indices import apart, linear, name_of
from derive.expressions.intervals import at_least, image
from derive.expressions.matrix_functions import OfMatrix
from derive.memo import memo
from derive.model.model import Model, Node
from derive.model.positions import Around, choices, own_ranges, walked


class Loop(NamedTuple):
    """One loop of a recurrence: the axis that it steps through, per family; +1 for rising values, -1 for falling."""

    axes: dict[str, int]
    direction: int


class Stage(NamedTuple):
    """Families computed together, in order. `time` is the axis that a recurrence steps through, per family.

    `direction` is +1 where values are computed in rising time, -1 in falling; empty `time` means no recurrence.
    Families that are `implicit` are computed again and again, in order, until they stay the same: a fixed point.
    `inner` are the loops inside of that over time, and `reads_whole` says that a step reads more of the recurrence
    than steps at fixed distances.
    """

    families: tuple[str, ...]
    time: dict[str, int]
    direction: int = 0
    implicit: bool = False
    inner: tuple[Loop, ...] = ()
    reads_whole: bool = False

    @property
    def loops(self) -> tuple[Loop, ...]:
        """All loops of a recurrence, the outermost first."""
        return (Loop(self.time, self.direction), *self.inner) if self.time else ()

    @property
    def stepwise(self) -> bool:
        """Does one loop do, in which every step reads single steps at fixed distances?"""
        return bool(self.time) and not self.inner and not self.reads_whole

    def axes(self, name: str) -> tuple[int, ...]:
        """The axes of a family that loops step through, that of the outermost loop first."""
        return tuple(loop.axes[name] for loop in self.loops)


class Link(NamedTuple):
    """A family reads an element of another one: where, and the ranges of the indices there."""

    user: Node
    used: str
    position: tuple[Expr, ...]
    around: Around


@memo
def stages(model: Model) -> tuple[Stage, ...]:
    """The stages of the model, each before those that use it. Errors: ModelError for a cycle that is no recurrence."""
    uses = {name: set(model.used(name)) for name in model.nodes}
    return tuple(_stage(model, group, uses) for group in components(uses))


@memo
def stage_of(model: Model) -> Mapping[str, Stage]:
    """The stage of each family."""
    return {name: stage for stage in stages(model) for name in stage.families}


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
    if any(model.nodes[name].implicit for name in group):
        return _fixed_point(model, group, uses)
    links = [link for name in group for link in _links(model.nodes[name], group)]
    found = _loops(model, group, links, links, ()) if all(model.nodes[name].indices for name in group) else None
    if found is None:
        raise ModelError(_no_recurrence(group, links))
    order, loops = found
    (outer, *inner) = loops
    whole = any(_step(link, a.axes[link.user.name], a.axes[link.used]) is None for link in links for a in loops)
    return Stage(order, outer.axes, outer.direction, False, tuple(inner), whole)


def _fixed_point(model: Model, group: list[str], uses: dict[str, set[str]]) -> Stage:
    """The stage of a fixed point and the parts of its definition that have names: these first, in their order.

    Errors: ModelError for a state with a start value among them.
    """
    solved = {name for name in group if model.nodes[name].implicit}
    for name in (n for n in group if len(model.nodes[n].cases) > 1):
        raise ModelError(
            f"{name} has a start value and is computed from the fixed point {min(solved)}, which is computed from it; "
            f"let {min(solved)} read its own past, and its start under a condition, as in g.fixed_point('z', lambda z: "
            "Piecewise((z[t - 1], t > 1), (start, True)) + tanh(z[t])/2, over=t)"
        )
    inside = {name: (uses[name] & set(group)) - solved for name in group}
    order = [part[0] for part in components(inside) if len(part) == 1 and part[0] not in inside[part[0]]]
    if len(order) != len(group):
        raise ModelError(_no_recurrence(group, [k for n in group for k in _links(model.nodes[n], group)]))
    return Stage(tuple(order), {}, 0, True)


def _links(node: Node, group: Sequence[str]) -> Iterator[Link]:
    """What the law of a family reads of the group."""
    law = node.cases[0].expr
    if isinstance(law, OfMatrix) and name_of(law.matrix) in group:
        yield Link(node, name_of(law.matrix), law.read, own_ranges(Tuple(*law.read)))
    law = apart(law, node.indices)
    for use, around in walked(law, own_ranges(law)):
        if isinstance(use, Indexed) and name_of(use) in group:
            yield Link(node, name_of(use), tuple(use.indices), around)


def _no_recurrence(group: list[str], links: Sequence[Link]) -> str:
    """Why families that refer to each other cannot be computed in the order of their indices, and what to do."""
    cycle = " -> ".join([*group, group[0]])
    moved = {f"{link.used}[{', '.join(map(str, link.position))}]": link for link in links if _moves(link)}
    what = f"the cycle {cycle} is not a recurrence: no index steps through it in one direction"
    shifted = any(not isinstance(p, Idx) for link in moved.values() for p in link.position)
    if len(group) == 1 and not shifted and not _ends_move(links):  # as in z_i = f(sum_j W_ij z_j)
        return f"{what}; say g.fixed_point('{group[0]}', ...) if {group[0]} is the fixed point of its definition"
    if not moved:
        return what
    bound = any({*link.position} & ({*link.around} - {*link.user.indices}) for link in moved.values())
    advice = "give one of these indices a number and write a family of its own for each of its values, as h1, h2"
    advice = "let it read earlier elements only, as a sum over h[s] with s = 1..t - 1 does" if bound else advice
    return f"{what}, nor do loops inside each other; it reads {', '.join(sorted(moved))}: {advice}"


def _ends_move(links: Sequence[Link]) -> bool:
    """Does a sum over elements end at an index, as that over all s up to t?"""
    return any(e.atoms(Idx) for k in links for i, ends in k.around.items() if i not in k.user.indices for e in ends)


def _moves(link: Link) -> bool:
    """Is an element read at another place than the family's own?"""
    return link.position != link.user.indices


Order = tuple[tuple[str, ...], tuple[Loop, ...]]


def _loops(
    model: Model, group: list[str], links: Sequence[Link], left: Sequence[Link], outer: tuple[Loop, ...]
) -> Order | None:
    """The fewest loops in whose order all is earlier that is read, and the order of the families in each step.

    `left` are the reads that the loops `outer` do not put in order yet.
    """
    now = {n: {link.used for link in left if link.user.name == n} for n in group}
    order = tuple(part[0] for part in components(now) if len(part) == 1 and part[0] not in now[part[0]])
    if outer and len(order) == len(group) and not _uncovered(model, group, outer):
        return order, outer
    found: list[Order] = []
    for axis in range(len(model.nodes[group[0]].indices)):
        axes = _axes(group, links, axis)
        if axes is None or any(loop.axes[n] == a for loop in outer for n, a in axes.items()):
            continue
        for direction in (1, -1):
            spans = [_span(link, axes[link.user.name], axes[link.used], direction) for link in left]
            rest = [link for link, latest in zip(left, spans, strict=True) if latest == 0]
            ready = len(order) == len(group)
            if None not in spans and (ready or len(rest) < len(left)):
                inner = _loops(model, group, links, rest, (*outer, Loop(axes, direction)))
                found += [inner] if inner else []
                if inner and len(inner[1]) == len(outer) + 1:
                    return inner
    return min(found, key=lambda order: len(order[1]), default=None)


def _uncovered(model: Model, group: Sequence[str], loops: Sequence[Loop]) -> bool:
    """Does a start value stand along an axis through which no loop steps?"""
    return any(
        not isinstance(place, Idx) and all(loop.axes[name] != axis for loop in loops)
        for name in group
        for case in model.nodes[name].cases[1:]
        for axis, place in enumerate(case.position)
    )


def _axes(group: list[str], links: Sequence[Link], axis: int) -> dict[str, int] | None:
    """Follow the first family's index through the references of the group: which axis of each family it is."""
    axes, waiting = {group[0]: axis}, [group[0]]
    while waiting:
        name = waiting.pop()
        for link in (k for k in links if k.user.name == name and k.used not in axes):
            hits = [a for a in range(len(link.position)) if _related(link, axes[name], a)]
            if hits:
                axes[link.used] = hits[0]
                waiting.append(link.used)
    return axes if len(axes) == len(group) else None


def _related(link: Link, axis: int, other: int) -> bool:
    return any(_span(link, axis, other, direction) is not None for direction in (1, -1))


def _step(link: Link, axis: int, other: int) -> int | None:
    """k where the place is the user's own index plus the whole number k."""
    form = linear(link.position[other], link.user.indices[axis])
    return int(form[1]) if form and form[0] == 1 and form[1].is_Integer else None


def _span(link: Link, axis: int, other: int, direction: int) -> int | None:
    """-1 where the element read is surely earlier in a loop, 0 where it is not later; None where it may be later."""
    step = _step(link, axis, other)
    if step is not None:
        return None if step * direction > 0 else max(-1, step * direction)
    own = link.user.indices[axis]
    gap = direction * (link.position[other] - own)
    for around in choices(link.around):
        bound = {i: ends for i, ends in around.items() if i not in link.user.indices}
        for ranges in (bound, {own: around.get(own, (own.lower, own.upper))}, around):
            latest = image(gap, ranges)[1]
            if at_least(Integer(-1), latest):
                return -1
            if at_least(Integer(0), latest):
                return 0
    return None
