"""The symbol of a derivative that stands in a definition: code calls it `df_dx`, a page writes nabla_x f."""

from __future__ import annotations

from sympy import Expr, IndexedBase, Symbol

from derive.memo import memo


class Nabla(IndexedBase):
    """The family of the derivatives of `of` with respect to `wrt`, each a symbol or a family."""

    of: Expr
    wrt: Expr


class NablaScalar(Symbol):
    """The derivative of one number with respect to another."""

    of: Expr
    wrt: Expr


@memo
def nabla(name: str, of: Expr, wrt: Expr, indices: bool) -> Nabla | NablaScalar:
    """The symbol of a derivative; `indices` says whether it has any."""
    made = (Nabla if indices else NablaScalar)(name, real=True)
    made.of, made.wrt = of, wrt
    return made
