"""The Jacobian of one step of a recurrence, as a sum over paths.

    d a[t] / d b[t-1]  =  sum over the paths from b[t-1] to a[t] within the step, of the product of the local partials

In an LSTM the direct path from c_{t-1} to c_t gives f_t; the other paths go through h_{t-1} and the gates.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from sympy import Add, Expr, Idx, Indexed, Mul

from derive.expressions.indices import limits, name_of
from derive.expressions.matrices import size
from derive.model.model import Model, Node
from derive.model.schedule import Stage
from derive.topics.jacobian.paths import Entry, Path, Walk


class StepJacobian(NamedTuple):
    """The Jacobian of one step, block by block: `entries[a][b]` is d states[a] at `index` / d states[b] at `before`.

    The states are the families that a later step reads. `index` is the time of the step and `before` the time of the
    step that it reads; `lags` says of each state how many steps the recurrence looks back at it.
    """

    stage: Stage
    states: tuple[Node, ...]
    index: Idx
    before: Expr
    entries: tuple[tuple[Entry, ...], ...]
    lags: Mapping[str, int]
    parts: frozenset[str] = frozenset()  # the families of which it reads a block: their norms bound, and no more

    @property
    def lag(self) -> int:
        """The largest number of steps that the recurrence looks back."""
        return max(self.lags.values())

    @property
    def scalar(self) -> bool:
        """True if the state is a single number at each time, so that the Jacobian is a number too."""
        return len(self.states) == 1 and len(self.states[0].indices) == 1

    @property
    def end(self) -> Expr:
        """The time of the last step of the recurrence."""
        last: Expr = self.index.upper if self.stage.direction > 0 else self.index.lower
        return last

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
    """The Jacobian of one step of the recurrence that `stage`, which has a time index, computes."""
    walk = Walk({name: model.nodes[name] for name in stage.families}, stage.time, model.indices)
    lags: dict[str, int] = {}
    for name, lag in _read(model, stage, walk):
        lags[name] = max(lag, lags.get(name, lag))
    states = tuple(n for n in model.nodes.values() if n.name in lags)
    t = states[0].indices[stage.time[states[0].name]]
    entries = tuple(tuple(block(walk, a, b, stage) for b in states) for a in states)
    read = (e for row in entries for entry in row for e in entry.value.atoms(Indexed) if name_of(e) in model.nodes)
    parts = frozenset(name_of(e) for e in read if _is_block(e, model.nodes[name_of(e)]))
    return StepJacobian(stage, states, t, t - stage.direction, entries, lags, parts)


def _is_block(element: Indexed, node: Node) -> bool:
    """Does an index of the element run over a part of its axis, as k of W_{i,k} where W stands beside [h, x]?"""
    pairs = zip(element.indices, node.indices, strict=True)
    return any(isinstance(i, Idx) and limits(i)[1:] != limits(own)[1:] for i, own in pairs)


def _read(model: Model, stage: Stage, walk: Walk) -> Iterator[tuple[str, int]]:
    """Each family that a later step reads, with the number of steps between the two."""
    for name in stage.families:
        node = model.nodes[name]
        for use in model.uses(node.cases[0]):
            if lag := walk.lag(use.position, node, use.name):
                yield use.name, lag


def block(walk: Walk, a: Node, b: Node, stage: Stage) -> Entry:
    """d a[t] / d b[t-1]; the indices of b differ from those of a."""
    before = a.indices[stage.time[a.name]] - stage.direction
    return walk.entry(a, b, walk.other(b, a.indices, {stage.time[b.name]: before}), earlier=True)
