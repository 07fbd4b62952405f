"""A recurrence that looks back several steps, as one that looks back one step only.

The last L values together are the state, s_t = (h_t, h_{t-1}, ..., h_{t-L+1}). Each earlier value is a family of its
own, a copy: h_lag1[t] = h[t-1], h_lag2[t] = h_lag1[t-1]. Of the linear h_t = A_1 h_{t-1} + A_2 h_{t-2} the Jacobian of
a step is then the companion matrix [[A_1, A_2], [I, 0]]; see F7 in docs/claims.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from sympy import Expr, Idx, Indexed, IndexedBase

from derive.chain.derivation import Derivation
from derive.chain.rule import derive
from derive.expressions.indices import name_of
from derive.model.model import Case, Model, Node, model_of
from derive.model.schedule import Stage


class Copy(NamedTuple):
    """What a copy is: the family, how many steps before, the axis of its time, and the direction of time."""

    of: str
    steps: int
    axis: int
    direction: int


class Unfolded(NamedTuple):
    """A derivation in which a recurrence looks back one step, and what its copies are, by name."""

    derivation: Derivation
    copies: Mapping[str, Copy]

    @property
    def stage(self) -> Stage:
        """The recurrence in this derivation."""
        name = next(iter(self.copies))
        return next(s for s in self.derivation.stages if name in s.families)

    def plain(self, expr: Expr) -> Expr:
        """An expression without copies: an element of a copy is one of the family, some steps before."""
        found = {}
        for e in expr.atoms(Indexed):
            if (copy := self.copies.get(name_of(e))) is not None:
                base = self.derivation.model.nodes[copy.of]
                found[e] = base.at(*_moved(e.indices, copy.axis, -copy.steps * copy.direction))
        plain: Expr = expr.xreplace(found)
        return plain


def unfolded(derivation: Derivation, stage: Stage, lags: Mapping[str, int]) -> Unfolded | None:
    """The same model with copies of what is read more than one step back; `lags` says how far, by family.

    None if a start value of a copy is not one of those that the author gave.
    """
    model, nodes = derivation.model, dict(derivation.model.nodes)
    copies: dict[str, Copy] = {}
    for name in (n for n, lag in lags.items() if lag > 1):
        for steps in range(1, lags[name]):
            copy = Copy(name, steps, stage.time[name], stage.direction)
            node = _copied(model, copy, nodes)
            if node is None:
                return None
            nodes[node.name], copies[node.name] = node, copy
    names = {(c.of, c.steps): name for name, c in copies.items()}
    own = [_reading(nodes[n], stage, names, nodes) if n in stage.families else nodes[n] for n in nodes]
    made = model_of(model.title, tuple(_ordered(own, copies)), model.loss.name, model.sizes, model.indices)
    wanted = [a.node.name for a in derivation.adjoints.values() if a.node.is_leaf]
    return Unfolded(derive(made, wanted), copies)


def _copied(model: Model, copy: Copy, nodes: dict[str, Node]) -> Node | None:
    """The family that holds the values some steps before: its law, and its start."""
    base = model.nodes[copy.of]
    t = base.indices[copy.axis]
    first = (t.lower if copy.direction > 0 else t.upper) - copy.direction
    start = next((c for c in base.cases if c.position[copy.axis] == first - copy.steps * copy.direction), None)
    if start is None:
        return None
    name = next(n for n in _wishes(f"{copy.of}_lag{copy.steps}") if n not in nodes)
    before = base if copy.steps == 1 else next(reversed(nodes.values()))
    law = before.at(*_moved(base.indices, copy.axis, -copy.direction))
    at_start = Case(_moved(start.position, copy.axis, copy.steps * copy.direction), start.expr)
    return Node(name, "node", IndexedBase(name, real=True), base.indices, (Case(base.indices, law), at_start))


def _reading(node: Node, stage: Stage, names: Mapping[tuple[str, int], str], nodes: Mapping[str, Node]) -> Node:
    """A family of the recurrence that reads the copies of one step before, in place of values further back."""
    t, put = node.indices[stage.time[node.name]], dict[Expr, Expr]()
    for e in node.cases[0].expr.atoms(Indexed):
        if name_of(e) in stage.families:
            axis = stage.time[name_of(e)]
            steps = (t - e.indices[axis]) * stage.direction
            if steps > 1:
                copy = nodes[names[name_of(e), int(steps) - 1]]
                put[e] = copy.at(*_moved(e.indices, axis, (steps - 1) * stage.direction))
    law = node.cases[0]._replace(expr=node.cases[0].expr.xreplace(put))
    return node._replace(cases=(law, *node.cases[1:]))


def _ordered(nodes: list[Node], copies: Mapping[str, Copy]) -> Iterator[Node]:
    """Each copy after the family that it is one of."""
    for node in (n for n in nodes if n.name not in copies):
        yield node
        yield from (n for n in nodes if n.name in copies and copies[n.name].of == node.name)


def _moved(position: tuple[Expr, ...] | tuple[Idx, ...], axis: int, steps: Expr | int) -> tuple[Expr, ...]:
    return (*position[:axis], position[axis] + steps, *position[axis + 1 :])


def _wishes(name: str) -> list[str]:
    return [name, *(f"{name}_{n}" for n in range(2, 1000))]
