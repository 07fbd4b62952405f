"""The Jacobian of one step of a recurrence, path by path: d c_t / d c_{t-1} = f_t, and what comes through the gates.

    d a[t] / d b[t-1]  =  sum over the paths from b[t-1] to a[t] within the step, of the product of the local partials

The local partials are those of the chain rule (`derive.partials`); a path follows them until it leaves the step.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sympy import Add, Expr, Idx, Integer, KroneckerDelta, Mul

from derive.indices import Limits, fresh, solve, substitute, sum_over
from derive.intervals import covers, image, inside
from derive.model import Model, Node
from derive.partials import Occurrence, occurrences
from derive.schedule import Stage


class Link(NamedTuple):
    """One local partial on a path: the element that is differentiated, and the value of the partial."""

    user: Expr
    node: Node
    value: Expr


class Path(NamedTuple):
    """One way from b[t-1] to a[t]: its local partials, a[t] first, and the sums over indices in between."""

    links: tuple[Link, ...]
    sums: tuple[Limits, ...] = ()
    delta: Expr = Integer(1)  # 1 where the indices agree that must, and are in range

    @property
    def value(self) -> Expr:
        """The product of the local partials."""
        return sum_over(Mul(*(link.value for link in self.links), self.delta), self.sums)

    @property
    def direct(self) -> bool:
        """Straight from the state to the next one, through nothing else."""
        return len(self.links) == 1


class Entry(NamedTuple):
    """One block of the Jacobian: d `of` / d `wrt` and its paths; no path means zero."""

    of: Expr
    wrt: Expr
    paths: tuple[Path, ...]

    @property
    def value(self) -> Expr:
        """The sum over the paths."""
        return Add(*(p.value for p in self.paths))


class StepJacobian(NamedTuple):
    """All blocks of one step. `states` are the families that the next step reads, `index` the time.

    `before` is the time of the previous state; `lag` is the furthest step back that the recurrence looks.
    """

    stage: Stage
    states: tuple[Node, ...]
    index: Idx
    before: Expr
    entries: tuple[tuple[Entry, ...], ...]
    lag: int = 1

    @property
    def scalar(self) -> bool:
        """One number: a single state without indices but time."""
        return len(self.states) == 1 and len(self.states[0].indices) == 1

    def paths(self) -> Iterator[Path]:
        """The paths of all blocks."""
        return (p for row in self.entries for e in row for p in e.paths)


def step_jacobian(model: Model, stage: Stage) -> StepJacobian:
    """The Jacobian of one step of a recurrence (a stage with a time index)."""
    walk = _Walk(model, stage)
    states = walk.states()
    t = states[0].indices[stage.time[states[0].name]]
    before = t - stage.direction
    entries = tuple(tuple(walk.entry(a, b, t, before) for b in states) for a in states)
    return StepJacobian(stage, states, t, before, entries, walk.furthest)


class _Walk:
    """Follows the local partials of one step from a state back to the states of the step before."""

    def __init__(self, model: Model, stage: Stage):
        self.model, self.stage = model, stage
        self.furthest = 1

    def states(self) -> tuple[Node, ...]:
        """The families that are read one or more steps later, in the order of definition."""
        read = set()
        for name in self.stage.families:
            node = self.model.nodes[name]
            for use in self.model.uses(node.cases[0]):
                lag = self._lag(use.position, node, use.name) if use.name in self.stage.time else 0
                if lag:
                    read.add(use.name)
                    self.furthest = max(self.furthest, lag)
        return tuple(n for n in self.model.nodes.values() if n.name in read)

    def entry(self, a: Node, b: Node, t: Idx, before: Expr) -> Entry:
        """d a[t] / d b[t-1], b with letters of its own."""
        own: list[Expr] = []
        for axis, idx in enumerate(b.indices):
            taken = (*a.indices, *(i for i in own if isinstance(i, Idx)))
            other = fresh(idx, taken, self.model.indices) if idx in taken else idx
            own.append(before if axis == self.stage.time[b.name] else other)
        wrt = b.at(*own)
        begin = _Trail((), (), (*a.indices, *(i for i in own if isinstance(i, Idx))))
        paths = self._paths(a, a.indices, begin, b, own)
        return Entry(a.generic, wrt, tuple(sorted(paths, key=lambda p: len(p.links))))

    def _paths(self, node: Node, at: Sequence[Expr], trail: _Trail, b: Node, own: Sequence[Expr]) -> Iterator[Path]:
        """The paths that go on from the element of `node` at a position to b one step before."""
        for name in self.stage.families:
            for use in self._uses(node, name, at, trail.letters):
                link = Link(node.at(*at), node, use.factors[0])
                further = trail.on(link, use.sums)
                if self._lag(use.position, node, name, at) == 0:
                    yield from self._paths(self.model.nodes[name], use.position, further, b, own)
                elif name == b.name:
                    yield further.ended(use.position, own)

    def _uses(self, node: Node, name: str, at: Sequence[Expr], taken: Sequence[Idx]) -> Iterator[Occurrence]:
        """The uses of a family in the law of a node, at an element of it, sums in letters not taken."""
        for use in _merged(occurrences(node.cases[0].expr, name, node.generic)):
            place: dict[Expr, Expr] = dict(zip(node.indices, at, strict=True))
            sums: list[Limits] = []
            for idx, low, high in use.sums:
                letters = (*taken, *(s[0] for s in sums))
                new = fresh(idx, letters, self.model.indices) if idx in letters else idx
                sums.append((new, substitute(low, place), substitute(high, place)))
                place[idx] = new
            position, factors = (tuple(substitute(e, place) for e in part) for part in (use.position, use.factors))
            yield use._replace(position=position, factors=factors, sums=tuple(sums))

    def _lag(self, position: Sequence[Expr] | None, node: Node, name: str, at: Sequence[Expr] | None = None) -> int:
        """How many steps before the node's own time a family is read."""
        now = (node.indices if at is None else at)[self.stage.time[node.name]]
        assert position is not None
        return abs(int(position[self.stage.time[name]] - now))


def _merged(uses: Sequence[Occurrence]) -> Iterator[Occurrence]:
    """Uses of the same element are one, with one factor: their local partials add."""
    groups: dict[object, list[Occurrence]] = {}
    for use in uses:
        groups.setdefault((use.position, use.sums), []).append(use)
    for same in groups.values():
        yield same[0]._replace(factors=(Add(*(Mul(*u.factors) for u in same)),))


class _Trail(NamedTuple):
    """The way so far: its local partials, the open sums, the letters in use."""

    links: tuple[Link, ...]
    sums: tuple[Limits, ...]
    letters: tuple[Idx, ...]

    def on(self, link: Link, sums: tuple[Limits, ...]) -> _Trail:
        """One link further."""
        return _Trail((*self.links, link), (*self.sums, *sums), (*self.letters, *(s[0] for s in sums)))

    def ended(self, position: Sequence[Expr], own: Sequence[Expr]) -> Path:
        """The path, its end at `position` set equal to the state's own element: sums that this decides are gone."""
        known: dict[Expr, Expr] = {}
        delta: Expr = Integer(1)
        for place, target in zip(position, own, strict=True):
            gap = solve(substitute(place, known), target, [s[0] for s in self.sums if s[0] not in known])
            if gap is not None:
                known[gap[0]] = gap[1]
            else:
                delta *= KroneckerDelta(substitute(place, known), target)
        ranges = {i: (i.lower, i.upper) for i in self.letters}
        for idx, low, high in (s for s in self.sums if s[0] in known):
            if not covers((low, high), image(known[idx], ranges)):
                delta *= inside(known[idx], low, high)  # the sum does not reach every element
        links = tuple(Link(substitute(k.user, known), k.node, substitute(k.value, known)) for k in self.links)
        return Path(links, tuple(s for s in self.sums if s[0] not in known), delta)
