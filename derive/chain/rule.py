"""The chain rule, once, for scalars, tensors and time:

    adjoint of u[j]  =  sum over the families c that use u, over their elements:  adjoint of c[i] * d c[i] / d u[j]

One reverse sweep over the stages of the model; within a recurrence the same rule gives the recursion of the adjoint.
Nothing here knows about time steps, matrices or particular functions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any, NamedTuple

from sympy import Basic, Idx, S, Symbol

from derive.chain.deltas import with_visible_deltas
from derive.chain.derivation import Adjoint, Derivation, Use
from derive.chain.partials import Occurrence, abstract_occurrences, by_element, occurrences
from derive.chain.slopes import slopes
from derive.errors import ModelError
from derive.expressions.contraction import Contraction, contract
from derive.expressions.indices import limits, substitute
from derive.expressions.intervals import Interval, hull
from derive.expressions.said import Said
from derive.expressions.symbols import Apart, Given, Immediate, Partial, Size
from derive.memo import memo
from derive.model.model import Case, Model, Node, Whole
from derive.model.reachability import downstream, influenced, upstream
from derive.model.schedule import stages
from derive.model.sizes import deduced


class User(NamedTuple):
    """One user of a family: where its own adjoint is not zero, and how its partial is written if it is abstract."""

    node: Node
    support: tuple[Interval, ...]
    is_loss: bool
    partial: type[Partial]


def derive(model: Model, wrt: Iterable[Any] | None = None) -> Derivation:
    """Derive the adjoints of the families in `wrt`, and of the nodes between them and the loss. Without `wrt` these are
    the parameters and the inputs whose gradients are asked for; where there are none, every node has its adjoint.
    """
    wanted = _wanted(model, wrt)
    reaching = upstream(model, model.loss.name)
    needed = reaching & influenced(model, wanted) if wanted else reaching
    adjoints: dict[str, Adjoint] = {}
    order = stages(model)
    for stage in reversed(order):
        for name in reversed(stage.families):
            node = model.nodes[name]
            if name in needed and node is not model.loss and (not node.is_leaf or name in wanted):
                adjoints[name] = _adjoint(model, node, adjoints, reaching)
    return Derivation(model, order, adjoints, wanted, reaching)


def _wanted(model: Model, wrt: Iterable[Any] | None) -> tuple[str, ...]:
    if isinstance(wrt, str):
        wrt = wrt.split()
    elif isinstance(wrt, Basic):
        wrt = [wrt]
    if wrt is not None and not model.has_loss:
        raise ModelError(f"the graph {model.title!r} has no loss, so there is no derivative to ask for with wrt=")
    names = _usual(model) if wrt is None else [str(w) for w in wrt]
    for name in names:
        if name not in model.nodes:
            raise ModelError(f"wrt: {name} is not in the graph; it has {', '.join(model.nodes)}")
        if isinstance(model.nodes[name].domain, Whole):
            raise ModelError(f"wrt: {name} are whole numbers, positions; there is no derivative with respect to them")
    return tuple(names)


def _usual(model: Model) -> list[str]:
    """Return the parameters and the inputs whose gradients are asked for."""
    return [n.name for n in model.nodes.values() if model.has_loss and (n.kind == "parameter" or n.wanted)]


def _adjoint(model: Model, node: Node, known: dict[str, Adjoint], reaching: frozenset[str]) -> Adjoint:
    users = [
        User(u, known[u.name].support if u.name in known else extent(u), u is model.loss, _abstract(model, node, u))
        for u in model.users(node.name)
        if u.name in reaching
    ]
    return adjoint(node, tuple(users), model.indices, deduced(model), model.said)


def _abstract(model: Model, node: Node, user: Node) -> type[Partial]:
    """Choose the partial of an abstract user: an immediate one if the node reaches the user on other paths too."""
    around = user.abstract is not None and any(
        user.name in downstream(model, o.name) for o in model.users(node.name) if o is not user
    )
    return Immediate if around else Given


@memo
def adjoint(
    node: Node,
    users: tuple[User, ...],
    preferred: tuple[Idx, ...],
    known: tuple[tuple[Symbol, Size], ...] = (),
    words: tuple[Said, ...] = (),
) -> Adjoint:
    """Apply the chain rule to one family, from its definition and those of its users; `preferred` are for sums.

    `known` are sizes of which a least value is deduced, each with one that says so; `words` are those of the author.
    """
    uses = [
        use
        for user in users
        for case in user.node.cases
        for use in _uses(node, user, case, preferred, dict(known), words)
    ]
    whole = extent(node)
    support = tuple(
        hull([u.domain[axis] for u in uses], whole[axis]) if uses else whole[axis] for axis in range(len(whole))
    )
    visible = with_visible_deltas(uses, node.indices)
    merged = (first.joined(others) for first, *others in by_element(visible, lambda u: u.key))
    return Adjoint(node, tuple(sorted(merged, key=lambda u: u.contraction.at != node.indices)), support)


def _uses(
    node: Node,
    user: User,
    case: Case,
    preferred: tuple[Idx, ...],
    known: Mapping[Basic, Basic],
    words: tuple[Said, ...],
) -> Iterable[Use]:
    """Yield the contributions of one definition of one user."""
    unknown = {size: plain for plain, size in known.items()}
    for use in _occurrences(node, user, case):
        given = (extent(node), case.position, user.support, use.position, use.factors, case.bounds, use.sums, preferred)
        done = contract(node.indices, *(_within(part, known) for part in given))
        if done is not None:
            said = slopes(case.expr, node.name, words)
            apart = None
            if use.composite and not said.complete and S.Zero not in use.parts:
                parts = (Apart(Apart(*use.parts), use.nested[0], use.nested[-1]),)
                apart = contract(node.indices, *(_within(part, known) for part in (*given[:4], parts, *given[5:])))
            apart = apart and _renamed(apart, unknown)
            yield Use(user.node, case, _renamed(done, unknown), use, user.is_loss, said, apart=apart)


def _renamed(done: Contraction, sizes: Mapping[Basic, Basic]) -> Contraction:
    """The same with other sizes."""
    if not sizes:
        return done
    return Contraction(*(_within(getattr(done, f.name), sizes) for f in fields(done)))


def _within(part: Any, mapping: Mapping[Basic, Basic]) -> Any:
    """The same with other sizes, in every expression of it."""
    if not mapping:
        return part
    return tuple(_within(p, mapping) for p in part) if isinstance(part, tuple) else substitute(part, mapping)


def _occurrences(node: Node, user: User, case: Case) -> tuple[Occurrence, ...]:
    if user.node.abstract is None:
        return occurrences(case.expr, node.name, user.node.at(*case.position))
    return abstract_occurrences(user.node, node, user.partial)


@memo
def extent(node: Node) -> tuple[Interval, ...]:
    """Return the range of each axis, with the start values included if these are computed from something."""
    found = []
    for axis, idx in enumerate(node.indices):
        _, low, high = limits(idx)
        starts = [c.position[axis] for c in node.cases if not c.expr.is_number and c.position[axis] != idx]
        found.append(hull([(low, high), *((s, s) for s in starts)], (low, high)))
    return tuple(found)
