"""The class of our indices, and the rule that it adds to sympy's comparisons for the whole process.

sympy knows that an `Idx` t over 1..T is at least 1 and decides `t <= 0` by it. The adjoint of h_t is written with the
letter t for the start h_0 too, so of our letters nothing may be concluded. sympy asks `_eval_is_ge` in its own table of
types and not a method of the class, so the rule has to be registered there; it concerns only comparisons in which a
`Letter` stands, and leaves sympy's own `Idx` as it is.
"""

from __future__ import annotations

from typing import Any

from sympy import Expr, Idx, Number
from sympy.multipledispatch import dispatch


class Letter(Idx):
    """An index of which sympy concludes nothing: in the adjoint of h_t the letter t stands for the start h_0 too."""

    def _latex(self, printer: Any) -> str:
        """Its letter alone, where sympy shows an expression by itself; sympy would add the range."""
        return str(printer._print(self.label))


for one, other in ((Letter, Letter), (Letter, Idx), (Idx, Letter), (Letter, Number), (Number, Letter)):

    @dispatch(one, other)  # type: ignore[misc]
    def _eval_is_ge(a: Expr, b: Expr) -> None:
        """t <= 0 stays as it is, where sympy would say that t begins at 1."""
