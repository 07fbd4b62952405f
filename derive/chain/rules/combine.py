"""The rules that put terms over one denominator, multiply out and collect."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Add, Dummy, Expr, Function, Mul, Pow, S, expand

from derive.chain.derivation import Line, Term, written
from derive.chain.rules.cancel import CANCELLED, above_and_below
from derive.chain.rules.rule import Terms, follow
from derive.chain.sums import Facts
from derive.expressions.traverse import elements
from derive.expressions.weight import weight
from derive.language import Text
from derive.memo import memo

WIDEST = 60  # an expression longer than this gets no shorter by multiplying out, and sympy needs seconds to try
DENOMINATOR = Text("common denominator", "通分")
EXPANDED = Text("multiply out", "展开括号")
COLLECTED = Text("collect like terms", "合并同类项")


def combine(terms: Terms, facts: Facts = ()) -> Iterator[Line]:
    """A common denominator, cancellation, multiplying out, collecting: kept where the end is the shortest form.

    >>> show(combine, Term((a, 1 - b)), Term((a * b,)))
    a * (1 - b) + a*b
    = a*b + a + -a*b    (multiply out)
    = a    (collect like terms)
    >>> show(combine, Term(((1 - b) * a - b * (1 - a),)))
    a*(1 - b) - b*(1 - a)
    = a + -a*b + -b + a*b    (multiply out)
    = a + -b    (collect like terms)
    """
    if (
        any(t.sums for t in terms)
        or written(tuple(Term((_held(t.expr)[0],)) for t in terms)) > WIDEST
        or not any(test(terms) for test in (_entangled, _of_brackets, _of_numbers))
    ):
        return
    rules = (over_one_denominator, cancel_fraction, multiply_out) if _entangled(terms) else (multiply_out,)
    lines = list(follow(rules, terms))
    merged = tuple(Term((t.expr,)) for t in terms)
    if lines and written(lines[-1].terms) < min(written(terms), written(merged)):
        yield from lines


def _entangled(terms: Terms) -> bool:
    """Do different factors, one of them a sum, share a quantity? Only then can anything cancel."""
    parts = [f for t in terms for f in t.factors]
    if len(terms) == 1 and not any(isinstance(g, Add) for g in terms[0].flat):
        return False
    seen = [{*elements(f)} for f in parts]
    return any(a & b for n, a in enumerate(seen) for b in seen[:n])


def _of_brackets(terms: Terms) -> bool:
    """Is it one sum, at least two of whose terms have a bracket, or one that meets another term when it is opened?"""
    alone = terms[0].factors[0] if len(terms) == 1 and len(terms[0].factors) == 1 else None
    parts = alone.args if isinstance(alone, Add) else ()
    brackets = [(p, f) for p in parts for f in Mul.make_args(p) if isinstance(f, Add)]
    opened = {(p / f * a).as_coeff_Mul()[1] for p, f in brackets for a in f.args}
    return len({p for p, _ in brackets}) > 1 or any(p.as_coeff_Mul()[1] in opened for p in parts)


def _of_numbers(terms: Terms) -> bool:
    """Does a number stand beside a number times a bracket with a number, -1/2 beside 1/2 (1 + x)?"""
    factors = [[f for f in t.flat if not f.is_number] for t in terms]
    brackets = [own[0] for own in factors if len(own) == 1 and isinstance(own[0], Add)]
    return not all(factors) and any(a.is_number for bracket in brackets for a in bracket.args)


def over_one_denominator(terms: Terms, facts: Facts = ()) -> Iterator[Line]:
    """A factor that is a sum of fractions becomes one fraction.

    >>> show(over_one_denominator, Term((a, 1 / b + c)))
    a * (c + 1/b)
    = a * (b*c + 1)/b    (common denominator)
    """
    yield Line(tuple(Term(tuple(_one_fraction(f) for f in t.factors)) for t in terms), DENOMINATOR)


def cancel_fraction(terms: Terms, facts: Facts = ()) -> Iterator[Line]:
    """What stands above and below the fraction line of a single term goes.

    >>> show(cancel_fraction, Term((a, (b + 1) / a)))
    a * (b + 1)/a
    = 1 + b    (cancel a)
    """
    gone = above_and_below(terms[0]) if len(terms) == 1 else []
    if gone:
        yield Line(_addends(Add(*(t.expr for t in terms))), CANCELLED(factors=gone))


def multiply_out(terms: Terms, facts: Facts = ()) -> Iterator[Line]:
    """Brackets are multiplied out and like terms collected, where some cancel or the result is lighter.

    >>> show(multiply_out, Term((a, b + 1)), Term((-a,)))
    a * (b + 1) + -a
    = -a + a + a*b    (multiply out)
    = a*b    (collect like terms)
    """
    product = Add(*(t.expr for t in terms))
    parts = [t.expr for t in terms] if _of_numbers(terms) else Add.make_args(product)  # sympy adds numbers by itself
    opened = tuple(Term((piece,)) for part in parts for piece in Add.make_args(_expanded(part)))
    collected = _expanded(product)
    if len(opened) > len(Add.make_args(collected)) or weight(collected) < weight(product):
        yield Line(opened, EXPANDED)
        yield Line(_addends(collected), COLLECTED)


@memo
def _expanded(expr: Expr) -> Expr:
    """An expression multiplied out, but for what stands inside of functions, where no terms meet."""
    plain, functions = _held(expr)
    return expand(plain).xreplace(functions)


@memo
def _held(expr: Expr) -> tuple[Expr, dict[Expr, Expr]]:
    """An expression with a symbol for each function of a sum in it, and the functions by these symbols."""
    held = {f: Dummy(real=True) for f in expr.atoms(Function) if f.has(Add)}
    return expr.xreplace(held), {symbol: f for f, symbol in held.items()}


def _one_fraction(expr: Expr) -> Expr:
    """A sum of fractions as one fraction, also as a factor, nothing multiplied out; anything else as it is."""
    if isinstance(expr, Mul):
        return Mul(*map(_one_fraction, expr.args))
    if not isinstance(expr, Add):
        return expr
    powers: dict[Expr, Expr] = {}
    for term in expr.args:
        for factor in Mul.make_args(term):
            if isinstance(factor, Pow) and factor.exp.is_negative:
                powers[factor.base] = max(powers.get(factor.base, S.Zero), -factor.exp)
    if not powers:
        return expr
    below = Mul(*(base**power for base, power in powers.items()))
    return Mul(Add(*(term * below for term in expr.args)), 1 / below)


def _addends(expr: Expr) -> Terms:
    return tuple(Term((part,)) for part in Add.make_args(expr))
