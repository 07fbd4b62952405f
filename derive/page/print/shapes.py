"""Prints the shapes of a line of matrices, which show that it makes sense: (N x D)^T (N x H) -> D x H."""

from __future__ import annotations

from sympy import Expr

from derive.expressions.matrices import (
    Hadamard,
    Matrix,
    Plus,
    Scaled,
    Shape,
    Signature,
    Summed,
    Times,
    Trace,
    Transpose,
    is_scalar,
    shape,
)
from derive.page.print.order import ordered
from derive.page.print.printer import ADD, Printed, Printer, write


@write.register(Signature)
def signature(expr: Signature, p: Printer) -> Printed:
    own = _size(shape(expr.args[0]), p)
    parts = _inner(expr.args[0], p) if is_scalar(expr.args[0]) else [_shapes(expr.args[0], p)]
    arrow = r" \to " if p.style.latex else " → "
    text = ", ".join(dict.fromkeys(parts))
    return (own if text in ("", own) else text + arrow + own), ADD


def _size(found: Shape, p: Printer) -> str:
    sizes = (p.style.brackets(p.index(n)) if n.is_Add else p.index(n) for n in found)  # (P+Q) x K
    return (r" \times " if p.style.latex else "×").join(sizes)


def _inner(expr: Expr, p: Printer) -> list[str]:
    """Those of the products that a scalar is computed from."""
    if isinstance(expr, Trace):
        return [_shapes(expr.args[0], p)]
    if isinstance(expr, Matrix) and not isinstance(expr, Times):
        return []
    return [_shapes(expr, p)] if isinstance(expr, Times) else [t for a in expr.args for t in _inner(a, p)]


def _shapes(expr: Expr, p: Printer) -> str:
    """The shapes of what is multiplied and added, one level of brackets deep."""
    if isinstance(expr, (Scaled, Summed)):
        return _shapes(expr.args[1] if isinstance(expr, Scaled) else expr.args[0], p)
    if isinstance(expr, Plus):
        terms = [_shapes(a, p) for a in ordered(expr.args, p.rank)]
        return " + ".join(terms) if len(set(terms)) > 1 else terms[0]
    if isinstance(expr, Hadamard) and any(isinstance(a, Times) for a in expr.args):
        sign = r" \odot " if p.style.latex else " ⊙ "
        return sign.join(_shapes(a, p) if isinstance(a, Times) else _factor_shape(a, p) for a in expr.args)
    if isinstance(expr, Times):
        return "".join(_factor_shape(a, p) for a in expr.args)
    return _size(shape(expr), p)


def _factor_shape(expr: Expr, p: Printer) -> str:
    turned = isinstance(expr, Transpose)
    text = p.style.brackets(_size(shape(expr.args[0] if turned else expr), p))
    return text + ((r"^{\top}" if p.style.latex else "ᵀ") if turned else "")
