"""What stands between a local partial and the rules that give it, where functions stand in functions.

s = sqrt(u) with u = 1/N sum_m (x_m - mu)^2 + eps has  ds/dmu = 1/(2s) du/dmu = 1/(2s) 1/N sum_m 2 (x_m - mu) (-1),
and only then sum_m (mu - x_m)/(N s): the lines before show where the 2 went. Of log(1 - a) it is enough to say that
the derivative of 1 - a is -1.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import gcd
from typing import NamedTuple

from sympy import Expr, Indexed, Integer, Mul, Rational, S, Symbol

from derive.chain.derivation import Line, Term, Use, coefficient
from derive.chain.partials import QUOTIENT_RULE
from derive.chain.rules.cancel import CANCELLED, above_and_below
from derive.chain.rules.order import ORDERED
from derive.expressions.coefficients import number_of
from derive.expressions.symbols import Apart, Partial
from derive.language import Text, clauses, distinct
from derive.memo import memo

INSIDE = Text("the derivative of {argument} is {slope}", "{argument} 的导数为 {slope}")


class Spelled(NamedTuple):
    """The lines before a local partial, and why it follows from the last of them; without lines, its rules."""

    lines: tuple[Line, ...]
    because: tuple[Text, ...]


class _Chain(NamedTuple):
    """The factors of one occurrence as the rules give them, and the arguments of its first and its last function."""

    parts: tuple[Expr, ...]
    outer: Expr
    inner: Expr


@memo
def spelled(use: Use, symbol: Partial, rules: tuple[Text, ...]) -> Spelled:
    """What stands between the local partial with this symbol and its `rules`."""
    uses = (use, *use.more)
    if not any(u.apart for u in uses) or QUOTIENT_RULE in rules or not all(map(_same, uses)):
        return Spelled((), rules)
    inside = distinct(_inside(u) for u in uses if u.apart and not isinstance(_chain(u).inner, (Symbol, Indexed)))
    if all(len(u.occurrence.nested) < 2 for u in uses):
        return Spelled((), (*rules, *inside))
    first = None if use.more or use.direct else _outer(use, symbol)
    left = (*(rules if first is None else rules[1:]), *inside)
    whole = Line(tuple(map(_one_by_one, uses)), clauses(left))
    return Spelled((whole,) if first is None else (Line((first,), rules[0]), whole), (_why(whole),))


def _why(line: Line) -> Text:
    """Why the value follows from the factors one by one: something cancels, or they are put together."""
    gone = dict.fromkeys(f for term in line.terms for f in (*_numbers(term), *above_and_below(term)))
    return CANCELLED(factors=list(gone)) if gone else ORDERED


def _numbers(term: Term) -> Iterator[Expr]:
    """The number that stands above and below the fraction lines."""
    numbers = [Rational(f.as_coeff_Mul()[0]) for f in term.factors]
    common = gcd(int(Mul(*(n.p for n in numbers))), int(Mul(*(n.q for n in numbers))))
    if common > 1:
        yield Integer(common)


def _same(use: Use) -> bool:
    """True unless the factors one by one have other sums than the partial, as where a delta was made visible."""
    done, own = use.apart, use.contraction
    return done is None or (done.at, done.outer, done.domain) == (own.at, own.outer, own.domain)


def _chain(use: Use) -> _Chain:
    assert use.apart is not None
    found = next(f for f in use.apart.factors if isinstance(f, Apart))
    return _Chain(found.args[0].args, found.args[1], found.args[2])


def _one_by_one(use: Use) -> Term:
    """One occurrence as the rules give it."""
    if use.apart is None:
        return Term((coefficient(use.contraction),))
    return Term(tuple(_factors(use)), use.apart.inner)


def _factors(use: Use) -> Iterator[Expr]:
    assert use.apart is not None
    given = (f for f in use.apart.factors if not isinstance(f, Apart))
    for part in (*_chain(use).parts, *given):
        yield from (f for f in number_of(part) if f != 1)


def _inside(use: Use) -> Text:
    """The derivative of what the innermost function is taken of."""
    chain, within = _chain(use), use.occurrence.within
    slope = Mul(*chain.parts[len(chain.parts) - within :]) if within else S.One
    return INSIDE(argument=chain.inner, slope=slope)


def _outer(use: Use, symbol: Partial) -> Term | None:
    """The slope of the outermost function times the derivative of its argument, which is differentiated next."""
    seen, chain = use.occurrence, _chain(use)
    slope, sums = chain.parts[0], use.apart.inner if use.apart else ()
    summed = {i for i, _, _ in sums} & slope.free_symbols
    if len(seen.nested) < 2 or seen.behind != len(seen.parts) - 1 or summed:
        return None
    return Term((slope, symbol.func(chain.outer, symbol.wrt)))
