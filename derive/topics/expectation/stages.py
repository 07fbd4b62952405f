"""The stages that an expression under an expectation goes through: definitions, products, linearity, moments."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from sympy import Add, Eq, Expr, Function, Idx, Indexed, Max, Min, Mul, Pow, S, Symbol, preorder_traversal
from sympy.utilities.iterables import sift

from derive.chain.derivation import Term
from derive.chain.rules.insert import insert_definitions
from derive.chain.rules.tidy import tidy
from derive.errors import MomentError
from derive.expressions.canonical import canonical
from derive.expressions.elementwise import step
from derive.expressions.indices import name_of
from derive.expressions.moments import Expectation, Moment
from derive.expressions.traverse import names, rewrite
from derive.model.model import Node, references
from derive.model.reachability import random_names
from derive.topics.expectation.functions import written
from derive.topics.expectation.gaussian import Gaussian, is_element
from derive.topics.expectation.laws import Elements, Part, moment
from derive.topics.expectation.polynomial import Expansion, Product

Terms = tuple[Term, ...]


class Stages:
    """Each stage is a function of the expression that is averaged; its results are kept."""

    def __init__(self, nodes: Mapping[str, Node], preferred: Sequence[Idx], ask: Callable[[Moment], Expr]):
        self.nodes, self.preferred = nodes, preferred
        self.random = random_names(nodes)
        self.laws = {n.name: n for n in nodes.values() if n.law is not None}
        self.expand = Expansion(self.is_random, self.is_normal, preferred)
        self.gaussian = Gaussian(ask, self.is_random, lambda e: self.expand.linear(e) is not None, self.is_positive)
        self.computed = {n: nodes[n] for n in self.random if n not in self.laws}
        self.opened: list[Expr] = []  # the quantities whose definitions were inserted
        self.open, self.parts = lru_cache(None)(self._open), lru_cache(None)(self._parts)

    def is_random(self, expr: Expr) -> bool:
        """True if the expression depends on a random quantity."""
        return any(r.name in self.random for r in references(expr))

    def is_normal(self, expr: Expr) -> bool:
        """True if it depends on random quantities, and these are all normal."""
        random = [self.laws.get(r.name) for r in references(expr) if r.name in self.random]
        return bool(random) and all(n is not None and n.law is not None and n.law.normal for n in random)

    def is_positive(self, expr: Expr) -> bool:
        """True for a quantity that is declared positive."""
        node = self.nodes.get(name_of(expr)) if isinstance(expr, (Symbol, Indexed)) else None
        return node is not None and node.domain in ("positive", "probability")

    # the stages, each of one expression under the expectation
    def stated(self, expr: Expr) -> Terms:
        """E[r^2]."""
        return (Term((Expectation(expr),)),) if self.is_random(expr) else (Term((expr,)),)

    def defined(self, expr: Expr) -> Terms:
        """E[(sum_j ...)^2]: definitions are inserted until only what is declared random is left."""
        return self.stated(self.open(expr))

    def spelled(self, expr: Expr) -> Terms:
        """E[x 1[x > 0]]: functions of normal quantities in terms of those whose means are known."""
        return self.stated(rewrite(self.open(expr), self._written, self.preferred))

    def calls(self, expr: Expr) -> list[Expr]:
        """Return the functions that `spelled` writes in other terms."""
        found = (c for c in preorder_traversal(self.open(expr)) if isinstance(c, (Function, Max, Min, Pow)))
        return [c for c in dict.fromkeys(found) if self._written(c) is not None]

    def squares_a_step(self, expr: Expr) -> bool:
        """True if a step is raised to a power where functions are spelled out."""
        powers = (p for t in self.spelled(expr) for p in preorder_traversal(t.expr) if isinstance(p, Pow))
        return any(isinstance(f, step) for p in powers for f in Mul.make_args(p.base))

    def identities(self, expr: Expr) -> list[Expr]:
        """Return the equations by which products of two functions became single ones, where the product has them."""
        self.expand.identities.clear()
        self._parts(expr)
        return [Eq(product, value, evaluate=False) for product, value in self.expand.identities.items()]

    def _written(self, call: Expr) -> Expr | None:
        return written(call) if self.is_normal(call) else None

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
        opened = rewrite(self.open(expr), self._written, self.preferred)
        return canonical(Add(*(p.expr for p in self.expand(opened)))) != canonical(opened)

    def _parts(self, expr: Expr) -> tuple[Product, ...]:
        """Return the expression as products of random elements."""
        return tuple(sorted(self.expand(self.open(expr)), key=lambda p: (-len(p.random), p.is_negative)))

    def moment(self, product: Product) -> tuple[Part, ...]:
        """Return the mean of the random elements of a product; it is 1 without any."""
        plain, normal = self.apart(product.random)
        parts = moment(plain, self.laws) if plain else (Part((), S.One),)
        return tuple(a.times(b) for b in self.gaussian.parts(normal) for a in parts) if normal else parts

    def apart(self, factors: Sequence[Expr]) -> tuple[Elements, Elements]:
        """Split factors: where a function is among them, it goes with all that is normal, for these are not moments."""
        if all(is_element(f) for f in factors):
            return tuple(factors), ()
        normal, plain = sift(factors, self.is_normal, binary=True)
        return tuple(plain), tuple(normal)

    def is_polynomial(self, expr: Expr) -> bool:
        """True if no function is averaged, so that the mean contains the expression at the means."""
        return all(is_element(f) for p in self.parts(expr) for f in p.random)

    def is_linear(self, expr: Expr) -> bool:
        """True if the mean is the expression at the means."""
        return all(len(p.random) <= 1 for p in self.parts(expr)) and self.is_polynomial(expr)

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
