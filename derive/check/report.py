"""What a verification found: one row for each adjoint, and which one failed first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sympy import Expr

from derive.display import shown
from derive.errors import VerificationError
from derive.expressions.indices import name_of
from derive.expressions.moments import Moment
from derive.expressions.symbols import Partial

if TYPE_CHECKING:
    from derive.topics.stability.measurements import Measured

TOLERANCE = 1e-9


@dataclass(frozen=True)
class Row:
    """One quantity: at how many numbers it was compared, and the worst relative error |a - b| / max(1, |b|).

    `error` is that of the adjoint's formula, or the worst of the printed lines, of which `where` names the place. If
    the formula itself is wrong, that is what a row says. Of a value in closed form there are lines only.
    """

    quantity: Expr
    points: int
    error: float
    where: str = ""

    @property
    def name(self) -> str:
        """The family whose adjoint this is, or whose values."""
        return name_of(self.quantity.wrt if isinstance(self.quantity, Partial) else self.quantity)

    @property
    def is_adjoint(self) -> bool:
        """An adjoint, not the values of a family."""
        return isinstance(self.quantity, Partial)

    @property
    def reference(self) -> str:
        """What it was compared with."""
        if isinstance(self.quantity, Moment):
            return "the sum over all outcomes"
        return "torch.autograd" if self.is_adjoint else "its definition, computed step by step"

    @property
    def ok(self) -> bool:
        """Within the tolerance; not a number is not within."""
        return self.error <= TOLERANCE

    def merged(self, other: Row) -> Row:
        """Both together."""
        worse = other if other._severity > self._severity else self
        return replace(worse, points=self.points + other.points)

    @property
    def wrong(self) -> bool:
        """The formula itself disagrees, not only a line that is made of it."""
        return not self.ok and not self.where

    @property
    def _severity(self) -> tuple[bool, float]:
        return self.wrong, self.error if self.error == self.error else float("inf")


@dataclass(frozen=True)
class Report:
    """All rows, in the order of the sweep: the first that fails is where the derivation is wrong.

    `sizes` and `samples` say where it was compared, `exact` at how many rational points also with sympy, `fractions`
    how many values also in exact fractions, `both_sides` that every kink was seen on both sides. `measured` is the
    evidence about the recurrences; `forms` are the matrix forms, `outcomes` those that expectations were summed over.
    """

    rows: tuple[Row, ...]
    sizes: tuple[tuple[tuple[str, int], ...], ...] = ()
    samples: int = 0
    exact: int = 0
    both_sides: bool = False
    fractions: int = 0
    measured: tuple[Measured, ...] = ()
    forms: tuple[Row, ...] = ()
    outcomes: int = 0

    def _repr_markdown_(self) -> str:
        return shown(self)

    @property
    def ok(self) -> bool:
        """Every row agrees."""
        return all(r.ok for r in (*self.rows, *self.forms)) and all(m.ok for m in self.measured)

    @property
    def first_failure(self) -> Row | None:
        """The first adjoint whose own formula disagrees; where all do agree, the first with a wrong line."""
        failed = [r for r in (*self.rows, *self.forms) if not r.ok]
        return next((r for r in failed if not r.where), failed[0] if failed else None)

    @property
    def worst(self) -> float:
        """The worst relative error of all."""
        return max((r.error for r in (*self.rows, *self.forms)), default=0.0)

    def merged(self, other: Report) -> Report:
        """Two reports on the same derivation, for different sizes."""
        return Report(
            _merged(self.rows, other.rows),
            self.sizes + other.sizes,
            self.samples + other.samples,
            self.exact + other.exact,
            self.both_sides or other.both_sides,
            self.fractions + other.fractions,
            forms=_merged(self.forms, other.forms),
            outcomes=self.outcomes + other.outcomes,
        )

    def beside(self, other: Report) -> Report:
        """This report with the rows of another, on other quantities."""
        return replace(self, rows=(*other.rows, *self.rows), outcomes=self.outcomes + other.outcomes)

    def required(self) -> Report:
        """The report, after `require`."""
        self.require()
        return self

    def require(self) -> None:
        """Raise VerificationError, one line, where something disagrees."""
        failed = self.first_failure
        if failed is not None:
            where = f" ({failed.where})" if failed.where else ""
            raise VerificationError(
                f"{failed.quantity}{where} disagrees with {failed.reference} (relative error {failed.error:.2g}); "
                "nothing is printed"
            )
        for measured in self.measured:
            self._require(measured)

    @staticmethod
    def _require(measured: Measured) -> None:
        for entry in measured.wrong:
            raise VerificationError(
                f"the Jacobian d {entry.of} / d {entry.wrt} disagrees with torch.autograd; nothing is printed"
            )
        for c in (f.condition for f in measured.findings if not f.ok):
            raise VerificationError(
                f"the {c.strength} claim that the gradient {c.kind} under {c.claim} is contradicted by "
                "torch.autograd; nothing is printed"
            )


def _merged(ours: tuple[Row, ...], others: tuple[Row, ...]) -> tuple[Row, ...]:
    theirs = {r.quantity: r for r in others}
    return tuple(r.merged(theirs[r.quantity]) if r.quantity in theirs else r for r in ours)
