"""What a sheet shows of one reading of a problem."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from sympy import Symbol, preorder_traversal

from derive.derivation import Derivation, Step
from derive.functions import row_of
from derive.language import Text
from derive.limits import Limiting
from derive.recurrences import ClosedForm
from derive.rendering.span import Known
from derive.states import Solved
from derive.verification.report import Report

if TYPE_CHECKING:
    from derive.analysis.conditions import Analysis  # only a recurrence in general needs it
    from derive.worked import Worked  # numpy is loaded only where numbers are worked


class Part(NamedTuple):
    """One reading of a problem, derived: what a sheet shows of it."""

    derivation: Derivation
    steps: tuple[Step, ...]
    sizes: Mapping[Symbol, int]
    report: Report | None = None
    label: Text | None = None
    worked: Worked | None = None
    remark: Text | None = None
    notes: tuple[Text, ...] = ()
    update: bool = False
    rate: Fraction | None = None
    closed: tuple[ClosedForm, ...] = ()
    values: tuple[Solved, ...] = ()
    limits: tuple[Limiting, ...] = ()
    analyses: tuple[Analysis, ...] = ()

    @property
    def known(self) -> list[Known]:
        """The sizes that have a number, as they are printed."""
        return [Known(str(s), n) for s, n in self.sizes.items()]

    def conventions(self) -> Iterator[Text]:
        """What is agreed at the kinks of the functions used, each once."""
        seen = {}
        for node in self.derivation.model.nodes.values():
            for case in node.cases:
                for expr in preorder_traversal(case.expr):
                    row = row_of(expr)
                    if row is not None and row.convention is not None:
                        seen[row.name] = row.convention
        yield from seen.values()
