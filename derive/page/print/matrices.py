"""Matrices as one writes them: names without their indices, products, transposes, functions of entries."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Expr, Indexed, Mul, Pow

from derive.expressions.functions import row_of
from derive.expressions.indices import name_of
from derive.expressions.matrices import (
    HOLE,
    Diag,
    DiagonalOf,
    Entry,
    Entrywise,
    Hadamard,
    Matrix,
    Named,
    Ones,
    Operator,
    Plus,
    Power,
    Scaled,
    Softmax,
    Summed,
    Times,
    Transpose,
    Whole,
    shape,
)
from derive.expressions.notation import subscript
from derive.expressions.symbols import Immediate, Partial
from derive.page.print.atoms import ADD, ATOM, BINDS, MUL, POWER, Printed
from derive.page.print.order import kind, signed
from derive.page.print.shapes import Shapes

OPERATORS = {"times": (r"\odot", "⊙"), "divide": (r"\oslash", "⊘")}
LOOSE = (Plus, Scaled, Summed)  # in brackets wherever something stands beside them


class Matrices(Shapes):
    """Prints the algebra of `derive.expressions.matrices`."""

    def _algebra(self, expr: Matrix) -> Printed:
        printed: Printed = getattr(self, f"_write_{type(expr).__name__.lower()}")(expr)
        return printed

    def _whole_name(self, element: Expr, axes: Sequence[Expr]) -> str:
        """A family without the indices that run."""
        if not isinstance(element, Indexed):
            return self.printed(element)[0]
        return self.style.name(name_of(element), tuple(self.index(i) for i in element.indices if i not in axes))

    def _write_whole(self, expr: Whole) -> Printed:
        element = expr.element
        if not isinstance(element, Partial):
            return self._whole_name(element, expr.axes), ATOM
        mark = "+" if isinstance(element, Immediate) else ""
        text = self.style.partial(self.printed(element.of)[0], self._whole_name(element.wrt, expr.axes), mark)
        return text, MUL if self.style.key == "latex" else POWER

    def _write_named(self, expr: Named) -> Printed:
        return self.printed(expr.args[0])

    def _write_dots(self, expr: Matrix) -> Printed:
        return r"\cdots" if self.style.latex else "⋯", ATOM

    def _write_ones(self, expr: Matrix) -> Printed:
        return (
            rf"\mathbf{{1}}_{{{self.index(expr.args[0])}}}" if self.style.latex else f"𝟏_{self.index(expr.args[0])}"
        ), ATOM

    def _write_eye(self, expr: Matrix) -> Printed:
        return (f"I_{{{self.index(expr.args[0])}}}" if self.style.latex else f"I_{self.index(expr.args[0])}"), ATOM

    def _write_zeros(self, expr: Matrix) -> Printed:
        return "0", ATOM

    def _write_transpose(self, expr: Matrix) -> Printed:
        inner = expr.args[0]
        text, level = self.printed(inner)
        text = text if level == ATOM and isinstance(inner, (Whole, Named, Ones)) else self.style.brackets(text)
        return (self.style.power(text, r"\top") if self.style.latex else f"{text}ᵀ"), POWER

    def _write_power(self, expr: Power) -> Printed:
        return self.style.power(self.at(expr.args[0], ATOM), self.index(expr.args[1])), POWER

    def _beside(self, expr: Expr, loose: tuple[type, ...]) -> str:
        text, level = self.printed(expr)
        return self.style.brackets(text) if isinstance(expr, loose) or level <= ADD else text

    def _write_times(self, expr: Times) -> Printed:
        return self._joined([self._beside(a, (*LOOSE, Hadamard)) for a in expr.args]), MUL

    def _write_scaled(self, expr: Scaled) -> Printed:
        scale, matrix = expr.args
        text = self._beside(matrix, (Plus,))
        if abs(scale) == 1:
            return f"-{text}", ADD
        sign, scale = ("-", -scale) if scale.could_extract_minus_sign() else ("", scale)
        front, level = self.printed(scale)
        bare = level > ADD and not any(isinstance(f, Times) for f in Mul.make_args(scale))  # a^T b c: which product?
        return sign + self._joined([front if bare else self.style.brackets(front), text]), ADD if sign else MUL

    def _write_plus(self, expr: Plus) -> Printed:
        return signed(self.printed(a)[0] for a in self.ordered(expr.args)), ADD

    def _write_hadamard(self, expr: Hadamard) -> Printed:
        below = [a for a in expr.args if reciprocal(a)]
        above = sorted((a for a in expr.args if a not in below), key=lambda a: (_kind(a), *self.place(a)))
        text = self._circled("times", self._powers(above))
        for a in below:
            inner = a.args[1] if a.args[0].exp == -1 else Entrywise(HOLE ** -a.args[0].exp, a.args[1])
            text = self._circled("divide", [text or "1", self._beside(inner, (*LOOSE, Times, Hadamard))])
        return text, MUL

    def _powers(self, factors: list[Expr]) -> list[str]:
        """The factors, what stands in brackets twice as its square."""
        counts = {a: factors.count(a) for a in factors if isinstance(a, Plus)}
        squares = [Entrywise(HOLE**n, a) for a, n in counts.items() if n > 1]
        rest = [a for a in factors if counts.get(a, 1) == 1]
        return [self._beside(a, (*LOOSE, Times)) for a in (*rest, *squares)]

    def _circled(self, name: str, parts: list[str]) -> str:
        return f" {self._write_operator(Operator(name))[0]} ".join(parts)

    def _write_operator(self, expr: Operator) -> Printed:
        return OPERATORS[str(expr.args[0])][0 if self.style.latex else 1], ATOM

    def _write_entrywise(self, expr: Entrywise) -> Printed:
        pattern, *arguments = expr.args
        row = row_of(pattern)
        if row is None and isinstance(pattern, Pow):
            if pattern.exp.is_negative:
                return self._write_hadamard(Hadamard(expr))
            sign = r"\odot " if self.style.latex else "⊙"
            text = self._beside(arguments[0], (*LOOSE, Times, Hadamard, Transpose))
            return self.style.power(text, sign + self.printed(pattern.exp)[0]), POWER
        inner = [self.printed(a)[0] for a in arguments]
        if row is None:
            return (r"\max" if self.style.latex else "max") + self.style.brackets(", ".join(inner)), ATOM
        bare = row.notation == "prefix" and not isinstance(arguments[0], Whole)
        text = self.style.pattern(row).format(self.style.brackets(inner[0]) if bare else inner[0])
        return text, BINDS[row.notation]

    def _named(self, name: str, inner: Expr) -> str:
        return (rf"\mathrm{{{name}}}" if self.style.latex else name) + self.style.brackets(self.printed(inner)[0])

    def _write_diag(self, expr: Diag) -> Printed:
        inner = expr.args[0]
        if reciprocal(inner):
            return self.style.power(self._named("diag", inverse(inner)), "-1"), POWER
        return self._named("diag", inner), ATOM

    def _write_diagonalof(self, expr: DiagonalOf) -> Printed:
        return self._named("diag", expr.args[0]), ATOM

    def _write_trace(self, expr: Matrix) -> Printed:
        return self._named("tr", expr.args[0]), ATOM

    def _write_softmax(self, expr: Softmax) -> Printed:
        return self._named("softmax", expr.args[0]), ATOM

    def _write_length(self, expr: Matrix) -> Printed:
        inner, one = self.printed(expr.args[0])[0], shape(expr.args[0])[1] == 1
        if self.style.latex:
            tall = (r"\left", r"\right") if r"\frac" in inner else ("", "")
            return rf"{tall[0]}\lVert {inner} {tall[1]}\rVert" + ("" if one else "_F"), ATOM
        return f"‖{inner}‖" + ("" if one else "_F"), ATOM

    def _write_summed(self, expr: Summed) -> Printed:
        return "".join(self._total(limit) for limit in expr.limits) + self._beside(expr.args[0], (Plus,)), MUL

    def _write_entry(self, expr: Entry) -> Printed:
        matrix, *letters = expr.args
        places = "".join(self.index(i) for i in letters)
        inner = self.printed(matrix)[0]
        tall = any(sign in inner for sign in (r"\frac", r"\sum"))
        left, right = (r"\left[", r"\right]") if tall else ("[", "]")
        lower = f"_{{{places}}}" if self.style.latex else subscript(places)
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
