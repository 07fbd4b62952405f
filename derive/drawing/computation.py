"""From a derivation to its diagram: the families of the model, or their elements at the times that are drawn.

Walks from the loss to what it is computed from, so that of a recurrence only what reaches the loss is drawn. What
cannot reach the loss at all, but is a result by itself, is drawn too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sympy import Expr, Symbol

from derive.caching import moved, quantities
from derive.derivation import Adjoint, Derivation, Use
from derive.drawing.diagram import Diagram, Edge, Vertex
from derive.drawing.times import DOTS, Times, times
from derive.equalities import known_local
from derive.facts import Facts, known
from derive.indices import name_of, substitute
from derive.model import Case, Node, Reference
from derive.partials import Immediate, Partial
from derive.paths import is_immediate

Place = tuple[str, int | None]  # a family, and its time


def diagram(derivation: Derivation, sizes: Mapping[Symbol, int], values: bool = False) -> Diagram:
    """The diagram of a model; `values` writes beside each node what it equals."""
    return Walk(derivation, times(derivation, sizes), values).diagram()


class Walk:
    """One walk from the results of a model to its leaves."""

    def __init__(self, derivation: Derivation, clock: Times, values: bool):
        self.derivation, self.model, self.times, self.values = derivation, derivation.model, clock, values
        self.facts: Facts = () if values else known(self.model)
        self.moved = moved(derivation)
        self.recurrent = {name: stage.direction for stage in derivation.stages for name in stage.time}
        self.axes = {name: clock.axis(node) for name, node in self.model.nodes.items()}
        self.uses: dict[Place, list[Place]] = {}

    def diagram(self) -> Diagram:
        """Vertices in the order of definition and of time, and the edges between them."""
        waiting = list(self._results())
        while waiting:
            place = waiting.pop()
            if place not in self.uses:
                self.uses[place] = list(dict.fromkeys(s for s in self._sources(place) if s != place))
                waiting += self.uses[place]
        kept = frozenset(k for t, sources in self.uses.items() for s in sources for k in self._needed(s, t))
        position = {name: n for n, name in enumerate(self.model.nodes)}
        places = sorted(self.uses, key=lambda p: (position[p[0]], p[1] is not None, p[1] or 0))
        vertices = tuple(self._vertex(place, kept) for place in places)
        edges = tuple(self._edge(s, t) for t in places for s in self.uses[t])
        return Diagram(vertices, edges, self.model.order)

    def _results(self) -> Iterator[Place]:
        """The loss, and whatever else nobody uses; of a recurrence without a loss its last states."""
        for node in self.model.nodes.values():
            state = node.name in self.recurrent and not self.model.has_loss
            if state or (not self.model.users(node.name) and (node.kind in ("node", "loss", "parameter"))):
                yield node.name, (self.times.last if self.axes[node.name] is not None else None)

    # what an element is computed from
    def _sources(self, place: Place) -> Iterator[Place]:
        name, time = place
        node = self.model.nodes[name]
        if time == DOTS and name in self.recurrent:
            yield name, self.times.columns[self.times.columns.index(DOTS) - self.recurrent[name]]
            return
        for case, values in self._cases(node, time):
            for use in self.model.uses(case):
                yield from self._elements(use, values, time)

    def _cases(self, node: Node, time: int | None) -> Iterator[tuple[Case, Mapping[Expr, Expr]]]:
        """The definitions that hold for an element, and the value of the letter of time in them."""
        axis = self.axes[node.name]
        for case in node.cases:
            if axis is None or time is None or time == DOTS:
                yield case, {}
                continue
            own = case.position[axis]
            if own == node.indices[axis] and self._within(own, time):
                yield case, {own: self.times.written(time)}
            elif self.times.number(own, {}) == time:
                yield case, {}

    def _within(self, idx: Expr, time: int) -> bool:
        """Does the definition for every value of a letter hold at this time? Beyond its ends there are only starts."""
        low, high = self.times.number(idx.lower, {}), self.times.number(idx.upper, {})
        return (low is None or low <= time) and (high is None or time <= high)

    def _elements(self, use: Reference, values: Mapping[Expr, Expr], time: int | None) -> Iterator[Place]:
        axis, leaf = self.axes[use.name], self.model.nodes[use.name].is_leaf
        if axis is None:
            if time != DOTS:
                yield use.name, None
        elif time == DOTS:
            if not leaf:
                yield use.name, DOTS
        else:
            at = None if use.position is None else self.times.number(use.position[axis], values)
            columns = self._summed(use, axis, values) if at is None else [self.times.column(at)]
            yield from ((use.name, c) for c in columns if not (leaf and c == DOTS))

    def _summed(self, use: Reference, axis: int, values: Mapping[Expr, Expr]) -> Iterator[int]:
        letters = [i for i in use.position[axis].free_symbols if hasattr(i, "lower")] if use.position else []
        idx = letters[0] if letters else self.model.nodes[use.name].indices[axis]
        yield from self.times.within(idx, values)

    # what flows back
    def _backward(self, source: Place, target: Place) -> bool:
        return source[0] in self.moved and target[0] in self.derivation.reaching

    def _use(self, source: Place, target: Place) -> tuple[Adjoint, Use, Mapping[Expr, Expr]] | None:
        """The contribution that flows along an edge, and what its letters of time stand for."""
        adjoint = self.derivation.adjoints.get(source[0])
        for use in adjoint.uses if adjoint is not None else ():
            values = self._letters(use, source, target) if use.user.name == target[0] else None
            if adjoint is not None and values is not None:
                return adjoint, use, values
        return None

    def _letters(self, use: Use, source: Place, target: Place) -> Mapping[Expr, Expr] | None:
        node, values = self.model.nodes[source[0]], {}
        own, axis = self.axes[source[0]], self.axes[target[0]]
        if own is not None and source[1] is not None:
            values[node.indices[own]] = self.times.written(source[1])
            low, high = (self.times.number(e, {}) for e in use.domain[own])
            if low is None or high is None or not low <= source[1] <= high:
                return None
        if axis is not None and target[1] is not None:
            at = use.contraction.at[axis]
            time = self.times.number(at, values)
            if time is None and at in [b[0] for b in use.outer]:
                values[at] = self.times.written(target[1])
            elif time != target[1]:
                return None
        return values

    def _needed(self, source: Place, target: Place) -> Iterator[Place]:
        """The elements whose values occur in the local partial of an edge."""
        found = self._use(source, target) if self._backward(source, target) and DOTS not in (*source, *target) else None
        if found is None:
            return
        adjoint, use, values = found
        local = substitute(known_local(use, adjoint.uses, self.facts)[0], values)
        for atom in quantities(local):
            name = name_of(atom)
            axis = self.axes.get(name)
            if name in self.axes and axis is None:
                yield name, None
            elif axis is not None and (time := self.times.number(atom.indices[axis], {})) is not None:
                yield name, self.times.column(time)

    # how it is drawn
    def _vertex(self, place: Place, kept: frozenset[Place]) -> Vertex:
        name, time = place
        node, axis = self.model.nodes[name], self.axes[name]
        key = name if time is None else f"{name}@{time}"
        if time == DOTS:
            return Vertex(key, (), "dots", row=name, column=DOTS)
        values = {node.indices[axis]: self.times.written(time)} if axis is not None and time is not None else {}
        element = substitute(node.generic, values)
        start = self.times.first is not None and time is not None and time < self.times.first
        number = next((c.expr for c, _ in self._cases(node, time) if start and c.expr.is_number), None)
        if self.values and not node.is_leaf and not start:
            number = next((substitute(c.expr, v) for c, v in self._cases(node, time)), None)
        kind = "constant" if start and not node.is_leaf else node.kind
        marked, state = place in kept and kind != "parameter", name in self.recurrent and not start
        return Vertex(key, (element,), kind, marked, name, time, number, start, state)

    def _edge(self, source: Place, target: Place) -> Edge:
        keys = [name if time is None else f"{name}@{time}" for name, time in (source, target)]
        if not self._backward(source, target):
            return Edge(keys[0], keys[1])
        found = self._use(source, target) if DOTS not in (source[1], target[1]) else None
        if found is None:
            return Edge(keys[0], keys[1], DOTS in (source[1], target[1]))
        adjoint, use, values = found
        local = substitute(known_local(use, adjoint.uses, self.facts)[0], values)
        immediate = is_immediate(self.model, adjoint.node, use, adjoint.uses)
        user = self.derivation.loss if use.direct else use.target
        symbol = substitute((Immediate if immediate else Partial)(user, adjoint.node.generic), values)
        return Edge(keys[0], keys[1], True, (local,), (symbol,))
