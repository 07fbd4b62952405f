"""The shapes of a line of matrices, as the reason why it makes sense: (N x D)^T (N x H) -> D x H."""

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
from derive.page.print.atoms import ADD, Printed
from derive.page.print.magnitudes import Magnitudes


class Shapes(Magnitudes):
    """Prints a `Signature`."""

    def _write_signature(self, expr: Signature) -> Printed:
        own = self._size(shape(expr.args[0]))
        parts = self._inner(expr.args[0]) if is_scalar(expr.args[0]) else [self._shapes(expr.args[0])]
        arrow = r" \to " if self.style.latex else " → "
        text = ", ".join(dict.fromkeys(parts))
        return (own if text in ("", own) else text + arrow + own), ADD

    def _size(self, found: Shape) -> str:
        return (r" \times " if self.style.latex else "×").join(self.index(n) for n in found)

    def _inner(self, expr: Expr) -> list[str]:
        """Those of the products that a scalar is computed from."""
        if isinstance(expr, Trace):
            return [self._shapes(expr.args[0])]
        if isinstance(expr, Matrix) and not isinstance(expr, Times):
            return []
        return [self._shapes(expr)] if isinstance(expr, Times) else [t for a in expr.args for t in self._inner(a)]

    def _shapes(self, expr: Expr) -> str:
        """The shapes of what is multiplied and added, one level of brackets deep."""
        if isinstance(expr, (Scaled, Summed)):
            return self._shapes(expr.args[1] if isinstance(expr, Scaled) else expr.args[0])
        if isinstance(expr, Plus):
            terms = [self._shapes(a) for a in self.ordered(expr.args)]
            return " + ".join(terms) if len(set(terms)) > 1 else terms[0]
        if isinstance(expr, Hadamard) and any(isinstance(a, Times) for a in expr.args):
            sign = r" \odot " if self.style.latex else " ⊙ "
            return sign.join(self._shapes(a) if isinstance(a, Times) else self._factor_shape(a) for a in expr.args)
        if isinstance(expr, Times):
            return "".join(self._factor_shape(a) for a in expr.args)
        return self._size(shape(expr))

    def _factor_shape(self, expr: Expr) -> str:
        turned = isinstance(expr, Transpose)
        text = self.style.brackets(self._size(shape(expr.args[0] if turned else expr)))
        return text + ((r"^{\top}" if self.style.latex else "ᵀ") if turned else "")
