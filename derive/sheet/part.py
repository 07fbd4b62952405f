"""What a sheet shows of one reading of a problem."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from sympy import Expr, Symbol, preorder_traversal

from derive.chain.closed_forms.recursion import ClosedForm
from derive.chain.closed_forms.values import Solved
from derive.chain.derivation import Derivation, Step
from derive.expressions.functions import Row, row_of
from derive.language import Text
from derive.memo import memo
from derive.page.spans import Known
from derive.topics.identities.identities import Identity
from derive.topics.limits.limits import Limiting
from derive.topics.matrix_form.forms import Forms

if TYPE_CHECKING:
    from derive.check.report import Report
    from derive.topics.expectation.argument import Expected
    from derive.topics.hessian.hessian import Hessian
    from derive.topics.jacobian.jacobian import Jacobian
    from derive.topics.primitives.program import Rewritten
    from derive.topics.stability.conditions import Analysis  # only a recurrence in general needs it
    from derive.topics.training.training import Training
    from derive.topics.worked.worked import Worked  # numpy is loaded only where numbers are worked


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
    asked: tuple[Jacobian | Hessian, ...] = ()
    matrices: Forms = Forms()
    expectations: tuple[Expected, ...] = ()
    identities: tuple[Identity, ...] = ()
    training: Training | None = None
    rewritten: Rewritten | None = None
    plots: bool = False

    @property
    def known(self) -> list[Known]:
        """The sizes that have a number, as they are printed."""
        return [Known(str(s), n) for s, n in self.sizes.items()]

    @property
    def plottable(self) -> bool:
        """Is there anything that `plots` could add?"""
        return self.training is not None or any(a.conditions for a in self.analyses)

    def conventions(self) -> Iterator[Text]:
        """What is agreed at the kinks of the functions used, each once."""
        cases = (case for node in self.derivation.model.nodes.values() for case in node.cases)
        rows = {row.name: row for case in cases for row in _functions(case.expr)}
        yield from (row.convention for row in rows.values() if row.convention is not None)


@memo
def _functions(expr: Expr) -> tuple[Row, ...]:
    """The rows of all functions in an expression, outermost first."""
    found = (row_of(part) for part in preorder_traversal(expr))
    return tuple(row for row in found if row is not None)
