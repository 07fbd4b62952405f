"""Conditions under which the gradient vanishes, explodes or stays, as data: each with its strength and its reason."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from sympy import Add, Expr, ImmutableDenseMatrix, Symbol, eye
from sympy.core.relational import Relational

from derive.chain.derivation import Derivation
from derive.display import shown
from derive.expressions.norms import SpectralRadius
from derive.language import Text
from derive.topics.stability.gates import Gate
from derive.topics.stability.lags import Unfolded
from derive.topics.stability.losses import Reads
from derive.topics.stability.step_jacobian import StepJacobian

Kind = Literal["vanishes", "explodes", "stays", "subexponential", "bounded"]
Strength = Literal["exact", "sufficient", "necessary", "local"]
About = Literal["distant", "whole", "term"]


class Condition(NamedTuple):
    """A claim about the gradient: if `claim` holds, what `about` names behaves as `kind` says (docs/claims.md).

    An exact condition says "if and only if", a necessary one "only if"; a local one holds at a fixed point of the step.
    `about` is "distant", the factor ds_T/ds_{T-k} between distant steps, for any loss; "whole", the whole gradient; or
    "term", that of one term of a loss at several steps.
    The factor vanishes (for every adjoint), stays (has one size at every distance), explodes (for almost every adjoint)
    or is subexponential, which is neither the first nor the last. A whole gradient is bounded, or vanishes.
    `measure` is the number that the claim compares with 1: the factor of one step, its spectral radius, or a bound.
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
    """What was found about one recurrence: the Jacobian of a step, bounds of its blocks, and what follows from them.

    `bound` holds a bound of the norm of each block. `where` defines the bounds that have a name, such as f_max, and B,
    the matrix of them. `silence` is the reason if no condition follows. `order` is the norm by which the blocks are
    measured, "2" or "rows"; `gates` says what the bias of each gate on a direct path does. `reads` says how the loss
    reads the states; of the whole gradient nothing is claimed where it reads something else. `notes` are remarks that
    a reader of the conditions needs. Of a recurrence that looks back several steps `unfolded` is the derivation in
    which it looks back one, and all of this is about that one.
    """

    jacobian: StepJacobian
    bound: ImmutableDenseMatrix | None
    where: tuple[tuple[Symbol, Any], ...] = ()
    conditions: tuple[Condition, ...] = ()
    silence: Text | None = None
    order: str = "rows"
    gates: tuple[Gate, ...] = ()
    reads: Reads = Reads.LAST
    notes: tuple[Text, ...] = ()
    unfolded: Unfolded | None = None

    @property
    def companion(self) -> bool:
        """Are the states one family and earlier values of it?"""
        return self.unfolded is not None and len({self.family(s.name) for s in self.jacobian.states}) == 1

    @property
    def gain(self) -> Expr:
        """The number that is below 1 exactly if the powers of the bounds tend to zero.

        For a companion matrix of bounds it is the sum of its first row (F7 in docs/claims.md).
        """
        assert self.bound is not None
        one = self.bound.rows == 1 or self.companion
        return Add(*self.bound[0, :]) if one else SpectralRadius(Symbol("B"))

    def family(self, state: str) -> str:
        """The family that a state is, or of which it holds an earlier value."""
        copies = self.unfolded.copies if self.unfolded is not None else {}
        return copies[state].of if state in copies else state

    def within(self, derivation: Derivation) -> Derivation:
        """The derivation that this is about: the one given, or the one in which the recurrence looks back one step."""
        return derivation if self.unfolded is None else self.unfolded.derivation


class Told(NamedTuple):
    """What holds for a recurrence of any length, told of one whose length is a size with a number."""

    analysis: Analysis


def minors(bound: ImmutableDenseMatrix) -> list[Expr]:
    """The leading principal minors of I - B.

    For a matrix B without negative entries they are all positive exactly if the spectral radius of B is below 1.
    """
    rest = eye(bound.rows) - bound
    return [rest[:n, :n].det().expand() for n in range(1, bound.rows + 1)]
