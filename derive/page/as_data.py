"""Equalities as data: formulas as LaTeX, values as strings that sympy prints, sentences in one language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sympy import Expr

from derive.chain.derivation import Line
from derive.page.print.formulas import Formulas

if TYPE_CHECKING:  # a sheet that is not checked loads no check
    from derive.check.report import Row


def equality(target: Expr, lines: Sequence[Line], show: Formulas, lang: str) -> dict[str, Any]:
    """A target, its final form, and the lines that lead to it."""
    return {
        "formula": show.show(target),
        "value": show.plain(lines[-1]),
        "sympy": str(lines[-1].expr),
        "lines": reasoned(lines, show, lang),
    }


def reasoned(lines: Sequence[Line], show: Formulas, lang: str) -> list[dict[str, str]]:
    """Each line with its reason."""
    return [
        {"value": show.plain(x), "reason": x.reason.pick(lang, show.show) if x.reason is not None else ""}
        for x in lines
    ]


def verdict(row: Row, show: Formulas) -> dict[str, Any]:
    """One row of a check."""
    return {"quantity": show.show(row.quantity), "points": row.points, "error": row.error, "ok": row.ok}
