"""Symbols that say what is differentiated, and with respect to what: partials, tangents; and limits."""

from __future__ import annotations

from typing import Any

from sympy import Expr, Idx, S, Symbol

from derive.memo import memo


class Size(Symbol):
    """The symbol of a size that is at least `least`, a whole number from 2; one from 1 is a plain positive Symbol."""

    least: int

    def __new__(cls, name: str, least: int) -> Size:
        made: Size = Symbol.__xnew__(cls, name, integer=True, positive=True)
        made.least = least
        return made

    def __getnewargs_ex__(self) -> tuple[tuple[str, int], dict[str, Any]]:
        return (self.name, self.least), {}

    def _hashable_content(self) -> tuple[Any, ...]:
        return (*super()._hashable_content(), self.least)


class Blank(Symbol):
    """What a reader is to fill in: a dotted line."""

    def __new__(cls) -> Blank:
        made: Blank = Symbol.__xnew__(cls, "blank", real=True)
        return made

    def __getnewargs_ex__(self) -> tuple[tuple[()], dict[str, Any]]:
        return (), {}


class Partial(Expr):
    """The derivative of one quantity with respect to another, as a symbol: `Partial(L, h[t])` prints dL/dh_t.

    With the loss on top it is an adjoint; with an abstract function on top it is that function's own partial. Partials
    are equal where their arguments are, like all of sympy; that each is made once (`memo`) only saves time.
    """

    is_commutative = True
    is_real = True

    @memo
    def __new__(cls, of: Expr, wrt: Expr) -> Partial:
        made: Partial = Expr.__new__(cls, of, wrt)
        return made

    @property
    def of(self) -> Expr:
        """What is differentiated."""
        return self.args[0]

    @property
    def wrt(self) -> Expr:
        """With respect to what."""
        return self.args[1]

    @property
    def indices(self) -> set[Idx]:
        """The indices that say which element the derivative is about."""
        return {i for place in getattr(self.wrt, "indices", ()) for i in place.free_symbols if isinstance(i, Idx)}

    def _eval_derivative(self, s: Any) -> Expr:
        return S.Zero

    def _sympystr(self, printer: Any) -> str:
        """dL/dh[t], in error messages."""
        mark = "+" if isinstance(self, Immediate) else ""
        return f"d{mark}{printer._print(self.of)}/d{printer._print(self.wrt)}"

    def _latex(self, printer: Any) -> str:
        """The same where sympy shows an expression by itself, as a notebook asks it to."""
        mark = "^{+}" if isinstance(self, Immediate) else ""
        return rf"\frac{{\partial{mark} {printer._print(self.of)}}}{{\partial {printer._print(self.wrt)}}}"


class Immediate(Partial):
    """The immediate partial, all other paths held fixed: printed with a plus, d+ h_t / d w."""


class Given(Partial):
    """The partial of an abstract function in its argument: known by name only, so its numbers must be given."""


class Apart(Expr):
    """Factors that are written one by one, as a rule gives each of them; sympy would multiply them out."""

    is_commutative = True
    is_real = True


class Tangent(Expr):
    """D_v u: the derivative of a quantity, or of an adjoint, along a direction v of the parameters."""

    is_commutative = True
    is_real = True


class LimitOf(Expr):
    """The limit of a quantity as a symbol: `LimitOf(v[t], t, oo)` prints lim v_t."""

    def __new__(cls, of: Expr, variable: Expr, to: Expr) -> LimitOf:
        made: LimitOf = Expr.__new__(cls, of, variable, to)
        return made
