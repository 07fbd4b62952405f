"""The rule that writes a quantity over its absolute value as its sign."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Abs, Expr, Mul, Pow, sign

from derive.chain.derivation import Line, Term
from derive.chain.rules.rule import Terms
from derive.chain.sums import Facts
from derive.language import Text

SIGN = Text("{x} over its absolute value is its sign", "{x} 除以其绝对值等于它的符号")


def take_sign(terms: Terms, facts: Facts = ()) -> Iterator[Line]:
    """A quantity over its absolute value is its sign.

    >>> show(take_sign, Term((a * b / Abs(b),)))
    a*b/Abs(b)
    = a*sign(b)    (b over its absolute value is its sign)
    """
    signed = tuple(Term((_signed(t.expr),)) for t in terms)
    found = [s for s, t in zip(signed, terms, strict=True) if s.expr != t.expr]
    if found:
        yield Line(signed, SIGN(x=next(iter(found[0].expr.atoms(sign))).args[0]))


def _signed(product: Expr) -> Expr:
    """The product with x / |x| as the sign of x."""
    factors = list(Mul.make_args(product))
    for f in [f for f in factors if isinstance(f, Pow) and isinstance(f.base, Abs) and f.exp == -1]:
        if f.base.args[0] in factors:
            return Mul(*(g for g in factors if g not in (f, f.base.args[0])), sign(f.base.args[0]))
    return product
