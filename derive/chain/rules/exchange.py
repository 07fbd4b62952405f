"""The rule that exchanges two sums where all terms for one inner index are equal."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Expr, Mul, Pow, S, Sum

from derive.chain.derivation import Line, Term
from derive.chain.rules.rule import Terms
from derive.chain.sums import Facts
from derive.expressions.indices import bound
from derive.expressions.products import gathered
from derive.language import Text

EXCHANGED = Text(
    "exchange the sums; the term of each {inner} occurs {count} times",
    "交换求和次序，每个 {inner} 的项出现 {count} 次",
)


def exchange(terms: Terms, facts: Facts = ()) -> Iterator[Line]:
    """sum_i f_i sum_{k <= i} g_ik, where f_i g_ik depends on k alone, is a sum over k of as many times that.

    >>> show(exchange, Term((a ** (n - i), Sum(a**i * u[k], (k, 1, i))), over(i)))
    sum over i: a**(n - i) * Sum(a**i*u[k], (k, 1, i))
    = Sum(a**n*(n - k + 1)*u[k], (k, 1, n))    (exchange the sums; the term of each k occurs n - k + 1 times)
    """
    for at, term in enumerate(terms):
        found = _exchanged(term.expr)
        if found is not None:
            value, reason = found
            yield Line((*terms[:at], Term((value,)), *terms[at + 1 :]), reason)
            return


def _exchanged(expr: Expr) -> tuple[Expr, Text] | None:
    """The product with its double sum as a simple one, and why; None where it has none, or the terms differ."""
    front, rest = Mul.make_args(expr), [f for f in Mul.make_args(expr) if isinstance(f, Sum)]
    if len(rest) != 1 or len(rest[0].limits) != 1:
        return None
    (outer,), body = rest[0].limits, Mul.make_args(rest[0].function)
    inner = [f for f in body if isinstance(f, Sum)]
    if len(inner) != 1 or len(inner[0].limits) != 1:
        return None
    (i, low, high), ((k, first, last),) = outer, inner[0].limits
    ahead = last - i  # k goes to i + ahead
    term = gathered(Mul(*(f for f in body if f is not inner[0]), *Mul.make_args(inner[0].function)))
    term = Mul(*(Pow(*map(_opened, f.as_base_exp())) for f in Mul.make_args(term)))
    if not ahead.is_Integer or i in term.free_symbols | first.free_symbols or not (first - ahead - low).is_nonnegative:
        return None
    count = high - k + ahead + 1
    value = bound(Sum, term * count, [(k, first, high + ahead)])
    return Mul(*(f for f in front if f is not rest[0]), value), EXCHANGED(inner=k, count=count)


def _opened(expr: Expr) -> Expr:
    return expr.expand() if expr is not S.One and expr.is_Add else expr
