"""Prints the algebra of matrices: names without their indices, products, transposes, functions of the entries."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Expr, Indexed, Max, Mul, Pow, Product

from derive.expressions.extremes import Extreme
from derive.expressions.functions import row_of
from derive.expressions.indices import name_of
from derive.expressions.matrices import (
    HOLE,
    Diag,
    DiagonalOf,
    Dots,
    Entry,
    Entrywise,
    Eye,
    Hadamard,
    Kron,
    Length,
    Low,
    Lower,
    Named,
    Ones,
    Operator,
    Plus,
    Power,
    Scaled,
    Softmax,
    Stacked,
    Submatrix,
    Summed,
    Times,
    Trace,
    Transpose,
    Unit,
    Unvec,
    Vec,
    Whole,
    Zeros,
    shape,
)
from derive.expressions.matrix_functions import Written
from derive.expressions.nabla import Nabla
from derive.expressions.notation import subscript
from derive.expressions.products import minus_in_front
from derive.expressions.symbols import Immediate, Partial
from derive.page.print.functions import BINDS
from derive.page.print.norms import table
from derive.page.print.order import kind, ordered, place, signed
from derive.page.print.printer import ADD, ATOM, MUL, POWER, Printed, Printer, write

OPERATORS = {"times": (r"\odot", "⊙"), "divide": (r"\oslash", "⊘")}
LOOSE = (Plus, Scaled, Summed)  # in brackets wherever something stands beside them


def _whole_name(element: Expr, axes: Sequence[Expr], p: Printer) -> str:
    """A family without the indices that run."""
    fixed = [i for i in getattr(element, "indices", ()) if i not in axes]
    if isinstance(getattr(element, "base", None), Written) and fixed:
        return p.printed(element.base[tuple(fixed)])[0]
    if not isinstance(element, Indexed) or isinstance(element.base, (Nabla, Written)):
        return p.printed(getattr(element, "base", element))[0]
    return p.style.name(name_of(element), tuple(map(p.index, fixed)))


@write.register(Whole)
def whole(expr: Whole, p: Printer) -> Printed:
    element = expr.element
    if not isinstance(element, Partial):
        return _whole_name(element, expr.axes, p), MUL if isinstance(getattr(element, "base", None), Nabla) else ATOM
    mark = "+" if isinstance(element, Immediate) else ""
    text = p.style.partial(p.printed(element.of)[0], _whole_name(element.wrt, expr.axes, p), mark)
    return text, MUL if p.style.key == "latex" else POWER


@write.register(Named)
def named(expr: Named, p: Printer) -> Printed:
    return p.printed(expr.args[0])


@write.register(Dots)
def dots(expr: Dots, p: Printer) -> Printed:
    return r"\cdots" if p.style.latex else "⋯", ATOM


@write.register(Ones)
def ones(expr: Ones, p: Printer) -> Printed:
    return _sized(r"\mathbf{1}" if p.style.latex else "𝟏", expr.args[0], p), ATOM


@write.register(Eye)
def eye(expr: Eye, p: Printer) -> Printed:
    return _sized("I", expr.args[0], p), ATOM


def _sized(sign: str, n: Expr, p: Printer) -> str:
    """A sign with its size below: I_D, I_(P+Q)."""
    text = p.index(n)
    if p.style.latex:
        return f"{sign}_{{{text}}}"
    return f"{sign}_{p.style.brackets(text) if n.is_Add else text}"


@write.register(Zeros)
def zeros(expr: Zeros, p: Printer) -> Printed:
    return "0", ATOM


@write.register(Unit)
def unit(expr: Unit, p: Printer) -> Printed:
    place = p.index(expr.args[0])
    return (rf"\mathbf{{e}}_{{{place}}}" if p.style.latex else f"𝐞{subscript(place)}"), ATOM


@write.register(Transpose)
def transpose(expr: Transpose, p: Printer) -> Printed:
    inner = expr.args[0]
    if isinstance(inner, Power) and inner.args[1] == -1:
        base = p.at(inner.args[0], ATOM)
        return (p.style.power(base, r"-\top") if p.style.latex else f"{base}⁻ᵀ"), POWER
    text, level = p.printed(inner)
    bare = isinstance(inner, (Whole, Named, Ones, Unit)) or (
        isinstance(inner, Submatrix) and _is_name(inner.args[0], p)
    )
    text = text if level == ATOM and bare else p.style.brackets(text)
    return (p.style.power(text, r"\top") if p.style.latex else f"{text}ᵀ"), POWER


@write.register(Power)
def power(expr: Power, p: Printer) -> Printed:
    return p.style.power(p.at(expr.args[0], ATOM), p.index(expr.args[1])), POWER


def _beside(expr: Expr, loose: tuple[type, ...], p: Printer) -> str:
    text, level = p.printed(expr)
    loosely = isinstance(expr, loose) or (Hadamard in loose and reciprocal(expr))
    return p.style.brackets(text) if loosely or level <= ADD else text


@write.register(Times)
def times(expr: Times, p: Printer) -> Printed:
    return p.joined([_beside(a, (*LOOSE, Hadamard), p) for a in expr.args]), MUL


@write.register(Scaled)
def scaled(expr: Scaled, p: Printer) -> Printed:
    scale, matrix = expr.args
    text = _beside(matrix, (Plus,), p)
    if abs(scale) == 1:
        return f"-{text}", ADD
    sign, scale = ("-", -scale) if minus_in_front(scale) else ("", scale)
    front, level = p.printed(scale)
    ends = (Times, Extreme, Product)  # a^T b c: which product? min_i x_i A: the least of what?
    bare = level > ADD and not any(isinstance(f, ends) for f in Mul.make_args(scale))
    return sign + p.joined([front if bare else p.style.brackets(front), text]), ADD if sign else MUL


@write.register(Plus)
def plus(expr: Plus, p: Printer) -> Printed:
    return signed(p.printed(a)[0] for a in ordered(expr.args, p.rank)), ADD


@write.register(Hadamard)
def hadamard(expr: Hadamard, p: Printer) -> Printed:
    below = [a for a in expr.args if reciprocal(a)]
    above = sorted((a for a in expr.args if a not in below), key=lambda a: (_kind(a), *place(a, p.rank)))
    text = _circled("times", _powers(above, p), p)
    for a in below:
        inner = a.args[1] if a.args[0].exp == -1 else Entrywise(HOLE ** -a.args[0].exp, a.args[1])
        text = _circled("divide", [text or "1", _beside(inner, (*LOOSE, Times, Hadamard), p)], p)
    return text, MUL


def _powers(factors: list[Expr], p: Printer) -> list[str]:
    """The factors, what stands in brackets twice as its square."""
    counts = {a: factors.count(a) for a in factors if isinstance(a, Plus)}
    squares = [Entrywise(HOLE**n, a) for a, n in counts.items() if n > 1]
    rest = [a for a in factors if counts.get(a, 1) == 1]
    return [_beside(a, (*LOOSE, Times), p) for a in (*rest, *squares)]


def _circled(name: str, parts: list[str], p: Printer) -> str:
    return f" {operator(Operator(name), p)[0]} ".join(parts)


@write.register(Operator)
def operator(expr: Operator, p: Printer) -> Printed:
    return OPERATORS[str(expr.args[0])][0 if p.style.latex else 1], ATOM


@write.register(Entrywise)
def entrywise(expr: Entrywise, p: Printer) -> Printed:
    pattern, *arguments = expr.args
    row = row_of(pattern)
    if row is None and isinstance(pattern, Pow):
        if pattern.exp.is_negative:
            return hadamard(Hadamard(expr), p)
        sign = r"\odot " if p.style.latex else "⊙"
        text = _beside(arguments[0], (*LOOSE, Times, Hadamard, Transpose), p)
        derivative = isinstance(getattr(getattr(arguments[0], "element", None), "base", None), Nabla)
        text = p.style.brackets(text) if derivative else text
        return p.style.power(text, sign + p.printed(pattern.exp)[0]), POWER
    inner = [p.printed(a)[0] for a in arguments]
    if row is None:
        word = "max" if isinstance(pattern, Max) else "min"
        return (rf"\{word}" if p.style.latex else word) + p.style.brackets(", ".join(inner)), ATOM
    bare = row.notation == "prefix" and not isinstance(arguments[0], Whole)
    shown, text = p.style.brackets(inner[0]) if bare else ", ".join(inner), p.style.pattern(row)
    text = text.format(*([shown] if "{}" in text else inner))
    return text, BINDS[row.notation]


def _named(name: str, inner: Expr, p: Printer) -> str:
    return (rf"\mathrm{{{name}}}" if p.style.latex else name) + p.style.brackets(p.printed(inner)[0])


@write.register(Diag)
def diag(expr: Diag, p: Printer) -> Printed:
    inner = expr.args[0]
    if reciprocal(inner):
        return p.style.power(_named("diag", inverse(inner), p), "-1"), POWER
    return _named("diag", inner, p), ATOM


@write.register(Kron)
def kron(expr: Kron, p: Printer) -> Printed:
    sign = r"\otimes" if p.style.latex else "⊗"
    return f" {sign} ".join(p.at(a, POWER) for a in expr.args), ADD


@write.register(Vec)
def vec(expr: Vec, p: Printer) -> Printed:
    return _named("vec", expr.args[0], p), ATOM


@write.register(Unvec)
def unvec(expr: Unvec, p: Printer) -> Printed:
    name = r"\mathrm{vec}^{-1}" if p.style.latex else "vec⁻¹"
    return name + p.style.brackets(p.printed(expr.args[0])[0]), ATOM


@write.register(Submatrix)
def submatrix(expr: Submatrix, p: Printer) -> Printed:
    matrix = expr.args[0]
    both = zip((expr.rows, expr.columns), shape(matrix), strict=True)
    ends = [":" if (a, b) == (1, n) else f"{p.index(a)}:{p.index(b)}" for (a, b), n in both]
    places = ends[0] if shape(matrix)[1] == 1 else ",".join(ends)
    text, _ = p.printed(matrix)
    inner = text if _is_name(matrix, p) else p.style.brackets(text)
    return inner + (f"_{{{places}}}" if p.style.latex else subscript(places)), ATOM


def _is_name(matrix: Expr, p: Printer) -> bool:
    """Can a subscript stand beside it? Not beside another one."""
    text, level = p.printed(matrix)
    return level == ATOM and isinstance(matrix, (Whole, Named)) and "_" not in text


@write.register(Stacked)
def stacked(expr: Stacked, p: Printer) -> Printed:
    """A matrix by its blocks, as one by its entries is written."""
    return table([[p.printed(block)[0] for block in row] for row in expr.args], p), ATOM


@write.register(DiagonalOf)
def diagonal(expr: DiagonalOf, p: Printer) -> Printed:
    return _named("diag", expr.args[0], p), ATOM


@write.register(Lower)
def lower(expr: Lower, p: Printer) -> Printed:
    one = Ones(expr.args[0])
    return _named("tril", Times(one, Transpose(one)), p), ATOM


@write.register(Low)
def low(expr: Low, p: Printer) -> Printed:
    return _named("low", expr.args[0], p), ATOM


@write.register(Trace)
def trace(expr: Trace, p: Printer) -> Printed:
    return _named("tr", expr.args[0], p), ATOM


@write.register(Softmax)
def softmax(expr: Softmax, p: Printer) -> Printed:
    return _named("softmax", expr.args[0], p), ATOM


@write.register(Length)
def length(expr: Length, p: Printer) -> Printed:
    inner, one = p.printed(expr.args[0])[0], shape(expr.args[0])[1] == 1
    if p.style.latex:
        tall = (r"\left", r"\right") if r"\frac" in inner else ("", "")
        return rf"{tall[0]}\lVert {inner} {tall[1]}\rVert" + ("" if one else "_F"), ATOM
    return f"‖{inner}‖" + ("" if one else "_F"), ATOM


@write.register(Summed)
def summed(expr: Summed, p: Printer) -> Printed:
    return p.totals(expr.limits) + _beside(expr.args[0], (Plus,), p), MUL


@write.register(Entry)
def entry(expr: Entry, p: Printer) -> Printed:
    matrix, *letters = expr.args
    places = "".join(p.index(i) for i in letters)
    inner = p.printed(matrix)[0]
    tall = any(sign in inner for sign in (r"\frac", r"\sum"))
    left, right = (r"\left[", r"\right]") if tall else ("[", "]")
    lower = f"_{{{places}}}" if p.style.latex else subscript(places)
    return f"{left}{inner}{right}{lower}", ATOM


def reciprocal(expr: Expr) -> bool:
    """Is it divided by, entry by entry?"""
    return isinstance(expr, Entrywise) and isinstance(expr.args[0], Pow) and bool(expr.args[0].exp.is_negative)


def inverse(expr: Expr) -> Expr:
    """What a reciprocal divides by."""
    exponent = -expr.args[0].exp
    return expr.args[1] if exponent == 1 else Entrywise(HOLE**exponent, expr.args[1])


def _kind(expr: Expr) -> int:
    """The order of factors: adjoints, names, brackets, functions."""
    if isinstance(expr, Whole):
        return kind(expr.element)
    return 2 if isinstance(expr, Plus) else 3 if isinstance(expr, Entrywise) else 1
