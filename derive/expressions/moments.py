"""What is averaged, as symbols; and what is declared of a random quantity.

`Expectation(r**2)`, `Variance(t)` and `Covariance(t, u)` stand in a definition like any other expression. Their values
are derived (`derive/expectation`), never assumed.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sympy import Expr, IndexedBase, sympify

from derive.expressions.text import refuse_text


class Moment(Expr):
    """An average over the random quantities in its arguments; indices that stand free in them stay free."""

    is_commutative = True
    is_real = True
    sign = ""

    def __new__(cls, *of: Any) -> Moment:
        refuse_text(cls.__name__, of)
        made: Moment = Expr.__new__(cls, *(sympify(e, strict=True) for e in of))
        return made

    @property
    def name(self) -> str:
        """As it is written, E[m[j]]."""
        return str(self)

    @property
    def product(self) -> Expr:
        """What is averaged: for a variance the square, for a covariance the product."""
        return self.args[0]

    @property
    def pair(self) -> tuple[Expr, ...]:
        """The quantities whose means are multiplied and taken away; none for an expectation."""
        return ()

    def _sympystr(self, printer: Any) -> str:
        return f"{self.sign}[{', '.join(printer._print(a) for a in self.args)}]"


class Expectation(Moment):
    """E[x], the mean."""

    sign = "E"

    def __new__(cls, of: Any) -> Expectation:
        made: Expectation = super().__new__(cls, of)  # type: ignore[assignment]
        return made


class Variance(Moment):
    """Var[x] = E[x^2] - E[x]^2."""

    sign = "Var"

    def __new__(cls, of: Any) -> Variance:
        made: Variance = super().__new__(cls, of)  # type: ignore[assignment]
        return made

    @property
    def product(self) -> Expr:
        """x^2."""
        return self.args[0] ** 2

    @property
    def pair(self) -> tuple[Expr, ...]:
        """x, twice."""
        return self.args[0], self.args[0]


class Covariance(Moment):
    """Cov[x, y] = E[x y] - E[x] E[y]."""

    sign = "Cov"

    def __new__(cls, one: Any, other: Any) -> Covariance:
        made: Covariance = super().__new__(cls, one, other)  # type: ignore[assignment]
        return made

    @property
    def product(self) -> Expr:
        """x y."""
        return self.args[0] * self.args[1]

    @property
    def pair(self) -> tuple[Expr, ...]:
        """x and y."""
        return self.args


class Law(NamedTuple):
    """What is declared of a random family, in its own indices; None where nothing is.

    `independent` means that its elements are independent of each other and of every other random quantity, `binary`
    that they are 0 or 1, so that their mean says everything. `normal` means that they are jointly normal, and
    independent of every other random quantity; then `covariance`, if there is one, is the matrix of the covariances
    over the last index.
    """

    mean: Expr | None
    variance: Expr | None
    independent: bool
    binary: bool = False
    normal: bool = False
    covariance: IndexedBase | None = None
