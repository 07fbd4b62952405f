"""The leaves that the steps of a recurrence read: the same ones at every step, or others at each.

At a fixed point every step has the same Jacobian, which needs the same weights at every step; and a gradient is a sum
of contributions of all steps only if it is that of a weight that all steps share.
"""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Idx

from derive.model.model import Model, Node
from derive.topics.stability.step_jacobian import StepJacobian


def own(model: Model, jacobian: StepJacobian) -> bool:
    """True if a step has parameters or constants of its own, such as W[l, i, j] in layer l."""
    return any(moves and leaf.kind != "input" for leaf, moves in _read(model, jacobian))


def shared(model: Model, jacobian: StepJacobian) -> bool:
    """True if a gradient is asked for of a leaf that is read at every step."""
    return any((leaf.wanted or leaf.kind == "parameter") and not moves for leaf, moves in _read(model, jacobian))


def _read(model: Model, jacobian: StepJacobian) -> Iterator[tuple[Node, bool]]:
    """The leaves that a step reads, and whether it reads others than the step before."""
    stage, seen = jacobian.stage, set(jacobian.stage.families)
    waiting = [(model.nodes[name], model.nodes[name].indices[stage.time[name]]) for name in stage.families]
    while waiting:
        node, time = waiting.pop()
        for used, moves in _uses(model, node, time):
            if used.is_leaf:
                yield used, moves is not None
            elif used.name not in seen:
                seen.add(used.name)
                waiting.append((used, moves))


def _uses(model: Model, node: Node, time: Idx | None) -> Iterator[tuple[Node, Idx | None]]:
    """What a node is computed from at the time `time`, and which index of that moves with it."""
    for use in model.uses(node.cases[0]):
        places = enumerate(use.position or ())
        used = model.nodes[use.name]
        yield used, next((used.indices[n] for n, i in places if time is not None and i.has(time)), None)
