"""The chain rule, once, for scalars, tensors and time:

    adjoint of u[j]  =  sum over the families c that use u, over their elements:  adjoint of c[i] * d c[i] / d u[j]

One reverse sweep over the stages of the model; within a recurrence the same rule gives the recursion of the adjoint.
Nothing here knows about time steps, matrices or particular functions.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sympy import Basic

from derive.contraction import contract
from derive.derivation import Adjoint, Derivation, Use
from derive.errors import ModelError
from derive.indices import limits
from derive.intervals import Interval, hull
from derive.model import Case, Model, Node
from derive.partials import Given, Immediate, Occurrence, abstract_occurrences, occurrences
from derive.paths import downstream
from derive.schedule import stages


def derive(model: Model, wrt: Iterable[Any] | None = None) -> Derivation:
    """The adjoint of every node that reaches the loss, and of each leaf in `wrt` (the parameters, unless given)."""
    wanted = _wanted(model, wrt)
    reaching = reaches(model)
    adjoints: dict[str, Adjoint] = {}
    order = stages(model)
    for stage in reversed(order):
        for name in reversed(stage.families):
            node = model.nodes[name]
            if name in reaching and node is not model.loss and (not node.is_leaf or name in wanted):
                adjoints[name] = _adjoint(model, node, adjoints, reaching)
    return Derivation(model, order, adjoints, wanted, reaching)


def reaches(model: Model) -> frozenset[str]:
    """The families from which a path of uses leads to the loss."""
    found, waiting = {model.loss.name}, [model.loss]
    while waiting:
        for case in waiting.pop().cases:
            for use in model.uses(case):
                if use.name not in found:
                    found.add(use.name)
                    waiting.append(model.nodes[use.name])
    return frozenset(found)


def _wanted(model: Model, wrt: Iterable[Any] | None) -> tuple[str, ...]:
    if isinstance(wrt, str):
        wrt = wrt.split()
    elif isinstance(wrt, Basic):
        wrt = [wrt]
    if wrt is not None and not model.has_loss:
        raise ModelError(f"the graph {model.title!r} has no loss, so there is no derivative to ask for with wrt=")
    names = [n.name for n in model.of_kind("parameter") if model.has_loss] if wrt is None else [str(w) for w in wrt]
    for name in names:
        if name not in model.nodes:
            raise ModelError(f"wrt: {name} is not in the graph; it has {', '.join(model.nodes)}")
    return tuple(names)


def _adjoint(model: Model, node: Node, known: dict[str, Adjoint], reaching: frozenset[str]) -> Adjoint:
    uses: list[Use] = []
    for user in model.users(node.name):
        if user.name in reaching:
            support = known[user.name].support if user.name in known else tuple(extent(user))
            for case in user.cases:
                uses += _uses(model, node, user, case, support)
    whole = tuple(extent(node))
    support = tuple(
        hull([u.domain[axis] for u in uses], whole[axis]) if uses else whole[axis] for axis in range(len(whole))
    )
    return Adjoint(node, tuple(sorted(_merged(uses), key=lambda u: u.contraction.at != node.indices)), support)


def _uses(model: Model, node: Node, user: Node, case: Case, support: tuple[Interval, ...]) -> Iterable[Use]:
    """The contributions of one definition of one user."""
    for use in _occurrences(model, node, user, case):
        done = contract(
            node.indices,
            extent(node),
            case.position,
            support,
            use.position,
            use.factors,
            case.bounds,
            use.sums,
            model.indices,
        )
        if done is not None:
            yield Use(user, case, done, use, user is model.loss)


def _occurrences(model: Model, node: Node, user: Node, case: Case) -> tuple[Occurrence, ...]:
    if user.abstract is None:
        return occurrences(case.expr, node.name, user.at(*case.position))
    others = (o for o in model.users(node.name) if o is not user)
    around = any(user.name in downstream(model, o) for o in others)
    return abstract_occurrences(user, node, Immediate if around else Given)


def _merged(uses: list[Use]) -> Iterable[Use]:
    """Two occurrences in the same element of one user are one contribution: their local partials add."""
    groups: dict[object, list[Use]] = {}
    for use in uses:
        groups.setdefault(use.key, []).append(use)
    return (group[0].joined(group[1:]) for group in groups.values())


def extent(node: Node) -> list[Interval]:
    """The range of each axis, with the start values where these are computed from something."""
    found = []
    for axis, idx in enumerate(node.indices):
        _, low, high = limits(idx)
        starts = [c.position[axis] for c in node.cases if not c.expr.is_number and c.position[axis] != idx]
        found.append(hull([(low, high), *((s, s) for s in starts)], (low, high)))
    return found
