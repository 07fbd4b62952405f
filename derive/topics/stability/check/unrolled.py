"""A recurrence unrolled in time: it runs forward at many points, and torch.autograd gives its adjoints step by step.

Each state that a step reads is made a variable of its own, so that autograd gives its adjoint at every time,
lambda_{t-1} = J_t^T lambda_t. Each parameter is a variable of its own in each step, so that autograd gives what the
step adds to the gradient.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from sympy import Idx, Symbol

from derive.chain.derivation import Derivation
from derive.check.gradients import Array, gradients, jacobian, linked
from derive.check.torch_backend import TorchBackend
from derive.evaluate.passes import Change, Passes, unchanged
from derive.evaluate.store import Store
from derive.model.model import Node
from derive.topics.jacobian.paths import Entry
from derive.topics.stability.step_jacobian import StepJacobian

Numbers = dict[str, Array]  # a leaf, or the start of a state, by name: shape (*sizes, points)


class Unrolled:
    """One recurrence, unrolled in time for given sizes. A state at one time has the shape (*sizes but time, points)."""

    def __init__(self, derivation: Derivation, jacobian: StepJacobian, sizes: Mapping[Symbol, int]):
        self.jacobian, self.stage = jacobian, jacobian.stage
        self.passes = Passes(derivation, sizes, TorchBackend())
        self.nodes = [derivation.model.nodes[name] for name in self.stage.families]
        self.leaves = [n for n in derivation.model.nodes.values() if n.is_leaf]
        self.derivation, at = derivation, derivation.stages.index(self.stage)
        self.earlier, self.later = derivation.stages[:at], derivation.stages[at + 1 :]
        self.recurrences = [self.passes.recurrence(node, self.stage.time[node.name]) for node in self.nodes]
        first, last = self.passes.span(self.stage.loops[0])
        self.times = list(range(first, last + 1))[:: self.stage.direction]

    def shape(self, node: Node) -> tuple[int, ...]:
        """The sizes of a leaf, or of a state without its time."""
        axis = self.stage.time.get(node.name)
        return tuple(b - a + 1 for n, (a, b) in enumerate(self.passes.ranges(node)) if n != axis)

    def store(self, numbers: Numbers) -> Store:
        """A store with the leaves, what is computed of them before the recurrence, and the start of each state.

        The start is that in `numbers`, or else the model's own.
        """
        store = Store(self.passes.backend)
        for leaf in self.leaves:
            store.put(leaf.name, numbers[leaf.name], self.passes.ranges(leaf))
        for stage in self.earlier:
            self.passes.compute(stage, store)
        for node in self.nodes:
            store.open(node.name, self.passes.ranges(node), self.stage.time[node.name])
        for state in self.jacobian.states:
            axis = self.stage.time[state.name]
            self.passes.starts(state, (axis,), store)
            if state.name in numbers:
                store.put_slice(state.name, self.times[0] - self.stage.direction, numbers[state.name])
        return store

    def starts(self, numbers: Numbers, points: int) -> Numbers:
        """The start of each state, as the model gives it, at every point."""
        store, t = self.store(numbers), self.times[0]
        with torch.no_grad():
            return {
                s.name: a.detach() for s, a in zip(self.jacobian.states, self.before(store, t, points), strict=True)
            }

    def before(self, store: Store, t: int, points: int) -> list[Array]:
        """The states that step t reads, made variables of their own."""
        found = []
        for state in self.jacobian.states:
            value = store.slices[state.name][t - self.stage.direction]
            value = linked(value.expand(*self.shape(state), points))
            store.put_slice(state.name, t - self.stage.direction, value)
            found.append(value)
        return found

    def step(self, store: Store, t: int) -> list[Array]:
        """Compute one step; return the states at time t."""
        for recurrence in self.recurrences:
            recurrence.step(store, t)
        return [store.slices[s.name][t] for s in self.jacobian.states]

    def once(self, numbers: Numbers) -> list[Array]:
        """The states after the first step."""
        return self.step(self.store(numbers), self.times[0])

    def adjoints(
        self, numbers: Numbers, final: Sequence[Array], shared: Sequence[str] = ()
    ) -> tuple[list[list[Array]], list[list[Array]]]:
        """The adjoints of the states k = 0, 1, ... steps before the end, from those of the last states, `final`.

        The second list holds what each of these steps adds to the gradient of every `shared` parameter.
        """
        return self.carried(numbers, [final], shared)[0]

    def carried(
        self, numbers: Numbers, finals: Sequence[Sequence[Array]], shared: Sequence[str] = ()
    ) -> list[tuple[list[list[Array]], list[list[Array]]]]:
        """The same for several adjoints of the last states, with one pass forward."""
        store, points, read = self.store(numbers), finals[0][0].shape[-1], []
        for t in self.times:
            own = [linked(numbers[name]) for name in shared]
            for name, value in zip(shared, own, strict=True):
                store.put(name, value, [*zip(store.low[name], store.high[name], strict=True)])
            read.append([*self.before(store, t, points), *own])
            after = self.step(store, t)
        states, found = len(self.jacobian.states), []
        for final in finals:
            seen = iter(gradients(after, [v for values in read for v in values], final))
            steps = [[next(seen) for _ in values] for values in read][::-1]
            found.append(([list(final), *(s[:states] for s in steps)], [s[states:] for s in steps]))
        return found

    def formula(self, entry: Entry, store: Store, t: int, change: Change = unchanged) -> Array:
        """The derived block of the Jacobian at time t, shape (*sizes of `of`, *sizes of `wrt`, points).

        `change` makes another expression of the entry, such as the size of its terms.
        """
        own = [i for e in (entry.of, entry.wrt) for i in e.indices if isinstance(i, Idx) and i != self.jacobian.index]
        ranges = self.passes.over(own)
        with torch.no_grad():
            value: Array = self.passes.partials.evaluate(change(entry.value), store, ranges, {self.jacobian.index: t})
        return value

    def truth(self, store: Store, t: int, points: int) -> list[list[Array]]:
        """The blocks of the Jacobian at time t by autograd, in the shapes of `formula`."""
        before = self.before(store, t, points)
        after = self.step(store, t)
        return [[jacobian(a, b) for b in before] for a in after]
