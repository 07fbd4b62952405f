"""Prints norms, spectral radii, and matrices of numbers."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Basic, IndexedBase
from sympy.matrices import MatrixBase

from derive.expressions.norms import Norm, SpectralRadius
from derive.page.print.printer import ATOM, MUL, Printed, Printer, write


@write.register(Norm)
def norm(expr: Norm, p: Printer) -> Printed:
    """A norm; sup over l of ||W_l|| for matrices of every step, also of more and more steps."""
    if not expr.over:
        return _norm(expr.kind, _whole(expr.args[0], p), p), ATOM
    over = p.letter(expr.over[0])
    text = _norm(expr.kind, p.style.name(expr.name, (over,)), p)
    return (rf"\sup_{{{over}}} {text}" if p.style.latex else f"sup_{over} {text}"), MUL


def _norm(kind: str, name: str, p: Printer) -> str:
    if kind == "abs":
        return rf"\lvert {name}\rvert" if p.style.latex else f"|{name}|"
    if not p.style.latex:
        return f"‖{name}‖" + {"1": "₁", "2": "₂"}.get(kind, "_∞")
    tall = (r"\left", r"\right") if r"\frac" in name else ("", "")
    return rf"{tall[0]}\lVert {name}{tall[1]}\rVert_" + (kind if kind in ("1", "2") else r"{\infty}")


def _whole(expr: Basic, p: Printer) -> str:
    """A family by its name, anything else as it is printed."""
    return p.style.name(expr.name, ()) if isinstance(expr, IndexedBase) else p.printed(expr)[0]


@write.register(SpectralRadius)
def radius(expr: SpectralRadius, p: Printer) -> Printed:
    matrix = expr.args[0]
    inner = numbers(matrix, p)[0] if isinstance(matrix, MatrixBase) else p.style.name(expr.name, ())
    if not p.style.latex:
        return f"ρ({inner})", ATOM
    return rf"\rho\left({inner}\right)" if isinstance(matrix, MatrixBase) else rf"\rho({inner})", ATOM


@write.register(MatrixBase)
def numbers(matrix: MatrixBase, p: Printer) -> Printed:
    """A matrix by its entries."""
    return table([[p.printed(e)[0] for e in matrix.row(n)] for n in range(matrix.rows)], p), ATOM


def table(rows: Sequence[Sequence[str]], p: Printer) -> str:
    """A matrix by what stands in its places."""
    if not p.style.latex:
        return "[" + "; ".join(", ".join(row) for row in rows) + "]"
    inner = r" \\ ".join(" & ".join(row) for row in rows)
    return rf"\begin{{pmatrix}} {inner} \end{{pmatrix}}"
