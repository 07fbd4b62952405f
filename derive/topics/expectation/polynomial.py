"""An expression as a sum of products of random quantities: what linearity of the expectation works on.

Only sums, products and whole powers can be averaged from moments. Of normal quantities functions can be too, where
their means are closed forms: they stand as factors of their own, and so do linear forms beside them, which are normal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations_with_replacement
from math import factorial
from typing import NamedTuple

from sympy import Add, Basic, Expr, Idx, Indexed, Integer, Mul, Pow, S, Sum, Symbol

from derive.chain.derivation import Term, product
from derive.errors import MomentError
from derive.expressions.indices import Limits, bound_indices, fresh, substitute, sum_over
from derive.expressions.traverse import free_indices
from derive.topics.expectation.functions import CLOSED, closed, written
from derive.topics.expectation.pairs import single

MOST = 200  # products that a sum may expand into

IsRandom = Callable[[Expr], bool]


class Product(NamedTuple):
    """One product: a coefficient that is not random, times random elements, under sums."""

    coefficient: Expr
    random: tuple[Expr, ...] = ()
    sums: tuple[Limits, ...] = ()

    @property
    def expr(self) -> Expr:
        """The product under its sums as one expression."""
        return sum_over(Mul(self.coefficient, *self.random), self.sums)

    @property
    def indices(self) -> set[Basic]:
        """All indices in it, free or bound."""
        inner = ({*free_indices(e), *bound_indices(e)} for e in (self.coefficient, *self.random))
        return {s[0] for s in self.sums}.union(*inner)

    @property
    def is_negative(self) -> bool:
        """True if it is subtracted."""
        return bool(self.coefficient.could_extract_minus_sign())

    def over(self, value: Expr) -> Term:
        """Put a value in the place of the random elements; factors that do not depend on the sums stand in front."""
        front, rest = self.coefficient.as_independent(*(s[0] for s in self.sums), as_Add=False)
        if front == 1 or not self.sums:
            return product((self.coefficient, value), self.sums)
        return Term((front, sum_over(Mul(*product((rest, value)).flat, evaluate=False), self.sums)))


class Expansion:
    """Expands one expression into products; sums that are multiplied get `preferred` indices."""

    def __init__(self, is_random: IsRandom, is_normal: IsRandom, preferred: Sequence[Idx]):
        self.is_random, self.is_normal, self.preferred = is_random, is_normal, preferred
        self.identities: dict[Expr, Expr] = {}  # by which products of two functions became single ones
        self.whole = False  # inside a function, what is linear stays one factor

    def __call__(self, expr: Expr) -> tuple[Product, ...]:
        """Return the products that add up to the expression. Errors: MomentError for what is no polynomial."""
        if not self.is_random(expr):
            return (Product(expr),)
        if isinstance(expr, (Symbol, Indexed)):
            return (Product(S.One, (expr,)),)
        if self.whole and self.is_form(expr):
            return (Product(S.One, (expr,)),)
        if self.is_normal(expr) and (made := written(expr)) is not None:
            return self._inside(made)
        if self.is_normal(expr) and closed(expr):
            return (Product(S.One, (expr,)),)
        for kind, expand in ((Add, self._sum), (Mul, self._product), (Pow, self._power), (Sum, self._total)):
            if isinstance(expr, kind):
                found = tuple(expand(expr))
                if len(found) > MOST:
                    raise MomentError(f"the expectation of {expr} expands into more than {MOST} products")
                return found
        raise MomentError(
            f"the expectation of {expr} does not follow from moments; "
            "only sums, products and whole powers of random quantities can be averaged"
            + f", and of normal ones {CLOSED}"
            * self.is_normal(expr)
        )

    def is_form(self, expr: Expr) -> bool:
        """True for something linear in normal quantities that is more than a multiple of one."""
        found = self.linear(expr)
        return found is not None and (len(found) > 1 or bool(found[0].sums))

    def linear(self, expr: Expr) -> tuple[Product, ...] | None:
        """Return the products of something linear in normal quantities; None for all else."""
        if not self.is_normal(expr) or not isinstance(expr, (Add, Mul, Sum, Symbol, Indexed)):
            return None
        whole, self.whole = self.whole, False
        try:
            found = self(expr)
        except MomentError:
            return None
        finally:
            self.whole = whole
        plain = all(len(p.random) <= 1 and all(isinstance(r, (Symbol, Indexed)) for r in p.random) for p in found)
        return found if plain else None

    def _inside(self, expr: Expr) -> tuple[Product, ...]:
        before, self.whole = self.whole, True
        try:
            return self(expr)
        finally:
            self.whole = before

    def _sum(self, expr: Add) -> Iterator[Product]:
        """Yield the products of the random parts one by one, and what is not random as one constant."""
        for part in (a for a in expr.args if self.is_random(a)):
            yield from self(part)
        constant = Add(*(a for a in expr.args if not self.is_random(a)))
        if constant != 0:
            yield Product(constant)

    def _product(self, expr: Mul) -> Iterator[Product]:
        found: tuple[Product, ...] = (Product(Mul(*(a for a in expr.args if not self.is_random(a)))),)
        for factor in (a for a in expr.args if self.is_random(a)):
            found = tuple(r for p in found for q in self(factor) for r in self._times(p, q))
            if len(found) > MOST:
                break
        yield from found

    def _power(self, expr: Pow) -> Iterator[Product]:
        """Expand a power by the multinomial theorem: (a + b)^2 = a^2 + 2 a b + b^2."""
        base, exponent = expr.args
        if not (isinstance(exponent, Integer) and exponent > 0):
            raise MomentError(
                f"the expectation of {expr} does not follow from moments; only whole powers of random quantities do"
            )
        if exponent > 2 and self.is_form(base):
            yield Product(S.One, (base,) * int(exponent))
            return
        parts = self(base)
        if len(parts) ** int(exponent) > MOST:
            raise MomentError(f"the expectation of {expr} expands into more than {MOST} products")
        for chosen in combinations_with_replacement(range(len(parts)), int(exponent)):
            ways = factorial(int(exponent))
            for n in set(chosen):
                ways //= factorial(chosen.count(n))
            found: tuple[Product, ...] = (Product(Integer(ways)),)
            for n in chosen:
                found = tuple(r for p in found for r in self._times(p, parts[n]))
            yield from found

    def _total(self, expr: Sum) -> Iterator[Product]:
        around = Product(S.One, (), expr.limits)
        for part in self(expr.function):
            inner = self._apart(part, around)  # of m^2 = (sum_j ...)(sum_k ...) no letter may be that of the sum around
            yield inner._replace(sums=(*inner.sums, *expr.limits))

    def _times(self, one: Product, other: Product) -> Iterator[Product]:
        """Multiply two products; the sums of the second get indices of their own. Functions of one normal quantity
        become single ones, so that there may be several products."""
        other = self._apart(other, one)
        one = self._apart(one, other)
        sums = (*one.sums, *other.sums)
        for number, random in single(one.random + other.random, self.is_random, self.identities):
            yield Product(Mul(number, one.coefficient, other.coefficient), random, sums)

    def _apart(self, product: Product, other: Product) -> Product:
        """Rename the sums of a product that have an index of the other product."""
        taken = other.indices if product.sums else set()
        for idx in [s[0] for s in product.sums if s[0] in taken]:
            by = {idx: fresh(idx, taken | product.indices, self.preferred)}
            sums = tuple((substitute(i, by), substitute(a, by), substitute(b, by)) for i, a, b in product.sums)
            random = tuple(substitute(e, by) for e in product.random)
            product = Product(substitute(product.coefficient, by), random, sums)  # type: ignore[arg-type]
        return product
