"""What a check found: one row for each quantity that was compared, and which one failed first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from sympy import Expr, Symbol

from derive.display import shown
from derive.errors import VerificationError
from derive.expressions.indices import name_of
from derive.expressions.moments import Moment
from derive.expressions.said import Said
from derive.expressions.symbols import Partial
from derive.language import Text

TOLERANCE = 1e-9


@dataclass(frozen=True)
class Row:
    """One quantity: at how many numbers it was compared, and the worst relative error (`derive.check.compare`).

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
        if isinstance(self.quantity, Said):
            return f"torch's {self.quantity.name}"
        if isinstance(self.quantity, Moment):
            return "the sum over all outcomes"
        return "torch.autograd" if self.is_adjoint else "its definition, computed step by step"

    @property
    def ok(self) -> bool:
        """Within the tolerance; not a number is not within."""
        return self.error <= TOLERANCE

    def complaint(self) -> str | None:
        """What disagrees, as a sentence without its end; None where nothing does."""
        if self.ok:
            return None
        where = f" ({self.where})" if self.where else ""
        return f"{self.quantity}{where} disagrees with {self.reference} (relative error {self.error:.2g})"

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


class Claim(Protocol):
    """A statement that was measured rather than compared number by number."""

    @property
    def ok(self) -> bool:
        """Nothing that was measured contradicts it."""

    def complaint(self) -> str | None:
        """What contradicts it, as a sentence without its end; None where nothing does."""


@dataclass(frozen=True)
class Report:
    """What was compared: the rows of the main check, `claims` that were measured, and the `parts` beside it by name.

    `sizes` and `samples` say for which sizes and at how many points, `notes` what else is to be told about it. The rows
    of a part that is not `listed` are further forms of quantities that a table lists already. `missed` are the
    conditions of the branches on which no point lies: what is derived there was not compared.
    """

    own: tuple[Row, ...] = ()
    sizes: tuple[tuple[tuple[str, int], ...], ...] = ()
    samples: int = 0
    notes: tuple[Text, ...] = ()
    claims: tuple[Claim, ...] = ()
    parts: Mapping[str, Report] = field(default_factory=dict)
    listed: bool = True
    missed: tuple[Expr, ...] = ()

    def _repr_markdown_(self) -> str:
        return shown(self)

    @property
    def rows(self) -> tuple[Row, ...]:
        """Every quantity once, those of the listed parts first where the main check has no row for them."""
        main = {r.quantity for r in self.own}
        parts = [r for part in self.parts.values() if part.listed for r in part.rows]
        new, again = ([r for r in parts if (r.quantity in main) is known] for known in (False, True))
        return united((*new, *self.own, *again))

    @property
    def ok(self) -> bool:
        """Every row agrees and every claim holds, of all parts."""
        return all(r.ok for r in self._compared) and all(c.ok for c in self._claimed)

    @property
    def first_failure(self) -> Row | None:
        """The first row whose own formula disagrees; where all do agree, the first with a wrong line."""
        failed = [r for r in self._compared if not r.ok]
        return next((r for r in failed if not r.where), failed[0] if failed else None)

    @property
    def worst(self) -> float:
        """The worst relative error of all."""
        return max((r.error for r in self._compared), default=0.0)

    @property
    def _compared(self) -> tuple[Row, ...]:
        """All rows, those that a table does not list at the end."""
        return (*self.rows, *self._unlisted)

    @property
    def _unlisted(self) -> tuple[Row, ...]:
        parts = self.parts.values()
        return tuple(r for part in parts for r in (part._unlisted if part.listed else part._compared))

    @property
    def _claimed(self) -> tuple[Claim, ...]:
        return (*self.claims, *(c for part in self.parts.values() for c in part._claimed))

    @property
    def all_notes(self) -> tuple[Text, ...]:
        """The notes of the main check, then those of every part."""
        return (*self.notes, *(note for part in self.parts.values() for note in part.all_notes))

    def of(self, name: str) -> Report:
        """The part of this name; an empty report where there is none."""
        return self.parts.get(name, Report())

    def merged(self, other: Report) -> Report:
        """Two reports on the same quantities, at different sizes or points."""
        names = dict.fromkeys((*self.parts, *other.parts))
        return replace(
            self,
            own=united((*self.own, *other.own)),
            sizes=self.sizes + other.sizes,
            samples=self.samples + other.samples,
            notes=tuple(dict.fromkeys(self.notes + other.notes)),
            claims=self.claims + other.claims,
            parts={name: self._part(name, other) for name in names},
            listed=self.listed and other.listed,
            missed=tuple(dict.fromkeys(self.missed + other.missed)),
        )

    def _part(self, name: str, other: Report) -> Report:
        both = [report.parts[name] for report in (self, other) if name in report.parts]
        return both[0] if len(both) == 1 else both[0].merged(both[1])

    def beside(self, name: str, part: Report) -> Report:
        """This report with one more part."""
        return replace(self, parts={**self.parts, name: part})

    def required(self) -> Report:
        """The report, after `require`."""
        self.require()
        return self

    def require(self) -> None:
        """Raise VerificationError, one line, where something disagrees."""
        failed = self.first_failure
        complaints = (c.complaint() for c in (*([failed] if failed else []), *self._claimed))
        for complaint in filter(None, complaints):
            raise VerificationError(f"{complaint}; nothing is printed")


def told_sizes(sizes: Mapping[Symbol, int]) -> tuple[tuple[tuple[str, int], ...], ...]:
    """One choice of sizes for `Report.sizes`, by name; nothing for a model without sizes."""
    names = tuple((str(s), n) for s, n in sizes.items())
    return (names,) if names else ()


def united(rows: Iterable[Row]) -> tuple[Row, ...]:
    """Every quantity once, in the order of the first row of each."""
    found: dict[Expr, Row] = {}
    for row in rows:
        found[row.quantity] = found[row.quantity].merged(row) if row.quantity in found else row
    return tuple(found.values())
