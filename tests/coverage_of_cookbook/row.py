"""Rows of the tables: a formula, what it is derived by, and the form that the book gives, written by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from coverage_of_torch.table import spec

from coverage_of_cookbook.formulas import Model, total
from derive import Graph, Solution


class Identity(NamedTuple):
    """A formula by its number. `say` says it, of a model and of tensors alike; `of` is what it is derived by.

    The sheet `prints` the derivative; `book` is how the book does where that differs in more than the order of terms
    and the name of what has one on the sheet: L for the formula, K for X^T C X. Of a formula that is no number the
    Jacobian is printed; `U` is then what it is weighed with. `second` asks for the Hessian, `by_element` for an
    element. A matrix that is `kept` symmetric has its lower triangle free: the free gradient, G, is printed, and the
    book's is what becomes of it. `size` is the number N for which the check is made where a larger one would be too
    much. `why` says why there is no row.
    """

    name: str
    leaves: str = ""
    say: Callable[[Any], Any] | None = None
    prints: str = ""
    of: str = "X"
    book: str = ""
    why: str = ""
    second: bool = False
    by_element: bool = False
    kept: bool = False
    size: int = 0

    @property
    def form(self) -> str:
        """How it stands on the page of all rows where it is not arranged as in the book."""
        kept = "as the free gradient, from which the book's follows as the sheet says"
        return (
            (kept if self.kept else "arranged in another way than in the book")
            if self.book not in ("", self.prints)
            else ""
        )

    def solution(self) -> Solution:
        """The derivation of the model."""
        assert self.say is not None
        g = Graph("identity")
        v = Model(g, self.leaves, frozenset(n for n, _, _ in spec(self.leaves) if n != self.of))
        value = self.say(v)
        if (value.rows, value.columns) != (1, 1):
            value = total(v.U * v.name("Y", value))
        g.loss("L", value.entry())
        return g.derive(sizes={"N": self.size} if self.size else None)
