"""What is found: an equality in matrices, and all those of a derivation."""

from __future__ import annotations

from typing import NamedTuple

from sympy import Expr, Idx

from derive.chain.derivation import Step
from derive.language import Text
from derive.model.model import Case, Node


class Form(NamedTuple):
    """One equality in matrices: element = the entry of `matrix` at `indices`; `whole` is the element's own matrix.

    Where there is none, `matrix` is None and `reason` says why, as a clause.
    """

    element: Expr
    indices: tuple[Idx, ...]
    whole: Expr
    matrix: Expr | None
    reason: Text | None = None


class Forms(NamedTuple):
    """All forms of a derivation: of each definition of the model, and of each step."""

    laws: tuple[tuple[Node, Case, Form], ...] = ()
    steps: tuple[tuple[Step, Form], ...] = ()

    def of(self, step: Step) -> Form | None:
        """The form of one step."""
        return next((form for s, form in self.steps if s is step), None)

    @property
    def all(self) -> tuple[Form, ...]:
        """Every form, those of the definitions first."""
        return (*(form for _, _, form in self.laws), *(form for _, form in self.steps))
