"""Prints names, indices and numbers, which have no parts to arrange."""

from __future__ import annotations

from sympy import E, Expr, Float, Idx, Indexed, IndexedBase, NumberSymbol, Rational, S, Symbol

from derive.expressions.functions import BY_NAME
from derive.expressions.indices import name_of
from derive.page.numerals import Numeral
from derive.page.print.printer import ADD, ATOM, MUL, POWER, Printed, Printer, write


@write.register(Symbol)
def symbol(expr: Symbol, p: Printer) -> Printed:
    number = p.sizes.get(expr)
    return (str(number) if number is not None else p.style.name(expr.name, ())), ATOM


@write.register(IndexedBase)
def family(expr: IndexedBase, p: Printer) -> Printed:
    return p.style.name(expr.name, ()), ATOM


@write.register(Idx)
def index(expr: Idx, p: Printer) -> Printed:
    return p.index(expr), ATOM


@write.register(Indexed)
def element(expr: Indexed, p: Printer) -> Printed:
    return p.style.name(name_of(expr), tuple(p.index(i) for i in expr.indices)), ATOM


@write.register(Rational)
def rational(expr: Rational, p: Printer) -> Printed:
    if expr.q == 1:
        return str(expr.p), ATOM if expr.p >= 0 else ADD
    text = p.style.fraction(str(abs(expr.p)), str(expr.q))
    return ("-" if expr.p < 0 else "") + text, MUL if expr.p > 0 else ADD


@write.register(type(S.Infinity))
@write.register(type(S.NegativeInfinity))
def infinite(expr: Expr, p: Printer) -> Printed:
    name = r"\infty" if p.style.latex else "∞"
    return (name, ATOM) if expr is S.Infinity else (f"-{name}", ADD)


@write.register(NumberSymbol)
def constant(expr: NumberSymbol, p: Printer) -> Printed:
    """The number pi is a Greek letter; e is written as e to the power 1, for a model may have a quantity e."""
    if expr is E:
        return p.style.pattern(BY_NAME["exp"]).format("1"), POWER
    return p.style.name(type(expr).__name__.lower(), ()), ATOM


@write.register(Float)
def rounded(expr: Float, p: Printer) -> Printed:
    text = Numeral(float(expr)).text(p.style.latex)
    return text, ADD if expr < 0 else ATOM if text.replace(".", "").isdigit() else MUL
