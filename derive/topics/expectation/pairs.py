"""Two functions of dependent normal quantities as sums of single ones, whose means are known.

1[u > 0] 1[v > 0]  is 1[v > 0]                       where u - v >= 0
                   is 1[u > 0] + 1[v > 0] - 1 or 0   where u + v >= 0, or u + v <= 0
sin u sin v        is (cos(u - v) - cos(u + v))/2    and so on: the product-to-sum identities
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations

from sympy import Add, Expr, Integer, Mul, S, cos, expand, sin

from derive.expressions.elementwise import step
from derive.expressions.traverse import quantities

IsRandom = Callable[[Expr], bool]
Random = tuple[Expr, ...]


def single(random: Random, is_random: IsRandom, used: dict[Expr, Expr]) -> list[tuple[Expr, Random]]:
    """Coefficients and factors of the products that add up to a product; `used` gets the identities."""
    for a, b in combinations(range(len(random)), 2):
        one, other = random[a], random[b]
        value = _steps(one, other, is_random) if isinstance(one, step) and isinstance(other, step) else None
        if isinstance(one, (sin, cos)) and isinstance(other, (sin, cos)) and _dependent(one, other, is_random):
            value = _waves(one, other)
        if value is None:
            continue
        if one != other or not isinstance(one, step):
            used[Mul(one, other)] = value
        rest = tuple(f for n, f in enumerate(random) if n not in (a, b))
        found = []
        for term in Add.make_args(value):
            constant, factors = term.as_independent(*(f for f in Mul.make_args(term) if is_random(f)), as_Add=False)
            more = Mul.make_args(factors) if factors != 1 else ()
            found += [(constant * c, r) for c, r in single((*rest, *more), is_random, used)] if constant != 0 else []
        return found
    return [(S.One, random)]


def _steps(one: Expr, other: Expr, is_random: IsRandom) -> Expr | None:
    """The product of two steps; None where the order of their places is not known."""
    u, v = one.args[0], other.args[0]
    for ratio in _ratios(u, v, is_random):
        apart = expand(u - ratio * v)
        if is_random(apart):
            continue
        if ratio.is_positive:
            return other if apart.is_nonnegative else one if apart.is_nonpositive else None
        return S.Zero if apart.is_nonpositive else one + other - 1 if apart.is_nonnegative else None
    return None


def _ratios(u: Expr, v: Expr, is_random: IsRandom) -> Iterator[Expr]:
    """How many times v may stand in u, by what both hold: a number whose sign is known."""
    yield from (Integer(1), Integer(-1))
    for q in (q for q in quantities(u) if is_random(q)):
        above, below = expand(u).coeff(q), expand(v).coeff(q)
        if below != 0 and ((above / below).is_positive or (above / below).is_negative):
            yield above / below


def _dependent(one: Expr, other: Expr, is_random: IsRandom) -> bool:
    """Do both hold a quantity, or one of them several? Functions of two single ones have means by themselves."""
    own, theirs = ({q for q in quantities(f) if is_random(q)} for f in (one, other))
    return bool(own & theirs) or len(own) > 1 or len(theirs) > 1


def _waves(one: Expr, other: Expr) -> Expr:
    if isinstance(one, cos) and isinstance(other, sin):
        one, other = other, one
    less, more = expand(one.args[0] - other.args[0]), expand(one.args[0] + other.args[0])
    if isinstance(one, cos):
        return (cos(less) + cos(more)) / 2
    return (cos(less) - cos(more)) / 2 if isinstance(other, sin) else (sin(more) + sin(less)) / 2
