"""The stages that an expression under an expectation goes through: definitions, products, linearity, moments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from sympy import Add, Expr, Idx, Indexed, Mul, S, Symbol

from derive.chain.derivation import Term
from derive.chain.rules.insert import insert_definitions
from derive.chain.rules.tidy import tidy
from derive.errors import MomentError
from derive.expressions.canonical import canonical
from derive.expressions.indices import name_of
from derive.expressions.moments import Expectation
from derive.expressions.traverse import names, rewrite
from derive.model.model import Node, references
from derive.model.reachability import random_names
from derive.topics.expectation.laws import Part, moment
from derive.topics.expectation.polynomial import Expansion, Product

Terms = tuple[Term, ...]


class Stages:
    """Each stage is a function of the expression that is averaged; its results are kept."""

    def __init__(self, nodes: Mapping[str, Node], preferred: Sequence[Idx]):
        self.nodes, self.preferred = nodes, preferred
        self.random = random_names(nodes)
        self.laws = {n.name: n for n in nodes.values() if n.law is not None}
        self.expand = Expansion(self.is_random, preferred)
        self.computed = {n: nodes[n] for n in self.random if n not in self.laws}
        self.opened: list[Expr] = []  # the quantities whose definitions were inserted
        self.open, self.parts = lru_cache(None)(self._open), lru_cache(None)(self._parts)

    def is_random(self, expr: Expr) -> bool:
        """True if the expression depends on a random quantity."""
        return any(r.name in self.random for r in references(expr))

    # the stages, each of one expression under the expectation
    def stated(self, expr: Expr) -> Terms:
        """E[r^2]."""
        return (Term((Expectation(expr),)),) if self.is_random(expr) else (Term((expr,)),)

    def defined(self, expr: Expr) -> Terms:
        """E[(sum_j ...)^2]: definitions are inserted until only what is declared random is left."""
        return self.stated(self.open(expr))

    def multiplied(self, expr: Expr) -> Terms:
        """E[sum_j sum_k ...]."""
        return self.stated(Add(*(tidy(p.expr) for p in self.parts(expr))))

    def linear(self, expr: Expr) -> Terms:
        """sum_j sum_k ... E[m_j m_k]."""
        return tuple(p.over(Expectation(Mul(*p.random)) if p.random else S.One) for p in self.parts(expr))

    def averaged(self, expr: Expr) -> Terms:
        """The sums with the values of the moments put in."""
        return tuple(p.over(Add(*(m.expr for m in self.moment(p)))) for p in self.parts(expr))

    def at_means(self, expr: Expr) -> Expr:
        """Return the expression with the mean of every random element in its place."""
        return tidy(rewrite(self.open(expr), self._mean, self.preferred))

    def entangled(self, expr: Expr) -> bool:
        """True if there is something to multiply out."""
        opened = self.open(expr)
        return canonical(Add(*(p.expr for p in self.expand(opened)))) != canonical(opened)

    def _parts(self, expr: Expr) -> tuple[Product, ...]:
        """Return the expression as products of random elements."""
        return tuple(sorted(self.expand(self.open(expr)), key=lambda p: (-len(p.random), p.is_negative)))

    def moment(self, product: Product) -> tuple[Part, ...]:
        """Return the mean of the random elements of a product; it is 1 without any."""
        return moment(product.random, self.laws) if product.random else (Part((), S.One),)

    # definitions and means
    def _open(self, expr: Expr) -> Expr:
        """Insert definitions until every random name is one that is declared. Errors: MomentError."""
        for _ in range(len(self.nodes) + 1):
            for name in (n for n in names(expr) if n in self.computed and len(self.nodes[n].cases) != 1):
                raise MomentError(f"{name} is a recurrence; its expectation is not taken through time")
            expr, used = insert_definitions(expr, self.computed, self.preferred)
            if not used:
                return expr
            self.opened += used
        raise MomentError(f"{expr}: what is computed from itself over time has no expectation here")

    def _mean(self, element: Expr) -> Expr | None:
        if not isinstance(element, (Symbol, Indexed)) or name_of(element) not in self.laws:
            return None
        return moment((element,), self.laws)[0].value
