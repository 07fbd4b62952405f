"""Norms and spectral radii of parameters and inputs, as the symbols of an inequality."""

from __future__ import annotations

from sympy import Basic, Expr, sympify
from sympy.core.symbol import Str


class Norm(Expr):
    """The norm of a whole family, by its kind.

    `Norm(W, "2")` is the spectral norm, `Norm(W, "rows")` the largest row sum of |W|, `Norm(x, "largest")` the largest
    absolute value of any entry, at any time; `Norm(v, "1")` is the sum of the sizes of a vector's entries, and
    `Norm(w, "abs")` the absolute value of a number, not evaluated. `Norm(W, "2", l, 0)` is the supremum of the spectral
    norms of W_1, W_2, ...: l names the index of W over which it is taken, 0 is its place.
    """

    is_commutative = True
    is_real = True
    is_nonnegative = True

    def __new__(cls, family: Basic, kind: str | Str, *over: Basic | int) -> Norm:
        made: Norm = Expr.__new__(cls, family, Str(str(kind)), *(sympify(o, strict=True) for o in over))
        return made

    @property
    def name(self) -> str:
        """The name of the family."""
        return str(self.args[0])

    @property
    def kind(self) -> str:
        """ "1", "2", "rows", "largest" or "abs"."""
        return str(self.args[1])

    @property
    def over(self) -> tuple[Basic, ...]:
        """The index over which the largest norm is taken and its place among the indices, or nothing."""
        return tuple(self.args[2:])


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
