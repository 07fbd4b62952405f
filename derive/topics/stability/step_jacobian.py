"""The Jacobian of one step of a recurrence, path by path: d c_t / d c_{t-1} = f_t, and what comes through the gates.

d a[t] / d b[t-1]  =  sum over the paths from b[t-1] to a[t] within the step, of the product of the local partials
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sympy import Add, Expr, Idx, Mul

from derive.expressions.matrices import size
from derive.model.model import Model, Node
from derive.model.schedule import Stage
from derive.topics.jacobian.paths import Entry, Path, Walk


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

    @property
    def size(self) -> Expr:
        """How many numbers the states hold at one time: the rows and the columns of the Jacobian as one matrix."""
        time = self.stage.time
        axes = [[i for n, i in enumerate(s.indices) if n != time[s.name]] for s in self.states]
        return Add(*(Mul(*map(size, own)) for own in axes))

    def paths(self) -> Iterator[Path]:
        """The paths of all blocks."""
        return (p for row in self.entries for e in row for p in e.paths)


def step_jacobian(model: Model, stage: Stage) -> StepJacobian:
    """The Jacobian of one step of a recurrence (a stage with a time index)."""
    walk = Walk({name: model.nodes[name] for name in stage.families}, stage.time, model.indices)
    read = list(_read(model, stage, walk))
    states = tuple(n for n in model.nodes.values() if n.name in {name for name, _ in read})
    t = states[0].indices[stage.time[states[0].name]]
    entries = tuple(tuple(block(walk, a, b, stage) for b in states) for a in states)
    return StepJacobian(stage, states, t, t - stage.direction, entries, max(lag for _, lag in read))


def _read(model: Model, stage: Stage, walk: Walk) -> Iterator[tuple[str, int]]:
    """The families that are read one or more steps later, and how many."""
    for name in stage.families:
        node = model.nodes[name]
        for use in model.uses(node.cases[0]):
            if lag := walk.lag(use.position, node, use.name):
                yield use.name, lag


def block(walk: Walk, a: Node, b: Node, stage: Stage) -> Entry:
    """d a[t] / d b[t-1], b with letters of its own."""
    before = a.indices[stage.time[a.name]] - stage.direction
    return walk.entry(a, b, walk.other(b, a.indices, {stage.time[b.name]: before}), earlier=True)
