"""Prints names, indices and numbers, which have no parts to arrange."""

from __future__ import annotations

from sympy import Float, Idx, Indexed, IndexedBase, Rational, Symbol

from derive.expressions.indices import name_of
from derive.page.numerals import Numeral
from derive.page.print.printer import ADD, ATOM, MUL, Printed, Printer, write


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


@write.register(Float)
def rounded(expr: Float, p: Printer) -> Printed:
    text = Numeral(float(expr)).text(p.style.latex)
    return text, ADD if expr < 0 else ATOM if text.replace(".", "").isdigit() else MUL
