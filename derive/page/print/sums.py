"""Prints sums, products, fractions and powers with the brackets that they need."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isqrt

from sympy import Add, And, Eq, Expr, Idx, Integer, Mul, Or, Piecewise, Pow, Product, Rational, S, Sum, Symbol, fraction

from derive.expressions.coefficients import number_in_front, number_of
from derive.expressions.extremes import Amax, Extreme
from derive.expressions.functions import row_of
from derive.expressions.indices import BINDERS, apart, denominator
from derive.expressions.matrices import Times, Trace
from derive.expressions.symbols import Partial
from derive.page.print.functions import function
from derive.page.print.order import kind, open_ended, ordered, place, signed
from derive.page.print.printer import ADD, ATOM, MUL, POWER, Printed, Printer, write


@write.register(Add)
def add(expr: Add, p: Printer) -> Printed:
    if expr.has(Idx) and all(isinstance(a, (Idx, Integer)) or _part_of_index(a) for a in expr.args):
        return p.index(expr), MUL if denominator(expr) > 1 else ADD
    if number_in_front(expr) != 1:
        number, rest = number_of(expr)
        return _times(number, [rest], p)
    terms = ordered(expr.args, p.rank)
    if all(a.could_extract_minus_sign() for a in terms):
        return "-" + p.style.brackets(signed(p.printed(-a)[0] for a in terms)), ADD
    return signed(p.printed(a)[0] for a in terms), ADD


def _part_of_index(expr: Expr) -> bool:
    """Is it a number, or a fraction of an index, as in (i + 1)/2?"""
    number, rest = expr.as_coeff_Mul()
    return bool(number.is_Rational) and (rest == 1 or (isinstance(rest, Idx) and not number.is_Integer))


@write.register(Mul)
def multiply(expr: Mul, p: Printer) -> Printed:
    if _part_of_index(expr):
        return p.index(expr), ADD if expr.could_extract_minus_sign() else MUL
    number, factors = expr.as_coeff_mul()
    apart = [number_of(f) for f in factors]
    return _times(Mul(number, *(n for n, _ in apart)), [f for _, f in apart], p)


def _times(number: Rational, factors: Sequence[Expr], p: Printer) -> Printed:
    """A number times factors, none of which has a number to be taken out."""
    sign, number = ("-", -number) if number.is_negative else ("", number)
    number, over, under, factors = _roots(number, factors)
    below = [*under, *(f.base**-f.exp for f in factors if isinstance(f, Pow) and f.exp.is_negative)]
    above = [*over, *_sorted((f for f in factors if not (isinstance(f, Pow) and f.exp.is_negative)), p)]
    text = _fraction(number, above, below, p) if below else _product(number, above, p)
    return sign + text, ADD if sign else MUL


def _roots(number: Rational, factors: Sequence[Expr]) -> tuple[Rational, list[Expr], list[Expr], Sequence[Expr]]:
    """The number in front, a root above and one below the fraction line, and the other factors of a product.

    sympy keeps the roots of numbers apart: sqrt(2)/(2 sqrt(pi)) is 1/sqrt(2 pi), and sqrt(2)/sqrt(pi) is sqrt(2/pi).
    """
    roots = [f for f in factors if isinstance(f, Pow) and f.is_number and 2 * abs(f.exp) == 1]
    if not roots:
        return number, [], [], factors
    inside, rest = Mul(*(f.base ** (2 * f.exp) for f in roots)), [f for f in factors if f not in roots]
    over, under = fraction(number**2 * inside)
    whole, below = isqrt(over.p) if over.is_Integer else 0, under.as_coeff_Mul()[0]
    if whole and whole**2 == over and all(below % n**2 for n in range(2, isqrt(below.p) + 1)):
        return Rational(whole), [], [_root(under)], rest
    together = len({f.exp for f in roots}) > 1
    return (number, [_root(inside)], [], rest) if together else (number, [], [], factors)


def _root(inside: Expr) -> Expr:
    """The root as it is written; sympy would take it apart."""
    return Pow(inside, S.Half, evaluate=False)


def _sorted(factors: Iterable[Expr], p: Printer) -> list[Expr]:
    """Factors as an author puts them: by their kind, then by the first name declared."""
    return sorted(factors, key=lambda f: (kind(f), *place(f, p.rank)))


def _product(number: Rational, factors: Sequence[Expr], p: Printer) -> str:
    parts = [_factor(f, f is factors[-1], p) for f in factors]
    if number != 1:
        parts = [p.printed(number)[0], *parts]
    return p.joined(parts)


def _factor(factor: Expr, last: bool, p: Printer) -> str:
    text, level = p.printed(factor)
    return text if level > ADD and (last or not open_ended(factor)) else p.style.brackets(text)


def _fraction(number: Rational, above: list[Expr], below: list[Expr], p: Printer) -> str:
    """Names go over the fraction line, brackets and cases only where they stand alone; partials and sums stand behind
    it."""
    apart = (Partial, Times, Trace, *BINDERS) if len(above) == 1 else (Partial, Times, Trace, Piecewise, *BINDERS)
    behind = [f for f in above if isinstance(f, apart)]
    over = [f for f in above if f not in behind]
    top = _product(Rational(number.p), over, p) if over or not above or number.p != 1 else "1"
    if len(over) == 1 and number.p == 1:
        top = p.at(over[0], MUL) if p.style.wide_fractions else p.printed(over[0])[0]
    below = _sorted(below, p)
    bottom = _product(Rational(number.q), below, p)
    if len(below) == 1 and number.q == 1:
        bottom = p.at(below[0], POWER) if p.style.wide_fractions else p.printed(below[0])[0]
    elif p.style.wide_fractions:
        bottom = p.style.brackets(bottom)
    rest = [_factor(f, f is behind[-1], p) for f in behind]
    return p.joined([p.style.fraction(top, bottom), *rest])


@write.register(Pow)
def power(expr: Pow, p: Printer) -> Printed:
    if row_of(expr) is not None:  # a square root
        return function(expr, p)
    base, exponent = expr.args
    if exponent.is_number and exponent.is_negative:
        return _fraction(Rational(1), [], [base**-exponent], p), MUL
    counted = all(isinstance(s, (Idx, Symbol)) and s.is_integer for s in exponent.free_symbols)
    return _raised(base, p.index(exponent) if counted else p.exponent(exponent), p), POWER


def _raised(base: Expr, exponent: str, p: Printer) -> str:
    row = row_of(base)
    if row is not None and row.latex_power and p.style.latex:
        return row.latex_power.format(p.printed(base.args[0])[0], exponent)
    return p.style.power(p.at(base, ATOM), exponent)


@write.register(Sum)
def total(expr: Sum, p: Printer) -> Printed:
    return p.totals(expr.limits) + p.at(_under(expr), MUL), MUL


def _under(expr: Expr) -> Expr:
    """What stands under a sign: a sign in it has another letter."""
    return apart(expr.function, [i for i, *_ in expr.limits])


@write.register(Product)
def product(expr: Product, p: Printer) -> Printed:
    """The sign of a product for each index; what is left out, which is 1 in the product, stands below the sign."""
    body, left_out = _left_out(_under(expr), [i for i, *_ in expr.limits], p)
    below = [p.style.apart.join(left_out), *[""] * (len(expr.limits) - 1)]
    signs = [
        p.style.product(p.letter(i), p.index(low), p.index(high), out)
        for (i, low, high), out in zip(expr.limits, below, strict=True)
    ]
    return "".join(reversed(signs)) + p.at(body, MUL), MUL


@write.register(Extreme)
def extreme(expr: Extreme, p: Printer) -> Printed:
    """max over an index of what follows."""
    word = "max" if isinstance(expr, Amax) else "min"
    signs = [p.style.extreme(word, p.letter(i), p.index(low), p.index(high)) for i, low, high in reversed(expr.limits)]
    return "".join(signs) + p.at(_under(expr), MUL), MUL


def _left_out(body: Expr, bound: Sequence[Idx], p: Printer) -> tuple[Expr, list[str]]:
    """What a product is over, and where it is 1 instead: k ≠ i for {1 [k = i]; w_k [k ≠ i]}."""
    found = []
    while isinstance(body, Piecewise) and len(body.args) == 2 and body.args[0][0] is S.One:
        places = [_place_of(c, bound, p) for c in Or.make_args(body.args[0][1])]
        if body.args[1][1] is not S.true or None in places:
            break
        found += [place for place in places if place is not None]
        body = body.args[1][0]
    return body, sorted(found)


def _place_of(condition: Expr, bound: Sequence[Idx], p: Printer) -> str | None:
    """The place that a condition leaves out, as an inequality; None where it is none."""
    equal = And.make_args(condition)
    if not all(isinstance(e, Eq) and set(e.args) & set(bound) for e in equal):
        return None
    pairs = sorted(((e.lhs, e.rhs) if e.lhs in bound else (e.rhs, e.lhs) for e in equal), key=lambda e: str(e[0]))
    sides = [", ".join(p.index(pair[n]) for pair in pairs) for n in (0, 1)]
    one, other = sides if len(pairs) == 1 else [f"({side})" for side in sides]
    return f"{one} {p.style.relations['!=']} {other}"
