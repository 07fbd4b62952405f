"""From a derivation to its diagram: the families of the model, or their elements at the times that are drawn.

Walks from the loss to what it is computed from, so that of a recurrence only what reaches the loss is drawn. What
cannot reach the loss at all, but is a result by itself, is drawn too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sympy import Expr

from derive.chain.derivation import Derivation
from derive.chain.facts import known
from derive.expressions.indices import substitute
from derive.model.model import Case, Node, Reference
from derive.model.reachability import reach
from derive.page.pictures.backward import Backward, Place
from derive.page.pictures.diagram import Diagram, Edge, Vertex
from derive.page.pictures.times import DOTS, Times


class Walk:
    """The walk from the results of a model to its leaves; `values` writes beside each node what it equals."""

    def __init__(self, derivation: Derivation, clock: Times, values: bool = False):
        self.model, self.times, self.values = derivation.model, clock, values
        self.recurrent = {name: stage.direction for stage in derivation.stages for name in stage.time}
        self.axes = {name: clock.axis(node) for name, node in self.model.nodes.items()}
        self.backward = Backward(derivation, clock, self.axes, () if values else known(self.model))
        self.solved = {name for s in derivation.stages if s.implicit for name in s.families}
        self.uses: dict[Place, list[Place]] = {}

    def diagram(self, clock: Times) -> Diagram:
        """Vertices in the order of definition and of time, and the edges between them, for a choice of columns."""
        self.times, self.uses = clock, {}
        reach(self._results(), self._sources_of)
        steps = [(source, place) for place in (*self.uses, *self._hidden()) for source in self._used(place)]
        needed = frozenset(k for step in steps for k in self.backward.needed(*step))
        position = {name: n for n, name in enumerate(self.model.nodes)}
        places = sorted(self.uses, key=lambda p: (position[p[0]], p[1] is not None, p[1] or 0))
        vertices = tuple(self._vertex(place, needed) for place in places)
        edges = tuple(self._edge(s, t) for t in places for s in self.uses[t])
        return Diagram(vertices, edges, self.model.order, self.model.letters)

    def _results(self) -> Iterator[Place]:
        """The loss, and whatever else nobody uses; of a recurrence without a loss its last states."""
        for node in self.model.nodes.values():
            state = node.name in self.recurrent and not self.model.has_loss
            if state or (not self.model.users(node.name) and (node.kind in ("node", "loss", "parameter"))):
                yield node.name, (self.times.last if self.axes[node.name] is not None else None)

    def _hidden(self) -> Iterator[Place]:
        """What is computed in the steps beside the drawn ones, behind the dots: it needs values that are drawn."""
        if self.times.first is not None and DOTS in self.times.columns:
            times = {self.times.beside_dots(direction) + direction for direction in (1, -1)}
            yield from ((n, t) for n, axis in self.axes.items() if axis is not None for t in sorted(times))

    # what an element is computed from
    def _sources_of(self, place: Place) -> list[Place]:
        """The other places that lead to one, each once; noted in `uses`."""
        self.uses[place] = list(dict.fromkeys(s for s in self._sources(place) if s != place))
        return self.uses[place]

    def _sources(self, place: Place) -> Iterator[Place]:
        """The places of the picture that lead to one; leaves of the steps that are not drawn are left out."""
        for name, time in self._used(place):
            column = time if time is None else self.times.column(time)
            if (column != DOTS or not self.model.nodes[name].is_leaf) and not self._back(place, name):
                yield name, column

    def _back(self, place: Place, source: str) -> bool:
        """Does a fixed point lead back into its own equation? A picture goes forward; its caption says so."""
        return self.model.nodes[source].implicit and place[0] in self.solved

    def _used(self, place: Place) -> Iterator[Place]:
        name, time = place
        node = self.model.nodes[name]
        near = self.times.beside_dots(self.recurrent[name]) if time == DOTS and name in self.recurrent else None
        if near is not None and any(self._cases(node, near)):
            yield name, near
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
        axis = self.axes[use.name]
        if axis is None:
            if time != DOTS:
                yield use.name, None
        elif time == DOTS:
            yield use.name, DOTS
        else:
            at = None if use.position is None else self.times.number(use.position[axis], values)
            yield from ((use.name, t) for t in (self._summed(use, axis, values) if at is None else [at]))

    def _summed(self, use: Reference, axis: int, values: Mapping[Expr, Expr]) -> Iterator[int]:
        letters = [i for i in use.position[axis].free_symbols if hasattr(i, "lower")] if use.position else []
        idx = letters[0] if letters else self.model.nodes[use.name].indices[axis]
        yield from self.times.within(idx, values)

    # how it is drawn
    def _vertex(self, place: Place, needed: frozenset[Place]) -> Vertex:
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
        marked, state = place in needed and kind != "parameter", name in self.recurrent and not start
        return Vertex(key, (element,), kind, marked, name, time, number, start, state)

    def _edge(self, source: Place, target: Place) -> Edge:
        keys = [name if time is None else f"{name}@{time}" for name, time in (source, target)]
        found, carried = self.backward.partial(self._behind(source, target), target), source[0] == target[0]
        if found is not None:
            return Edge(keys[0], keys[1], True, found[:1], found[1:], carried)
        backward = DOTS in (source[1], target[1]) and self.backward.flows(source, target)
        return Edge(keys[0], keys[1], backward, carried=carried)

    def _behind(self, source: Place, target: Place) -> Place:
        """The element behind the dots that a target is computed from, if it is one alone; else the source itself."""
        if source[1] != DOTS or target[1] == DOTS:
            return source
        hidden = {p for p in self._used(target) if p[0] == source[0] and self.times.column(p[1] or 0) == DOTS}
        return hidden.pop() if len(hidden) == 1 else source
