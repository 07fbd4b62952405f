"""The proof of a closed form by induction, checked symbolically: the base, and the step from one time to its neighbour.

A sum is proved by its terms: P(t, t) = 1, so the addend at t is the term s = t, and A(t) P(t+1, s) = P(t, s), so the
factor turns the sum one step on into the other terms. A value without a sum is put into the recursion and expanded.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from sympy import Dummy, Expr, Mul, Pow, Symbol, expand, fraction, together

from derive.chain.closed_forms.closed_form import ClosedForm
from derive.expressions.indices import substitute
from derive.expressions.powers import exponents
from derive.expressions.products import unrolled, without_empty


class Induction(NamedTuple):
    """What was confirmed: the closed form begins at the boundary, and each time follows from its neighbour."""

    base: bool
    step: bool

    @property
    def holds(self) -> bool:
        """Both are confirmed."""
        return self.base and self.step


def proof(form: ClosedForm) -> Induction:
    """Base and step of one closed form."""
    if form.summed:
        there = form.factor * form.at(form.index + form.ahead) + form.addend
        return Induction(vanishes(form.at(form.end) - form.boundary), vanishes(there - form.value))
    s, t = form.bounds[0], form.index
    begins = without_empty(substitute(form.kernel, {s: t})) == 1
    ahead = Mul(form.factor, substitute(form.kernel, {t: t + form.ahead}))
    return Induction(begins, _same(ahead, unrolled(form.kernel, form.ahead)))


def _same(one: Expr, other: Expr) -> bool:
    """Are two products equal, power by power?"""
    return exponents(Mul.make_args(one)) == exponents(Mul.make_args(other))


def vanishes(expr: Expr) -> bool:
    """Is it identically 0, as a rational function of its symbols and of the powers b^t with a symbolic t?"""
    by = {}
    for power in (p for p in expr.atoms(Pow) if not p.exp.is_number):
        whole, moving = power.exp.as_coeff_Add()
        by[power] = _letter(power.base, moving) * power.base**whole
    above, _ = fraction(together(expr.xreplace(by)))
    return bool(expand(above) == 0)


@cache
def _letter(base: Expr, exponent: Expr) -> Symbol:
    """One letter for one power."""
    return Dummy()
