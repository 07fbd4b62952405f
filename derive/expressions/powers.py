"""A product as the powers of its factors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sympy import Add, Expr, Idx, Integer, Mul, Pow, S, Sum, exp

from derive.expressions.canonical import canonical
from derive.expressions.indices import apart, bound_indices, name_of
from derive.memo import memo


@memo
def _powers(product: Expr) -> tuple[Expr, dict[Expr, Expr]]:
    """A product as its number and its bases with exponents; exp(a + b) is exp(a) exp(b), 2 a - 2 b is 2 (a - b)."""
    number: Expr = S.One
    found: dict[Expr, Expr] = {}
    for factor in Mul.make_args(product):
        base, power = (factor.base, factor.exp) if isinstance(factor, Pow) and factor.exp.is_Number else (factor, S.One)
        front, base = base.primitive() if isinstance(base, Add) else (base, S.One) if base.is_number else (S.One, base)
        number *= front**power
        parts = [exp(a) for a in Add.make_args(base.args[0])] if isinstance(base, exp) else [base]
        for key in (canonical(p) for p in parts if p != 1):
            found[key] = found.get(key, S.Zero) + power
    return number, found


def common(terms: Sequence[Expr]) -> Expr:
    """A sum with the factors that all its terms share in front of a bracket."""
    shared, rest = split(tuple(Mul.make_args(t) for t in terms))
    return Mul(*shared, Add(*rest)) if shared else Add(*terms)


def split(products: Sequence[Sequence[Expr]]) -> tuple[list[Expr], list[Expr]]:
    """The factors, sums and numbers aside, that all of several products have, each once; and what is left of each."""
    left = [list(p) for p in products]
    plain = [f for f in dict.fromkeys(left[0]) if not (f.is_number or isinstance(f, Sum))]
    shared = [f for f in plain if len(left) > 1 and all(f in p for p in left)]
    for factor in shared:
        for product in left:
            product.remove(factor)
    return shared, [Mul(*p) for p in left]


Powers = dict[Expr, Expr]


def powers(factors: Sequence[Expr]) -> tuple[Expr, Powers]:
    """The number in front, and the exponent of every base; e^(a + b) is two factors, 2 x - 2 mu is 2 (x - mu)."""
    number: Expr = Integer(1)
    found: Powers = {}
    for factor in (g for f in factors for g in Mul.make_args(f)):
        for base, exponent in _split(factor):
            content, key = _primitive(_same(base))
            if -key in found:
                content, key = -content, -key
            number *= content**exponent
            if key != 1:
                found[key] = found.get(key, Integer(0)) + exponent
    return number, {b: e for b, e in found.items() if e != 0}


def _primitive(base: Expr) -> tuple[Expr, Expr]:
    """A number and what it multiplies."""
    if base.is_Number:
        return base, Integer(1)
    found: tuple[Expr, Expr] = base.as_content_primitive() if isinstance(base, Add) else (Integer(1), base)
    return found


def _split(factor: Expr) -> Iterator[tuple[Expr, Expr]]:
    base, exponent = (factor.base, factor.exp) if isinstance(factor, Pow) else (factor, Integer(1))
    if not exponent.is_Number:
        base, exponent = factor, Integer(1)
    if not isinstance(base, exp):
        yield base, exponent
        return
    for part in Add.make_args(base.args[0]):
        number, rest = part.as_coeff_Mul() if part.as_coeff_Mul()[0].is_Integer else (Integer(1), part)
        yield exp(rest), number * exponent


@memo
def _same(expr: Expr) -> Expr:
    """The expression with letters of their own for its sums, so that equal ones compare equal."""
    sums = {s: canonical(s) for s in expr.atoms(Sum)}
    return expr.xreplace(sums) if sums else expr


def multiplied(number: Expr, found: Powers) -> Expr:
    """The product again, its sums in letters that can be read."""
    whole = Mul(number, *(b**e for b, e in found.items()))
    free = {i for i in whole.free_symbols if isinstance(i, Idx)}
    return apart(whole, {*free, *(i for i in bound_indices(whole) if name_of(i).startswith("_"))})
