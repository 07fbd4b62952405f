"""The rule that takes a factor out that all terms share."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sympy import Add, Expr, Indexed, Pow, Sum, Symbol

from derive.chain.derivation import Line, Term
from derive.chain.rules.rule import Terms
from derive.chain.sums import Facts
from derive.expressions.coefficients import stands_apart
from derive.expressions.indices import name_of
from derive.expressions.powers import split
from derive.expressions.symbols import Partial
from derive.expressions.traverse import names
from derive.language import Text

SHARED = Text("take out the common factor", "提取公因子")


def share(terms: Terms, facts: Facts = ()) -> Iterator[Line]:
    """A factor of all terms goes in front of a bracket: an adjoint, a divisor, an indicator, a power with symbols
    above, or any factor of sums, which are not multiplied out.

    >>> show(share, Term((a, u[i])), Term((-a, Sum(v[k], *over(k)))))
    a * u[i] + -a * Sum(v[k], (k, 1, n))
    = a * (u[i] - Sum(v[k], (k, 1, n)))    (take out the common factor)
    >>> show(share, Term((a / n,)), Term((-b / n,)))
    a/n + -b/n
    = 1/n * (a - b)    (take out the common factor)

    Where a term without sums does not have the factor, it stands in front of the bracket.

    >>> show(share, Term((v[i],)), Term((a, u[i])), Term((-a, Sum(v[k], *over(k)))))
    v[i] + a * u[i] + -a * Sum(v[k], (k, 1, n))
    = v[i] + a * (u[i] - Sum(v[k], (k, 1, n)))    (take out the common factor)
    """
    if any(t.sums for t in terms):
        return
    totals = _totals(facts)
    beside, inside = _parted(_opened(terms), totals)
    shared, rest = split([t.flat for t in inside])
    worth = _with_sum(inside, totals) or any(map(_kept_apart, shared))
    if shared and worth:
        yield Line((*beside, Term((*shared, Add(*rest)))), SHARED)


def _opened(terms: Terms) -> Terms:
    """The terms of a sum that stands alone."""
    alone = terms[0].factors[0] if len(terms) == 1 and len(terms[0].factors) == 1 else None
    return tuple(Term((part,)) for part in alone.args) if isinstance(alone, Add) else terms


def _totals(facts: Facts) -> frozenset[str]:
    """The names of sums: of what facts say that it is the value of one."""
    return frozenset(n for f in facts if isinstance(f.left, Sum) for n in names(f.right))


def _parted(terms: Terms, totals: Collection[str]) -> tuple[Terms, Terms]:
    """The terms beside a bracket, and those in it, which are all with a sum and as many others as share a factor."""
    if split([t.flat for t in terms])[0] or not (summed := _with_sum(terms, totals)):
        return (), terms
    others = [t for t in terms if t not in summed]
    shared = [f for f in summed[0].flat if not f.is_number and all(f in t.flat for t in summed)]
    joined = max((tuple(t for t in others if f in t.flat) for f in shared), key=len, default=())
    return tuple(t for t in others if t not in joined), tuple(t for t in terms if t in summed or t in joined)


def _with_sum(terms: Terms, totals: Collection[str]) -> Terms:
    """The terms with a sum among their factors, or the name of one."""
    return tuple(t for t in terms if any(isinstance(f, Sum) or (_plain(f) and name_of(f) in totals) for f in t.flat))


def _plain(factor: Expr) -> bool:
    return isinstance(factor, (Symbol, Indexed))


def _kept_apart(factor: Expr) -> bool:
    """Is it an adjoint, does it divide, or is it an indicator or a power with symbols above?"""
    divides = isinstance(factor, Pow) and factor.exp.could_extract_minus_sign()
    return isinstance(factor, Partial) or divides or stands_apart(factor)
