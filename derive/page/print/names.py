"""Prints names, indices and numbers, which have no parts to arrange."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import E, Expr, Float, Idx, Indexed, IndexedBase, NumberSymbol, Rational, S, Symbol

from derive.expressions.functions import BY_NAME
from derive.expressions.indices import name_of
from derive.expressions.matrix_functions import MatrixRow, OfMatrix, Written, WrittenScalar
from derive.expressions.nabla import Nabla, NablaScalar
from derive.expressions.notation import subscript
from derive.expressions.symbols import Blank
from derive.page.numerals import Numeral
from derive.page.print.printer import ADD, ATOM, MUL, POWER, Printed, Printer, write

DOTS = 32  # of a line that is to be filled in


@write.register(Symbol)
def symbol(expr: Symbol, p: Printer) -> Printed:
    number = p.sizes.get(expr)
    return (str(number) if number is not None else p.style.name(expr.name, ())), ATOM


@write.register(Blank)
def blank(expr: Blank, p: Printer) -> Printed:
    return (r"\dots" if p.style.latex else "…") * DOTS, ATOM


@write.register(WrittenScalar)
@write.register(Written)
def function_of_matrix(expr: Written | WrittenScalar, p: Printer) -> Printed:
    return written(expr, (), p), _strength(expr.row)


def written(expr: Written | WrittenScalar | OfMatrix, batch: Sequence[Expr], p: Printer) -> str:
    """A function of a matrix, which may be known to be positive definite, as mathematics writes it: S_k^-1."""
    latex, text = expr.row.positive if expr.positive and expr.row.positive else (expr.row.latex, expr.row.text)
    matrix = expr.matrix[batch] if batch else expr.matrix
    inside = p.at(matrix, ATOM) if expr.row.name == "inverse" else p.printed(matrix)[0]
    return (latex if p.style.latex else text).format(inside)


def _strength(row: MatrixRow) -> int:
    """How strongly its sign binds its parts."""
    return POWER if row.name == "inverse" else MUL if row.rank == 0 else ATOM


@write.register(NablaScalar)
@write.register(Nabla)
def derivative(expr: Nabla | NablaScalar, p: Printer) -> Printed:
    """The derivative of f with respect to x, nabla_x f, whatever both are."""
    of, wrt = (p.printed(e)[0] for e in (expr.of, expr.wrt))
    sign = p.style.name("N", (wrt,)).replace("N", r"\nabla" if p.style.latex else "∇", 1)
    return f"{sign} {of}", MUL


@write.register(OfMatrix)
def definition(expr: OfMatrix, p: Printer) -> Printed:
    return _element(expr, expr.indices, p)


def _element(expr: Written | OfMatrix, position: Sequence[Expr], p: Printer) -> Printed:
    """An element of what is written in several signs: in brackets, or as that of its first sign, lambda_k(A)."""
    batch, indices = position[: expr.many], position[expr.many :]
    matrix = written(expr, batch, p)
    if not indices:
        return matrix, _strength(expr.row)
    lower = _lower(indices, p)
    if expr.row.applied:
        return matrix.replace("(", lower + "(", 1), ATOM
    return p.style.brackets(matrix) + lower, ATOM


def _lower(indices: Sequence[Expr], p: Printer) -> str:
    """Indices below what stands in brackets."""
    apart = "" if all(len(p.index(i)) == 1 for i in indices) else ","
    letters = apart.join(map(p.index, indices))
    return f"_{{{letters}}}" if p.style.latex else subscript(letters)


@write.register(IndexedBase)
def family(expr: IndexedBase, p: Printer) -> Printed:
    return p.style.name(expr.name, ()), ATOM


@write.register(Idx)
def index(expr: Idx, p: Printer) -> Printed:
    return p.index(expr), ATOM


@write.register(Indexed)
def element(expr: Indexed, p: Printer) -> Printed:
    if isinstance(expr.base, Written):
        return _element(expr.base, expr.indices, p)
    if isinstance(expr.base, Nabla):
        return p.style.brackets(p.printed(expr.base)[0]) + _lower(expr.indices, p), ATOM
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
