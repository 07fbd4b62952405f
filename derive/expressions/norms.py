"""Norms and spectral radii of parameters and inputs, as the symbols of an inequality."""

from __future__ import annotations

from sympy import Abs, Basic, Expr, Max, Symbol, sympify
from sympy.core.symbol import Str
from sympy.matrices import MatrixBase

IDENTITY = Symbol("I", positive=True)  # the identity as a block of a matrix of matrices


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
    """The largest absolute value of the eigenvalues of a square family of numbers, or of a matrix that is written out.

    The entries of such a matrix are numbers, or else blocks: `IDENTITY`, families and their multiples.
    """

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


def value(measure: Expr) -> Expr:
    """A measure as a number, where it is the spectral radius of a matrix of at most two rows of numbers."""
    matrix = measure.args[0] if isinstance(measure, SpectralRadius) else None
    if not isinstance(matrix, MatrixBase) or matrix.free_symbols or matrix.rows > 2:
        return measure
    return Max(*(Abs(e) for e in matrix.eigenvals()))
