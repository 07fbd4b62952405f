"""The two passes over numbers: values forward, derived adjoints backward, stage by stage, on any backend.

Both follow the same stages; a recurrence is stepped through the indices of its loops, everything else is one array
operation.
The backward pass evaluates the contributions of the derivation, so it is right only if the derivation is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial, reduce
from itertools import product
from operator import add, mul
from typing import NamedTuple

from sympy import Expr, Idx, Integer, Symbol

from derive.chain.derivation import Adjoint, Derivation, Use
from derive.chain.partials import surrogate
from derive.chain.rule import extent
from derive.evaluate.at_zero import slopes_of_norms
from derive.evaluate.backend import Array, Backend
from derive.evaluate.fixed_points import longer, settled
from derive.evaluate.index_values import number
from derive.evaluate.kernels import Kernel, Kernels
from derive.evaluate.store import Store, key
from derive.expressions.indices import name_of, substitute
from derive.expressions.intervals import Interval, inside
from derive.model.model import Model, Node
from derive.model.schedule import Loop, Stage
from derive.model.sizes import require

Range = tuple[Idx, int, int]
Change = Callable[[Expr], Expr]


def unchanged(expr: Expr) -> Expr:
    """Return the expression itself."""
    return expr


class Recurrence(NamedTuple):
    """The compiled definition of a state: its loops with the times for which it holds, and its other indices."""

    name: str
    times: list[Range]
    kernel: Kernel
    own: list[Range]

    def step(self, store: Store, *t: int) -> None:
        """Compute the time t, one number for each loop, unless the definition does not hold there."""
        if all(first <= at <= last for at, (_, first, last) in zip(t, self.times, strict=True)):
            fixed = {idx: at for at, (idx, _, _) in zip(t, self.times, strict=True)}
            store.put_slice(self.name, key(t), self.kernel(store, self.own, fixed))


class Recursion(NamedTuple):
    """The compiled recursion of an adjoint: its uses, each with the times at which it contributes."""

    name: str
    times: list[Idx]
    extents: list[tuple[int, int]]
    own: list[Range]
    uses: list[tuple[Kernel, list[tuple[int, int]]]]

    def step(self, store: Store, t: tuple[int, ...], backend: Backend) -> None:
        """Compute the adjoint at the time t, one number for each loop: 0 where nothing contributes."""
        fixed = dict(zip(self.times, t, strict=True))
        parts = [run(store, self.own, fixed) for run, spans in self.uses if _lies(t, spans)]
        total = reduce(add, parts or [backend.zeros((*(b - a + 1 for _, a, b in self.own), 1))])
        if _lies(t, self.extents):
            store.put_slice(f"adjoint {self.name}", key(t), total)


def _lies(t: tuple[int, ...], spans: Iterable[tuple[int, int]]) -> bool:
    return all(first <= at <= last for at, (first, last) in zip(t, spans, strict=True))


def times(loops: Sequence[tuple[tuple[int, int], int]]) -> Iterator[tuple[int, ...]]:
    """Yield the times of loops inside each other in their order; each has a first and a last value and a direction."""
    return product(*(range(a, b + 1) if step > 0 else range(b, a - 1, -1) for (a, b), step in loops))


class Passes:
    """Forward and backward evaluation of one derivation for given sizes.

    Errors: ModelError for sizes at which the model does not exist.
    """

    def __init__(self, derivation: Derivation, sizes: Mapping[Symbol, int], backend: Backend):
        self.derivation, self.model, self.backend = derivation, derivation.model, backend
        require(self.model, sizes)
        self.sizes = {s: Integer(n) for s, n in sizes.items()}
        self._numbers: dict[Expr, int] = {}
        self.values = Kernels(backend, self.sizes, derivation.loss)
        at_zero = partial(slopes_of_norms, nodes=derivation.model.nodes)
        self.partials = Kernels(backend, self.sizes, derivation.loss, strict=False, read=at_zero)
        self.stage_of = {name: stage for stage in derivation.stages for name in stage.families}

    # ranges
    def number(self, expr: Expr) -> int:
        """Return a bound of an index as a number."""
        found = self._numbers.get(expr)
        if found is None:
            found = self._numbers[expr] = number(expr, self.sizes)
        return found

    def ranges(self, node: Node) -> list[tuple[int, int]]:
        """Return the first and last index value of each axis, start values included."""
        found = []
        for axis, idx in enumerate(node.indices):
            starts = [self.number(c.position[axis]) for c in node.cases if not isinstance(c.position[axis], Idx)]
            found.append((min([self.number(idx.lower), *starts]), max([self.number(idx.upper), *starts])))
        return found

    def extent(self, node: Node) -> list[tuple[int, int]]:
        """Return the same for the adjoint, with start values only if they are computed from something."""
        return [(self.number(a), self.number(b)) for a, b in extent(node)]

    def shape(self, node: Node) -> tuple[int, ...]:
        """Return how many elements a family has along each axis, start values included."""
        return tuple(b - a + 1 for a, b in self.ranges(node))

    def over(self, indices: Iterable[Idx]) -> list[Range]:
        """Return indices with their declared ranges."""
        return [(i, self.number(i.lower), self.number(i.upper)) for i in indices]

    def own(self, node: Node, without: Iterable[int] = ()) -> list[Range]:
        """Return the node's own indices with their declared ranges, but for the axes left out."""
        return self.over(i for a, i in enumerate(node.indices) if a not in set(without))

    # forward
    def forward(self, store: Store) -> None:
        """Compute every node from the leaves (and the partials of abstract functions) that the store holds."""
        for stage in self.derivation.stages:
            self.compute(stage, store)

    def compute(self, stage: Stage, store: Store) -> None:
        """Compute one stage from those before it."""
        if stage.time:
            self._recur(stage, store)
        elif stage.implicit:
            self._settle(stage, store)
        elif not self.model.nodes[stage.families[0]].is_leaf:
            self._family(self.model.nodes[stage.families[0]], store)

    def _family(self, node: Node, store: Store) -> None:
        expr = surrogate(node, self.model.nodes) if node.abstract is not None else node.cases[0].expr
        own = self.own(node)
        if len(node.cases) == 1:
            store.put(node.name, self.values.evaluate(expr, store, own), [(a, b) for _, a, b in own])
            return
        axes = tuple(a for a in range(len(own)) if any(not isinstance(c.position[a], Idx) for c in node.cases))
        store.open(node.name, self.ranges(node), *axes)
        self.starts(node, axes, store)
        recurrence = self.recurrence(node, *axes)
        for t in product(*(range(first, last + 1) for _, first, last in recurrence.times)):
            recurrence.step(store, *t)

    def starts(self, node: Node, axes: Sequence[int], store: Store) -> None:
        """Put the start values of a family into its slices along some axes."""
        for case in node.cases[1:]:
            stepped = self.over(i for a in axes if isinstance(i := case.position[a], Idx))
            ranges = self.over(i for a, i in enumerate(case.position) if isinstance(i, Idx) and a not in axes)
            for t in product(*(range(first, last + 1) for _, first, last in stepped)):
                fixed = {idx: at for at, (idx, _, _) in zip(t, stepped, strict=True)}
                value = self.values.evaluate(case.expr, store, ranges, fixed)
                at = key(tuple(self.number(substitute(case.position[a], fixed)) for a in axes))
                store.put_slice(node.name, at, value + self.backend.zeros((1,)))

    def _settle(self, stage: Stage, store: Store) -> None:
        """Apply the definitions of a fixed point again and again; where that does not settle, it has no value.

        What autograd watches begins where nothing moves any more: it sees the fixed point, not the way to it.
        """
        nodes = [self.model.nodes[name] for name in stage.families]
        for node in nodes:
            store.put(node.name, self.backend.zeros((*self.shape(node), 1)), self.ranges(node))
        for name in store.slices:
            store.whole(name)  # made one while autograd watches
        with store.unwatched():
            step = partial(self._iterate, nodes, store, {})
            times, still = settled(step, [store.whole(node.name) for node in nodes])
        shifts = {n.name: store.shift(n.name, self.shape(n)) for n in nodes}
        for _ in range(longer(times) if any(shift is not None for shift in shifts.values()) else 0):
            self._iterate(nodes, store, shifts)
        nothing = self.backend.zeros((1,)) + float("nan")
        for node in nodes:
            value = self.backend.choose(still, store.whole(node.name), nothing)
            store.put(node.name, value, self.ranges(node))

    def _iterate(self, nodes: list[Node], store: Store, shifts: Mapping[str, Array]) -> list[Array]:
        """Compute the families of a fixed point once more, each moved by its shift."""
        for node in nodes:
            value = self.values.evaluate(node.cases[0].expr, store, self.own(node))
            shift = shifts.get(node.name)
            store.put(node.name, value if shift is None else value + shift, self.ranges(node))
        return [store.whole(node.name) for node in nodes]

    def _recur(self, stage: Stage, store: Store) -> None:
        nodes = [self.model.nodes[name] for name in stage.families]
        for node in nodes:
            store.open(node.name, self.ranges(node), *stage.axes(node.name))
            self.starts(node, stage.axes(node.name), store)
        recurrences = [self.recurrence(node, *stage.axes(node.name)) for node in nodes]
        for t in times([(self.span(loop), loop.direction) for loop in stage.loops]):
            for recurrence in recurrences:
                recurrence.step(store, *t)

    def recurrence(self, node: Node, *axes: int) -> Recurrence:
        """Compile the definition of one state; `axes` are those that loops step through."""
        own, stepped = self.own(node, axes), self.over(node.indices[a] for a in axes)
        kernel = self.values.kernel(node.cases[0].expr, [r[0] for r in own])
        return Recurrence(node.name, stepped, kernel, own)

    def span(self, loop: Loop) -> tuple[int, int]:
        """Return the first and last time of a loop."""
        indices = [self.model.nodes[n].indices[a] for n, a in loop.axes.items()]
        return min(self.number(i.lower) for i in indices), max(self.number(i.upper) for i in indices)

    # backward
    def backward(self, store: Store, change: Change = unchanged) -> None:
        """Compute every derived adjoint from the values in the store, last stage first; `change` as in `adjoint`."""
        for stage in reversed(self.derivation.stages):
            adjoints = [self.derivation.adjoints[n] for n in reversed(stage.families) if n in self.derivation.adjoints]
            if stage.time and adjoints:
                self._recur_back(stage, adjoints, store, change)
            elif stage.implicit and adjoints:  # none where it does not reach the loss
                self._settle_back(adjoints, store, change)
            else:
                for adjoint in adjoints:
                    name = f"adjoint {adjoint.node.name}"
                    store.put(name, self.adjoint(adjoint, store, change=change), self.extent(adjoint.node))

    def _settle_back(self, adjoints: list[Adjoint], store: Store, change: Change) -> None:
        """Solve the linear equations of the adjoints of a fixed point, in the same way."""
        names = [f"adjoint {a.node.name}" for a in adjoints]
        for name, adjoint in zip(names, adjoints, strict=True):
            spans = self.extent(adjoint.node)
            store.put(name, self.backend.zeros((*(b - a + 1 for a, b in spans), 1)), spans)

        def step() -> list[Array]:
            for name, adjoint in zip(names, adjoints, strict=True):
                store.put(name, self.adjoint(adjoint, store, change=change), self.extent(adjoint.node))
            return [store.whole(name) for name in names]

        settled(step, [store.whole(name) for name in names])

    def adjoint(
        self,
        adjoint: Adjoint,
        store: Store,
        axes: Mapping[Idx, tuple[int, int]] | None = None,
        change: Change = unchanged,
    ) -> Array:
        """Compute all of one adjoint at once, from the values and the users' adjoints in the store.

        `change` makes another expression of each contribution, such as its size.
        """
        spans = self.extent(adjoint.node)
        ranges = [(i, *(axes or {}).get(i, span)) for i, span in zip(adjoint.node.indices, spans, strict=True)]
        whole = [(Integer(a), Integer(b)) for _, a, b in ranges]
        uses = [change(self._masked(u, adjoint.node, whole)) for u in adjoint.uses]
        terms = [self.partials.evaluate(use, store, ranges) for use in uses]
        return reduce(add, terms or [self.backend.zeros((*(b - a + 1 for _, a, b in ranges), 1))])

    def _masked(self, use: Use, node: Node, whole: list[Interval], without: Sequence[int] = ()) -> Expr:
        """Return the contribution, which is zero outside its domain."""
        factors = [use.value(self.derivation.loss)]
        for axis, (idx, domain) in enumerate(zip(node.indices, use.domain, strict=True)):
            numbers = tuple(Integer(self.number(e)) for e in domain)
            if axis not in without and numbers != whole[axis]:
                factors.append(inside(idx, *numbers))
        return reduce(mul, factors)

    def _recur_back(self, stage: Stage, adjoints: list[Adjoint], store: Store, change: Change) -> None:
        """Step the adjoints of a recurrence against its direction."""
        for adjoint in adjoints:
            node = adjoint.node
            store.open(f"adjoint {node.name}", self.extent(node), *stage.axes(node.name))
        plan = [self._recursion(adjoint, stage.axes(adjoint.node.name), change) for adjoint in adjoints]
        for t in times([(self._span_back(loop, adjoints), -loop.direction) for loop in stage.loops]):
            for each in plan:
                each.step(store, t, self.backend)

    def _span_back(self, loop: Loop, adjoints: list[Adjoint]) -> tuple[int, int]:
        """Return the first and last time at which one of the adjoints exists."""
        spans = [self.extent(a.node)[loop.axes[a.node.name]] for a in adjoints]
        return min(a for a, _ in spans), max(b for _, b in spans)

    def _recursion(self, adjoint: Adjoint, axes: Sequence[int], change: Change) -> Recursion:
        """Compile the contributions to one adjoint, each with the first and last times at which it exists."""
        node, extents = adjoint.node, self.extent(adjoint.node)
        whole = [(Integer(a), Integer(b)) for a, b in extents]
        own = [(i, *r) for a, (i, r) in enumerate(zip(node.indices, extents, strict=True)) if a not in axes]
        uses = []
        for use in adjoint.uses:
            kernel = self.partials.kernel(change(self._masked(use, node, whole, axes)), [r[0] for r in own])
            uses.append((kernel, [(self.number(use.domain[a][0]), self.number(use.domain[a][1])) for a in axes]))
        return Recursion(node.name, [node.indices[a] for a in axes], [extents[a] for a in axes], own, uses)


def inputs(model: Model) -> dict[str, Node]:
    """Return all that must be given numbers, by its name in a store: leaves, and partials of abstract functions."""
    return {n.name: n for n in leaves(model)} | dict(cotangents(model))


def leaves(model: Model) -> list[Node]:
    """Return the families that must be given numbers."""
    return [n for n in model.nodes.values() if n.is_leaf]


def cotangents(model: Model) -> list[tuple[str, Node]]:
    """Return the partials of abstract functions, which must be given: name in the store, family of the argument."""
    found = {}
    for node in model.nodes.values():
        for given in node.abstract.args if node.abstract is not None else ():
            name = name_of(given)
            found[f"d{node.name}/d{name}"] = model.nodes[name]
    return list(found.items())
