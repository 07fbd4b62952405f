"""Norms, spectral radii, matrices of numbers, and relations between numbers."""

from __future__ import annotations

from sympy import Basic, IndexedBase
from sympy.core.relational import Relational
from sympy.matrices import MatrixBase

from derive.expressions.norms import Norm, SpectralRadius
from derive.page.print.arithmetic import Arithmetic
from derive.page.print.atoms import ADD, ATOM, Printed


class Magnitudes(Arithmetic):
    """Prints what the analysis of a recurrence is written in."""

    def _norm(self, expr: Norm) -> Printed:
        name, spectral = self._whole(expr.args[0]), expr.kind == "2"
        if expr.kind == "abs":
            return (rf"\lvert {name}\rvert" if self.style.latex else f"|{name}|"), ATOM
        if self.style.latex:
            tall = (r"\left", r"\right") if r"\frac" in name else ("", "")
            return rf"{tall[0]}\lVert {name}{tall[1]}\rVert_" + ("2" if spectral else r"{\infty}"), ATOM
        return f"‖{name}‖" + ("₂" if spectral else "_∞"), ATOM

    def _whole(self, expr: Basic) -> str:
        """A family by its name, anything else as it is printed."""
        return self.style.name(expr.name, ()) if isinstance(expr, IndexedBase) else self.printed(expr)[0]

    def _radius(self, expr: SpectralRadius) -> Printed:
        matrix = expr.args[0]
        inner = self._matrix(matrix)[0] if isinstance(matrix, MatrixBase) else self.style.name(expr.name, ())
        if not self.style.latex:
            return f"ρ({inner})", ATOM
        return rf"\rho\left({inner}\right)" if isinstance(matrix, MatrixBase) else rf"\rho({inner})", ATOM

    def _matrix(self, matrix: MatrixBase) -> Printed:
        rows = [[self.printed(e)[0] for e in matrix.row(n)] for n in range(matrix.rows)]
        if self.style.latex:
            inner = r" \\ ".join(" & ".join(row) for row in rows)
            return rf"\begin{{pmatrix}} {inner} \end{{pmatrix}}", ATOM
        return "[" + "; ".join(", ".join(row) for row in rows) + "]", ATOM

    def _relation(self, expr: Relational) -> Printed:
        left, right = (self.printed(side)[0] for side in expr.args)
        return f"{left} {self.style.relations[expr.rel_op]} {right}", ADD
