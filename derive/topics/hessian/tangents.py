"""Tangents: how every quantity changes when the parameters do. The chain rule is followed forwards, values first.

    along a direction v      D_v u   =  sum over the uses in the law of u:  local partial * D_v of what is used
    by one element w_j       d u / d w_j, the same; where w_m itself is used, d w_m / d w_j is a delta

After the values come the adjoints. Through time both are recurrences: the values move forwards, the adjoints backwards
(Pearlmutter, Fast exact multiplication by the Hessian, 1994). No matrix of all pairs of steps is needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sympy import Add, Basic, Expr, Idx, Integer, Mul, Symbol

from derive.chain.derivation import Term, product
from derive.chain.partials import Occurrence, local_partials
from derive.chain.rules.name_definitions import definitions, name_in_product
from derive.expressions.indices import family, fresh, name_of, substitute
from derive.expressions.symbols import Partial, Tangent
from derive.expressions.traverse import mentioned, rewrite
from derive.language import Text
from derive.model.model import Model, Node, element
from derive.model.reachability import reach
from derive.topics.hessian.adjoint_laws import AdjointNode, Law, Laws
from derive.topics.jacobian.paths import Link, Trail


class Seed(NamedTuple):
    """What changes: parameters along a direction, a family for each, or the element `own` of the parameter `wrt`."""

    model: Model
    directions: Mapping[str, Node]
    wrt: Node | None = None
    own: tuple[Idx, ...] = ()

    def of(self, quantity: Expr) -> Expr:
        """The derivative of a quantity, as it is written."""
        return Tangent(quantity) if self.wrt is None else Partial(quantity, self.wrt.at(*self.own))

    def starts(self, name: str, law: Law, use: Occurrence) -> Term:
        """Return what a parameter itself contributes: its local partial times v, or times the delta of `wrt`."""
        if self.wrt is None:
            return product((*use.factors, self.directions[name].at(*use.position)), use.sums)
        indices = (*(i for i in law.position if isinstance(i, Idx)), *self.own)
        trail = Trail((), (), indices).on(Link(law.target, law.node, Mul(*use.factors)), use.sums)
        return trail.ended(use.position, self.own).term


class Along(NamedTuple):
    """The derivative of the elements that one law computes: how it is written, and the rules of its local partials.

    `computed` is the same in families that hold numbers; `own` are the indices of the element that changes.
    """

    law: Law
    target: Expr
    terms: tuple[Term, ...]
    computed: Expr
    rules: tuple[Text, ...]
    own: tuple[Idx, ...] = ()

    @property
    def node(self) -> Node:
        """The family whose derivative it is."""
        return self.law.node

    @property
    def of_adjoint(self) -> bool:
        """True if it is the derivative of an adjoint, and not that of a value."""
        return isinstance(self.node, AdjointNode)


def computed(expr: Expr, loss: Expr) -> Expr:
    """Replace every derivative, apart from adjoints, by the element of the family that holds its numbers."""

    def value(part: Expr) -> Expr | None:
        if not isinstance(part, (Tangent, Partial)):
            return None
        return part if isinstance(part, Partial) and part.of == loss else _stored(part)

    return rewrite(expr, value)


def stored_name(quantity: Expr, wrt: Expr | None = None) -> str:
    """Return the name that stores the derivatives of a family, along a direction or with respect to `wrt`."""
    of = f"adjoint {name_of(quantity.wrt)}" if isinstance(quantity, Partial) else name_of(quantity)
    return f"{of} along v" if wrt is None else f"{of} with {name_of(wrt)}"


def _stored(p: Expr) -> Expr:
    """Return the element that stores a derivative: its indices are those of the quantity, then those of `wrt`."""
    quantity, wrt = p.args[0], p.wrt if isinstance(p, Partial) else None
    of = quantity.wrt if isinstance(quantity, Partial) else quantity
    place = (*getattr(of, "indices", ()), *getattr(wrt, "indices", ()))
    name = stored_name(quantity, wrt)
    return element(family(name), place) if place else Symbol(name, real=True)


def tangents(laws: Laws, wanted: Sequence[str], seed: Seed) -> tuple[Along, ...]:
    """Derive every quantity between what changes and what is wanted, in the order of computation."""
    moving, needed = influenced(laws, seed.directions), influences(laws, wanted)
    found = (law for n, own in laws.items() if n in moving & needed and n not in seed.directions for law in own)
    return tuple(_along(law, [n for n in (*seed.directions, *laws) if n in moving], laws, seed) for law in found)


def _along(law: Law, moving: Sequence[str], laws: Laws, seed: Seed) -> Along:
    """Sum the local partials of one law, each times the derivative of what it belongs to."""
    terms: list[Term] = []
    rules: dict[str, Text] = {}
    for name in (n for n in moving if n in mentioned(law.expr)):
        for use in (u for u in local_partials(law.expr, name, law.target) if 0 not in u.factors):
            use = _in_model_indices(use, law, seed)
            starts = name in seed.directions
            terms.append(seed.starts(name, law, use) if starts else _chained(laws[name][0].node, use, seed))
            rules |= {r.pick("en"): r for r in use.rules}
    found = tuple(terms) or (Term((Integer(0),)),)
    total = computed(Add(*(t.expr for t in found)), seed.model.loss.symbol)
    return Along(law, seed.of(law.target), found, total, tuple(rules.values()), seed.own)


def _in_model_indices(use: Occurrence, law: Law, seed: Seed) -> Occurrence:
    """Write a use with indices of the model in its sums, different from those of the elements, and with names."""
    taken = [*(i for place in law.position for i in place.atoms(Idx)), *seed.own]
    by: dict[Basic, Basic] = {}
    for idx, *_ in use.sums:
        by[idx] = fresh(idx, (*taken, *by.values()), seed.model.indices)
    position, factors = (tuple(substitute(e, by) for e in part) for part in (use.position, use.factors))
    sums = tuple((by[i], substitute(a, by), substitute(b, by)) for i, a, b in use.sums)
    named, _ = name_in_product(Term(factors, sums), definitions(seed.model))  # type: ignore[arg-type]
    return use._replace(position=position, factors=named.factors, sums=named.sums)


def _chained(used: Node, use: Occurrence, seed: Seed) -> Term:
    """Return a local partial times the derivative of what is used."""
    return product((*use.factors, seed.of(used.at(*use.position))), use.sums)


def influenced(laws: Laws, names: Iterable[str]) -> frozenset[str]:
    """Return the families that the named ones influence, themselves included."""
    return reach(names, lambda name: (n for n, own in laws.items() if any(name in mentioned(a.expr) for a in own)))


def influences(laws: Laws, names: Iterable[str]) -> frozenset[str]:
    """Return the families that the named ones are computed from, themselves included."""
    return reach(names, lambda name: (n for law in laws.get(name, ()) for n in mentioned(law.expr)))
