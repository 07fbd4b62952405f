"""Which values the backward pass needs again: those in the local partials on paths from a parameter to the loss.

An edge counts if its source depends on a quantity whose gradient is asked for and its target reaches the loss. The
local partial is the one that the derivation uses, in the value of the operation where it has such a form (the slope of
exp, tanh, sqrt), so that the value needed is the output there, and the operand elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from derive.chain.derivation import Derivation, Use
from derive.expressions.traverse import names
from derive.model.model import Node
from derive.model.reachability import influenced


class Need(NamedTuple):
    """A local partial on the way back, of `user` with respect to `wrt`; `values` are the families that occur in it."""

    user: Node
    wrt: Node
    use: Use
    values: tuple[str, ...]


def dependent(derivation: Derivation) -> frozenset[str]:
    """The families that depend on a quantity whose gradient is asked for, and these themselves."""
    return influenced(derivation.model, derivation.wanted)


def needs(derivation: Derivation) -> Iterator[Need]:
    """Every local partial on a path from a parameter to the loss, in the order of the nodes."""
    model, moving = derivation.model, dependent(derivation)
    order = {name: n for n, name in enumerate(model.nodes)}
    found = [
        Need(use.user, adjoint.node, use, tuple(sorted(names(use.local) & order.keys(), key=order.__getitem__)))
        for name, adjoint in derivation.adjoints.items()
        for use in adjoint.uses
        if name in moving
    ]
    yield from sorted(found, key=lambda n: (order[n.user.name], order[n.wrt.name]))


def needed(derivation: Derivation) -> tuple[str, ...]:
    """The families whose values the backward pass needs, in the order of the model."""
    found = {name for need in needs(derivation) for name in need.values}
    return tuple(name for name in derivation.model.nodes if name in found)
