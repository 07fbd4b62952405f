"""The normal form of a product: equal products are equal, one divides another where it contains its powers."""

from __future__ import annotations

import pytest
from sympy import Rational, S, Sum, Symbol, exp, sqrt, symbols

from derive.expressions.indices import family, index, limits
from derive.expressions.powers import exponents, monomial, shared

a, b, m, x = symbols("a b m x", real=True)
n, t = symbols("n t", integer=True, positive=True)
i, j = index("i", 1, n), index("j", 1, n)
u = family("u")


@pytest.mark.parametrize(
    ("factors", "same"),
    [
        ((2 * x - 2 * m, a), (2, x - m, a)),  # the number in a bracket
        ((x - m, m - x), (-1, x - m, x - m)),  # brackets that differ in the sign alone
        ((exp(a + b),), (exp(a), exp(b))),
        ((exp(2 * a), exp(-a)), (exp(a),)),
        ((Sum(u[i], limits(i)) * a,), (a, Sum(u[j], limits(j)))),  # the letters of a sum
        ((a, 1 / a, b), (b,)),
    ],
)
def test_equal_products_have_one_normal_form(factors, same):
    assert monomial(factors) == monomial(same)


@pytest.mark.parametrize("factors", [(a, b), (a, 1 / b), (2, x - m), (sqrt(x - m),), (exp(a), Rational(1, 2))])
def test_products_that_differ_have_different_normal_forms(factors):
    assert monomial(factors) != monomial((a, 3 * b))
    assert monomial(factors).expr != 3 * a * b


def test_a_product_divides_another_where_that_has_its_powers_of_the_same_sign():
    whole = monomial((a**2, 1 / b, x - m))
    for inside in ((a,), (a**2, 5), (1 / b,), (m - x, a)):
        assert monomial(inside).divides(whole)
    for outside in ((a**3,), (b,), (b**-2,), (x + m,), (1 / a,)):
        assert not monomial(outside).divides(whole)


def test_over_and_times_are_inverse_and_mind_the_sign():
    whole, part = monomial((6, a**2, (x - m) ** 3)), monomial((2, a, m - x))
    assert whole.over(part).expr == -3 * a * (x - m) ** 2
    assert whole.over(part).times(part) == whole
    assert monomial((x - m,)).over(monomial(((m - x) ** 2,))).expr == 1 / (x - m)  # an even power has no sign


def test_shared_takes_the_least_power_where_all_have_the_same_sign():
    products = [monomial((a**3, 1 / b, x)), monomial((a**2, b**-2, 1 / x))]
    assert shared(products).powers == {a: 2, b: -1}
    assert shared([monomial((a,)), monomial((b,))]).powers == {}


def test_a_product_is_written_with_the_sums_as_they_were_or_in_letters_that_are_free():
    total = Sum(u[i], limits(i))
    assert monomial((u[i], total)).expr == u[i] * Sum(u[j], limits(j))
    (spelt,) = (k for k in monomial((total,)).powers)
    assert monomial((a, total)).written({spelt: total}) == a * total


def test_exponents_keep_the_bases_as_they_are_written():
    assert exponents((2 * x - 2 * m, b, b ** (t - 1))) == {2 * x - 2 * m: S.One, b: t}
    assert Symbol("c") not in exponents((a,))
