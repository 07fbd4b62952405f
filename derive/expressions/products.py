"""Products over a range of times: equal factors as powers, one factor taken out, a neighbouring factor taken in."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Add, Expr, Mul, Pow, Product, S, Sum

from derive.expressions.indices import Limits, bound, substitute
from derive.expressions.powers import exponents, is_symbolic
from derive.memo import memo


def minus_in_front(expr: Expr) -> bool:
    """Is a scalar written with a minus in front: by its number, or as all terms of a bracket have one? 1 - a is not."""
    parts = expr.args if isinstance(expr, Add) else (expr,)
    return all(a.as_coeff_Mul()[0].is_negative for a in parts)


def gathered(expr: Expr) -> Expr:
    """Equal bases of each product as one power, b b^(t-1) = b^t, which sympy leaves apart."""
    if isinstance(expr, Add):
        return Add(*(gathered(a) for a in expr.args))
    return Mul(*(base**exponent for base, exponent in exponents(Mul.make_args(expr)).items()))


def powers_as_one(expr: Expr) -> Expr:
    """u u^(a - 1) as u^a: a product in which powers with symbols above have a base that occurs again."""
    return gathered(expr) if any(map(is_symbolic, Mul.make_args(expr))) else expr


def without_empty(expr: Expr) -> Expr:
    """Products from t+1 to t are 1."""
    empty = {p: S.One for p in expr.atoms(Product) if (p.limits[0][2] - p.limits[0][1]) == -1}
    return substitute(expr, empty)


def unrolled(expr: Expr, ahead: int) -> Expr:
    """Every product with its factor nearest to t taken out: the first where it goes on in time, else the last."""
    by = {}
    for product in expr.atoms(Product):
        ((k, low, high),) = product.limits
        near, limits = (low, (k, low + 1, high)) if ahead > 0 else (high, (k, low, high - 1))
        by[product] = substitute(product.function, {k: near}) * bound(Product, product.function, [limits])
    return substitute(expr, by)


@memo
def joined(expr: Expr) -> Expr:
    """Every product and power with the factors beside it that continue it: a_t times a_{t+1} ... a_T is a_t ... a_T.

    A factor that continues what stands under a sum goes under the sum.
    """
    factors = list(Mul.make_args(expr))
    for factor in [f for f in factors if isinstance(f, (Product, Sum))]:
        others = [f for f in factors if f is not factor]
        inner = Mul.make_args(factor.function) if isinstance(factor, Sum) else (factor,)
        for part in inner:
            for longer, needed in _continued(part) if isinstance(part, Product) else _raised(part, factor, others):
                if all(n in others for n in needed):
                    grown = Mul(*(longer if p is part else p for p in inner))
                    whole = bound(Sum, grown, factor.limits) if isinstance(factor, Sum) else grown
                    return joined(Mul(*(f for f in others if f not in needed), whole))
    return expr


def _raised(part: Expr, around: Expr, others: list[Expr]) -> Iterator[tuple[Expr, tuple[Expr, ...]]]:
    """A power that moves with the sum around it, times a power of the same base in front of the sum."""
    if isinstance(part, Pow) and isinstance(around, Sum) and around.limits[0][0] in part.exp.free_symbols:
        for factor in (f for f in others if part.base in (f, getattr(f, "base", None))):
            yield gathered(part * factor), (factor,)


def _continued(product: Product) -> tuple[tuple[Expr, tuple[Expr, ...]], ...]:
    """The product over one index with one factor more at either end, and what that factor is made of."""
    if len(product.limits) > 1:
        return ()
    ((k, low, high),) = product.limits
    longer: tuple[tuple[Expr, Limits], ...] = ((low - 1, (k, low - 1, high)), (high + 1, (k, low, high + 1)))
    return tuple(
        (bound(Product, product.function, [limits]), Mul.make_args(substitute(product.function, {k: at})))
        for at, limits in longer
    )
