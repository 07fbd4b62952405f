"""Products: the factors as they are written, and the normal form by which two products are compared and divided.

exponents(factors)    the bases as they stand, each with the sum of its exponents: b b^(t-1) has b to the power t
monomial(factors)     the normal form, with `times`, `over`, `divides`, and `shared` of several
split, common         the factors that all terms of a sum have, in front of a bracket, nothing rewritten
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from sympy import Add, Basic, Expr, Integer, Mul, Pow, S, Sum, exp

from derive.expressions.canonical import canonical
from derive.expressions.indices import apart, bound_indices, name_of, substitute
from derive.expressions.traverse import free_indices

Powers = Mapping[Expr, Expr]


class Monomial(NamedTuple):
    """A product in normal form: a number times powers of bases, no exponent 0.

    No base is a number; a base that is a sum has no number in front and does not stand beside its own negative, so
    that 2x - 2m is 2 (x - m), and m - x beside x - m is -(x - m). e^(2a + b) is (e^a)^2 e^b. Sums over indices are in
    canonical letters, so that equal ones are equal bases.
    """

    number: Expr
    powers: Powers

    def times(self, other: Monomial, exponent: Expr = S.One) -> Monomial:
        """The product with a power of another."""
        other = other.signed_as(self)
        total = {b: self.power(b) + exponent * other.power(b) for b in (*self.powers, *other.powers)}
        return Monomial(self.number * other.number**exponent, {b: e for b, e in total.items() if e != 0})

    def over(self, other: Monomial) -> Monomial:
        """The quotient."""
        return self.times(other, S.NegativeOne)

    def divides(self, other: Monomial) -> bool:
        """Does the other product contain each power of this one, whatever the numbers?"""
        return all(_within(e, other.power(b)) for b, e in self.signed_as(other).powers.items())

    def power(self, base: Expr) -> Expr:
        """The exponent of a base, 0 where it does not occur."""
        return self.powers.get(base, S.Zero)

    def signed_as(self, other: Monomial) -> Monomial:
        """The same, bases with the other sign where the other product has them so: (m - x) y as -(x - m) y."""
        turned = [b for b, e in self.powers.items() if b not in other.powers and -b in other.powers and e.is_Integer]
        sign = Mul(*(S.NegativeOne ** self.powers[b] for b in turned))
        return Monomial(sign * self.number, {-b if b in turned else b: e for b, e in self.powers.items()})

    def renamed(self, letters: Mapping[Basic, Basic]) -> Monomial:
        """The same with other indices in its bases."""
        return Monomial(self.number, {substitute(b, letters): e for b, e in self.powers.items()})

    @property
    def bare(self) -> Monomial:
        """The same without its number."""
        return Monomial(S.One, self.powers)

    @property
    def expr(self) -> Expr:
        """The product as an expression, its sums in letters that can be read."""
        return self.written({})

    def written(self, spelling: Mapping[Expr, Expr]) -> Expr:
        """The product as an expression, its sums as `spelling` has them, the others in letters that can be read."""
        whole = substitute(Mul(self.number, *(b**e for b, e in self.powers.items())), spelling)
        return apart(whole, {*free_indices(whole), *(i for i in bound_indices(whole) if name_of(i).startswith("_"))})


ONE = Monomial(S.One, {})


def monomial(factors: Iterable[Expr]) -> Monomial:
    """The normal form of the product of the factors."""
    number: Expr = S.One
    found: dict[Expr, Expr] = {}
    for factor in (g for f in factors for g in Mul.make_args(f)):
        for base, exponent in _parts(factor):
            content, key = _content(canonical(base))
            if -key in found and exponent.is_Integer:
                content, key = -content, -key
            number *= content**exponent
            if key != 1:
                found[key] = found.get(key, S.Zero) + exponent
    return Monomial(number, {b: e for b, e in found.items() if e != 0})


def shared(products: Sequence[Monomial]) -> Monomial:
    """The powers that all products have: of each base the least exponent, where those of all have the same sign."""
    found = {}
    for base in products[0].powers:
        own = [p.power(base) for p in products]
        if all(e > 0 for e in own) or all(e < 0 for e in own):
            found[base] = min(own, key=abs)
    return Monomial(S.One, found)


def _within(part: Expr, whole: Expr) -> bool:
    """Does x^whole contain x^part?"""
    return bool(0 < part <= whole or whole <= part < 0)


def _content(base: Expr) -> tuple[Expr, Expr]:
    """A number and what it multiplies."""
    if base.is_Number:
        return base, S.One
    found: tuple[Expr, Expr] = base.as_content_primitive() if isinstance(base, Add) else (S.One, base)
    return found


def _parts(factor: Expr) -> Iterator[tuple[Expr, Expr]]:
    """The bases of a factor with their exponents, which are numbers; e^(a + b) is two."""
    base, exponent = (factor.base, factor.exp) if isinstance(factor, Pow) else (factor, S.One)
    if not exponent.is_Number:
        base, exponent = factor, S.One
    if not isinstance(base, exp):
        yield base, exponent
        return
    for part in Add.make_args(base.args[0]):
        number, rest = part.as_coeff_Mul() if part.as_coeff_Mul()[0].is_Integer else (Integer(1), part)
        yield exp(rest), number * exponent


def exponents(factors: Iterable[Expr]) -> dict[Expr, Expr]:
    """Each base of a product as it is written, with the sum of its exponents, which may be symbols."""
    found: dict[Expr, Expr] = {}
    for factor in factors:
        base, exponent = (factor.base, factor.exp) if isinstance(factor, Pow) else (factor, S.One)
        found[base] = found.get(base, S.Zero) + exponent
    return found


def common(terms: Sequence[Expr]) -> Expr:
    """A sum with the factors that all its terms share in front of a bracket."""
    front, rest = split(tuple(Mul.make_args(t) for t in terms))
    return Mul(*front, Add(*rest)) if front else Add(*terms)


def split(products: Sequence[Sequence[Expr]]) -> tuple[list[Expr], list[Expr]]:
    """The factors, sums and numbers aside, that all of several products have, each once; and what is left of each.

    Of powers with symbols above, u^(a - 1) and u^a, it is the lower one.
    """
    lower, left = _lowest(products)
    front, rest = _equal(left)
    return [*lower, *front], rest


def _lowest(products: Sequence[Sequence[Expr]]) -> tuple[list[Expr], list[list[Expr]]]:
    """The lowest power of each base that has symbols above it in all products, by whole steps; what is left of each."""
    left = [list(p) for p in products]
    if len(left) < 2 or not all(any(map(is_symbolic, p)) for p in left):
        return [], left
    powers, front = [exponents(p) for p in left], []
    for base, exponent in powers[0].items():
        own = [p.get(base, S.NaN) - exponent for p in powers]
        if not exponent.is_number and all(e.is_Integer for e in own):
            lowest = exponent + min(own)
            front.append(base**lowest)
            powers = [{**p, base: p[base] - lowest} for p in powers]
    return (front, [[b**e for b, e in p.items()] for p in powers]) if front else ([], left)


def is_symbolic(factor: Expr) -> bool:
    """Is it a power with a symbol above?"""
    return isinstance(factor, Pow) and not factor.exp.is_number


def _equal(left: list[list[Expr]]) -> tuple[list[Expr], list[Expr]]:
    plain = [f for f in dict.fromkeys(left[0]) if not (f.is_number or isinstance(f, Sum))]
    front = [f for f in plain if len(left) > 1 and all(f in p for p in left)]
    for factor in front:
        for product in left:
            product.remove(factor)
    return front, [Mul(*p) for p in left]
