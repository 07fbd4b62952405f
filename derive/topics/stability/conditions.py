"""When the gradient explodes and when it vanishes, as data: claims with their strength and their reason."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from sympy import Expr, ImmutableDenseMatrix, Symbol, eye
from sympy.core.relational import Relational

from derive.display import shown
from derive.language import Text
from derive.topics.stability.gates import Gate
from derive.topics.stability.step_jacobian import StepJacobian

Kind = Literal["vanishes", "explodes", "stays"]
Strength = Literal["exact", "sufficient", "necessary", "local"]
About = Literal["distant", "whole"]


class Condition(NamedTuple):
    """If (and, where exact, only if) `claim` holds, what `about` names `kind`s.

    `measure` is the number that the claim compares with 1: what one step multiplies by, or a bound of it. A necessary
    condition reads the other way: `kind` only if `claim`. A local one holds at a state that repeats itself.
    """

    kind: Kind
    strength: Strength
    claim: Relational
    measure: Expr
    reason: Text
    about: About = "distant"

    def _repr_markdown_(self) -> str:
        return shown(self)


class Analysis(NamedTuple):
    """One recurrence: the Jacobian of a step, a matrix of bounds of its blocks, what follows, or why nothing does.

    `where` defines the named bounds (f_max, and B, the matrix of them); `order` is that of
    the norms of the blocks; `gates` say what the bias of a gate on a direct path does.
    """

    jacobian: StepJacobian
    bound: ImmutableDenseMatrix | None
    where: tuple[tuple[Symbol, Any], ...] = ()
    conditions: tuple[Condition, ...] = ()
    silence: Text | None = None
    order: str = "rows"
    gates: tuple[Gate, ...] = ()


def minors(bound: ImmutableDenseMatrix) -> list[Expr]:
    """The leading principal minors of 1 - B: all positive exactly if the spectral radius of B >= 0 is below 1."""
    rest = eye(bound.rows) - bound
    return [rest[:n, :n].det().expand() for n in range(1, bound.rows + 1)]
