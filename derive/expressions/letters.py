"""The class of our indices, and the rule that it adds to sympy's comparisons for the whole process.

sympy knows that an `Idx` t over 1..T is at least 1 and decides `t <= 0` by it. The adjoint of h_t is written with the
letter t for the start h_0 too, so of our letters nothing may be concluded. sympy asks `_eval_is_ge` in its own table of
types and not a method of the class, so the rule has to be registered there; it concerns only comparisons in which a
`Letter` stands, and leaves sympy's own `Idx` as it is.
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import chain
from typing import Any

from sympy import Expr, Idx, Number
from sympy.multipledispatch import dispatch

Letters = tuple[tuple[str, str], ...]  # an index letter, and the one that is printed in its place
LETTERS = ("i", "j", "k", "l", "m", "n", "p", "q", "r", "s")
STEPS = ("r", "s")
MORE = ("u", "v", "a", "b", "c", "w", "y", "z")  # where those are names; t is time, e and d are signs


class Letter(Idx):
    """An index of which sympy concludes nothing: in the adjoint of h_t the letter t stands for the start h_0 too."""

    def _latex(self, printer: Any) -> str:
        """Its letter alone, where sympy shows an expression by itself; sympy would add the range."""
        return str(printer._print(self.label))


def numbered(first: int, last: int) -> list[str]:
    """The letters i_1, j_1, ..., for what needs more of them than there are."""
    return [f"{a}_{n}" for n in range(first, last) for a in LETTERS]


def lettering(names: Collection[str], declared: Collection[str]) -> Letters:
    """What is printed for the letters that we choose where one is a name: no letter of a sum reads as a quantity.

    Parameters k and l leave i and j as they are, k is printed as m, l as n, and so on. The letters that an author has
    `declared` stay, and so do r and s, the steps of closed forms; two letters are never printed alike. Which of them
    formulas need is not known here, so all those behind the first name move on.
    """
    moving = [a for a in LETTERS if a not in declared and (a in names or a not in STEPS)]
    pool = (a for a in chain(LETTERS, MORE, numbered(100, 200)) if a not in STEPS)
    free = (a for a in pool if a not in names and a not in declared)
    return tuple((a, b) for a, b in zip(moving, free, strict=False) if a != b)


for one, other in ((Letter, Letter), (Letter, Idx), (Idx, Letter), (Letter, Number), (Number, Letter)):

    @dispatch(one, other)  # type: ignore[misc]
    def _eval_is_ge(a: Expr, b: Expr) -> None:
        """t <= 0 stays as it is, where sympy would say that t begins at 1."""
