"""The records of an affine recursion and of its solution; how it is solved and proved is told elsewhere.

u_t = A(t) u_{t+1} + B(t)  for t < T,  u_T = C     gives     u_t = P(t, T) C + sum over s = t..T-1 of P(t, s) B(s)
"""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Expr, Idx, Mul, S

from derive.chain.derivation import Line, Region, Term, product
from derive.chain.rules.pull import constants_in_front
from derive.expressions.indices import Limits, name_of, substitute, sum_over
from derive.expressions.symbols import Partial
from derive.memo import memo
from derive.model.model import Node


@dataclass(frozen=True, eq=False)
class Recursion:
    """`target` at time t is `factor` times itself at t + `ahead` plus `addend`; at time `end` it is `boundary`.

    `law` are the equalities from which it is read, as they are written; `region` are all its times, the end included.
    """

    target: Expr
    node: Node
    index: Idx
    ahead: int
    factor: Expr
    addend: Expr
    boundary: Expr
    end: Expr
    region: Region
    law: tuple[Line, ...]

    @property
    def joins(self) -> bool:
        """Is the boundary the addend at the end? Then it is one more term of the sum."""
        return self.addend != 0 and self.moved(self.addend, self.end) == self.boundary

    @property
    def axis(self) -> int:
        """The axis of time."""
        return self.node.indices.index(self.index)

    def moved(self, expr: Expr, t: Expr) -> Expr:
        """An expression in t at another time."""
        return substitute(expr, {self.index: t})


@dataclass(frozen=True, eq=False)
class ClosedForm(Recursion):
    """A recursion with its solution: the equalities that lead to it, the last of them the closed form.

    `kernel` is P(t, s) with the letter s of `bounds`, the limits of the sum.
    """

    kernel: Expr
    bounds: Limits
    lines: tuple[Line, ...]

    @property
    def carried(self) -> Expr:
        """What comes from the boundary: P(t, end) times its value, 0 where that joins the sum."""
        return S.Zero if self.joins else substitute(self.kernel, {self.bounds[0]: self.end}) * self.boundary

    def total(self, near: Expr) -> tuple[Term, ...]:
        """The sum over P(t, s) B(s) from time `near` to its far end; nothing where B is 0."""
        if self.addend == 0:
            return ()
        s, low, high = self.bounds
        bounds = (s, near, high) if self.ahead > 0 else (s, low, near)
        factors = (self.kernel, self.moved(self.addend, s))
        if s not in Mul(*factors).free_symbols:
            return (Term((self.addend, sum_over(S.One, (bounds,)))),)
        return (constants_in_front(product(factors, (bounds,))),)

    @property
    def value(self) -> Expr:
        """The closed form."""
        return self.lines[-1].expr

    @property
    def summed(self) -> bool:
        """Is the sum over the addends gone, as a geometric sum?"""
        return len(self.lines) > 1

    def at(self, t: Expr) -> Expr:
        """The solution at a time."""
        return self.moved(self.value, t)

    @memo
    def time_of(self, partial: Expr) -> Expr | None:
        """The time at which the partial is this adjoint; None where it is another quantity."""
        if type(partial) is not Partial or name_of(partial.args[1]) != self.node.name:
            return None
        time: Expr = partial.args[1].indices[self.axis]
        return time if self.moved(self.target, time) == partial else None
