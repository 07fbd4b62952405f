"""Prints functions: those of the table, indicators, cases with their conditions, and functions without a definition."""

from __future__ import annotations

import re
from typing import Any

from sympy import (
    And,
    Basic,
    Expr,
    Indexed,
    KroneckerDelta,
    Max,
    Min,
    Mod,
    Not,
    Or,
    Piecewise,
    S,
    polygamma,
)
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational

from derive.expressions.blocks import Block, Place
from derive.expressions.elementwise import Compared
from derive.expressions.functions import Row, arguments, row_of
from derive.expressions.indices import bounded
from derive.expressions.intervals import inside
from derive.memo import memo
from derive.page.print.order import ordered
from derive.page.print.printer import ADD, ATOM, MUL, POWER, Printed, Printer, write
from derive.page.print.style import tall

BRACKETS = re.compile(r"\((\{[^()]*\})\)")  # of a pattern, round an argument
BINDS = {"brackets": ATOM, "prefix": MUL, "raised": POWER, "root": POWER}  # a function, by its notation

EULER = "e"


@write.register(Basic)
def function(expr: Basic, p: Printer) -> Printed:
    """A function of the table; whatever no module registers is printed by its name."""
    row = row_of(expr)
    if row is None:
        return f"{type(expr).__name__}({', '.join(p(a) for a in expr.args)})", ATOM
    if row.notation == "raised" and p.style.latex and EULER in p.rank:  # a letter of the model: not e^x beside it
        return rf"\exp{p.style.brackets(p.printed(expr.args[0])[0])}", MUL
    pattern, inner = p.style.pattern(row), [_argument(row, a, p) for a in arguments(expr)]
    if p.style.latex and any(map(tall, inner)):
        pattern = BRACKETS.sub(r"\\left(\1\\right)", pattern)
        pattern = pattern.replace(r"\lfloor", r"\left\lfloor").replace(r"\rfloor", r"\right\rfloor")
    return pattern.format(*([", ".join(inner)] if "{}" in pattern else inner)), BINDS[row.notation]


@write.register(polygamma)
def derivatives_of_log_gamma(expr: polygamma, p: Printer) -> Printed:
    """ψ(x), and its n-th derivative with a raised (n)."""
    order, inner = expr.args
    name = r"\psi" if p.style.latex else "ψ"
    raised = name if order == 0 else p.style.power(name, f"({p.printed(order)[0]})")
    return f"{raised}({p.printed(inner)[0]})", ATOM


def _argument(row: Row, inner: Basic, p: Printer) -> str:
    if row.notation == "raised":
        return p.exponent(inner)
    return p.at(inner, ATOM) if row.notation == "prefix" else p.printed(inner)[0]


@write.register(KroneckerDelta)
def delta(expr: KroneckerDelta, p: Printer) -> Printed:
    return p.style.delta(p.index(expr.args[0]), p.index(expr.args[1])), ATOM


@write.register(inside)
def indicator(expr: inside, p: Printer) -> Printed:
    value, low, high = expr.args
    return p.style.condition(p.index(low), p.index(value), p.index(high)), ATOM


@write.register(Block)
def block(expr: Block, p: Printer) -> Printed:
    value, length = (p.index(a) for a in expr.args)
    value = p.style.brackets(value) if expr.args[0].is_Add else value
    return (rf"\lceil {value}/{length} \rceil" if p.style.latex else f"⌈{value}/{length}⌉"), ATOM


@write.register(Place)
def place(expr: Place, p: Printer) -> Printed:
    return p.index(expr.written), ADD


@write.register(AppliedUndef)
def abstract(expr: AppliedUndef, p: Printer) -> Printed:
    return p.style.name(str(expr.func), ()) + p.style.brackets(", ".join(p(a) for a in expr.args)), ATOM


@write.register(Max)
@write.register(Min)
def extremum(expr: Max | Min, p: Printer) -> Printed:
    inner = p.style.brackets(", ".join(p.printed(a)[0] for a in ordered(expr.args, p.rank)))
    word = "max" if isinstance(expr, Max) else "min"
    return (rf"\{word}{inner}" if p.style.latex else f"{word}{inner}"), ATOM


@write.register(Compared)
def compared(expr: Compared, p: Printer) -> Printed:
    return p.printed(expr.difference)


@write.register(Relational)
def relation(expr: Relational, p: Printer) -> Printed:
    if isinstance(expr.lhs, Mod):
        value, stride = expr.lhs.args
        return p.style.residue(p.index(value), expr.rel_op == "==", p.index(expr.rhs), p.index(stride)), ADD
    left, sign, right, shown = _sides(expr)
    write = p.index if shown else lambda side: p.printed(side)[0]
    return f"{write(left)} {p.style.relations[sign]} {write(right)}", ADD


@memo
def _sides(expr: Relational) -> tuple[Expr, str, Expr, bool]:
    """The left side, the sign and the right side as they are written, and whether both are numbers of places."""
    left, right, sign = expr.lhs, expr.rhs, expr.rel_op
    found = bounded(expr)
    if found is not None:
        return *found, True
    gap = left - right
    alone = gap.atoms(Indexed)
    for element in alone if len(alone) == 1 else ():  # r_n <= 1 + eps, which sympy turns around too
        slope, rest = gap.coeff(element), gap.coeff(element, 0)
        if abs(slope) == 1 and not rest.has(element) and rest != 0:
            left, right, sign = element, -slope * rest, (expr if slope == 1 else expr.reversed).rel_op
    return left, sign, right, False


@write.register(And)
@write.register(Or)
def joined(expr: And | Or, p: Printer) -> Printed:
    return _condition(expr, p), ADD


@write.register(Piecewise)
def cases(expr: Piecewise, p: Printer) -> Printed:
    """Each value with its condition; the last one's too, which sympy only calls true."""
    rows: list[tuple[str, str]] = []
    before: list[Any] = []
    for value, condition in expr.args:
        when = Not(Or(*before)).to_nnf() if condition is S.true and before else condition
        rows.append((p.printed(value)[0], _condition(when, p)))
        before.append(condition)
    return p.style.cases(rows), ATOM


def _condition(expr: Any, p: Printer) -> str:
    """A comparison, or several joined by and and or."""
    if isinstance(expr, (And, Or)):
        sign = p.style.both if isinstance(expr, And) else p.style.either
        return sign.join(sorted((_joint(a, p) for a in expr.args), key=lambda t: (p.style.relations[">="] not in t, t)))
    return p(expr) if isinstance(expr, Relational) else str(expr)


def _joint(expr: Any, p: Printer) -> str:
    return f"({_condition(expr, p)})" if isinstance(expr, (And, Or)) else _condition(expr, p)
