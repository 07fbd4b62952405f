"""Prints derivatives, limits and moments: operators that are written in front of what they are applied to."""

from __future__ import annotations

from sympy import Add, Mul, Sum

from derive.expressions.moments import Moment
from derive.expressions.symbols import Immediate, LimitOf, Partial, Tangent
from derive.page.print.printer import ATOM, MUL, POWER, Printed, Printer, write


@write.register(Partial)
def partial(expr: Partial, p: Printer) -> Printed:
    if isinstance(expr.of, Partial):
        return p.style.second(p(expr.of.of), p(expr.of.wrt), p(expr.wrt)), POWER
    mark = "+" if isinstance(expr, Immediate) else ""
    if isinstance(expr.of, (Add, Mul, Sum)):  # the operator stands before what is differentiated
        return f"{p.style.partial('', p(expr.wrt), mark)} {p.at(expr.of, ATOM)}", MUL
    return p.style.partial(p(expr.of), p(expr.wrt), mark), ATOM if p.style.key == "latex" else POWER


@write.register(Tangent)
def tangent(expr: Tangent, p: Printer) -> Printed:
    return p.style.along(p(expr.args[0])), MUL


@write.register(LimitOf)
def limit(expr: LimitOf, p: Printer) -> Printed:
    of, variable, to = expr.args
    return p.style.limit(p(variable), "" if to.is_infinite else p(to)) + p.at(of, MUL), MUL


@write.register(Moment)
def moment(expr: Moment, p: Printer) -> Printed:
    return p.style.moment(expr.sign, ", ".join(p(a) for a in expr.args)), ATOM
