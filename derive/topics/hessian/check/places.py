"""What autograd adds up for H v: one term for each place where a definition reads a family, before anything cancels."""

from __future__ import annotations

from sympy import Expr, Indexed

from derive.chain.derivation import Derivation
from derive.check.rounding import apart
from derive.expressions.indices import name_of
from derive.model.model import Node
from derive.topics.hessian.adjoint_laws import Laws, by_uses, value_laws
from derive.topics.hessian.hessian import Hessian, seed
from derive.topics.hessian.tangents import Along, Seed, tangents


def by_places(d: Derivation, found: Hessian) -> list[tuple[Along, ...]]:
    """Derive H v, and the derivatives by each parameter, again: from adjoints in which every place stands by itself.

    A gradient may be 0, or shorter, where terms of several places cancel; what autograd has in its place is the
    rounding of these terms. This is for their size only: the contributions are counted more than once. The adjoints of
    a recurrence stay as they are.
    """
    stepped = {name for stage in d.stages if stage.time for name in stage.families}
    laws: Laws = value_laws(d.model, found.wrt)
    for family, adjoint in d.adjoints.items():
        name = f"adjoint {family}"
        kept = tuple(law for law in found.gradients if law.node.name == name)
        laws[name] = kept if family in stepped else (by_uses(d, apart(adjoint)),)
    directions = {w.name: _family(w, v) for w, v in zip(found.wrt, found.directions, strict=True)}
    seeds = [Seed(d.model, directions), *(seed(d, laws, w) for w in found.wrt)]
    return [tangents(laws, [f"adjoint {w.name}" for w in found.wrt], each) for each in seeds]


def _family(w: Node, v: Expr) -> Node:
    """The family of directions to which an element belongs."""
    return Node(name_of(v), "input", v.base if isinstance(v, Indexed) else v, w.indices)
