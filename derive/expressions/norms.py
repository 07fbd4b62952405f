"""Norms and spectral radii of parameters and inputs, as the symbols of an inequality."""

from __future__ import annotations

from sympy import Basic, Expr
from sympy.core.symbol import Str


class Norm(Expr):
    """The norm of a whole family, by its kind.

    `Norm(W, "2")` is the spectral norm, `Norm(W, "rows")` the largest row sum of |W|, `Norm(x, "largest")` the largest
    absolute value of any entry, at any time; `Norm(v, "1")` is the sum of the sizes of a vector's entries, and
    `Norm(w, "abs")` the absolute value of a number, not evaluated.
    """

    is_commutative = True
    is_real = True
    is_nonnegative = True

    def __new__(cls, family: Basic, kind: str | Str) -> Norm:
        made: Norm = Expr.__new__(cls, family, Str(str(kind)))
        return made

    @property
    def name(self) -> str:
        """The name of the family."""
        return str(self.args[0])

    @property
    def kind(self) -> str:
        """ "1", "2", "rows", "largest" or "abs"."""
        return str(self.args[1])


class SpectralRadius(Expr):
    """The largest absolute value of the eigenvalues of a square family of numbers."""

    is_commutative = True
    is_real = True
    is_nonnegative = True

    def __new__(cls, family: Basic) -> SpectralRadius:
        made: SpectralRadius = Expr.__new__(cls, family)
        return made

    @property
    def name(self) -> str:
        """The name of the family."""
        return str(self.args[0])
