"""Remedies against vanishing and exploding gradients: truncated backpropagation and weights that keep norms.

Truncated backpropagation drops the remainder R_K of the gradient, which comes from all but the last K steps. If one
step multiplies the adjoint by at most M < 1, the geometric series bounds the remainder:

    |R_K| <= G |lambda_T| (M^K + M^(K+1) + ...) = G |lambda_T| M^K / (1 - M)

G bounds the immediate partial of a step with respect to the parameters; lambda_T is the adjoint of the last state.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sympy import Abs, Expr, Indexed, IndexedBase, Symbol

from derive.chain.derivation import Step, Term
from derive.expressions.matrices import Whole
from derive.expressions.norms import Norm, SpectralRadius
from derive.topics.stability.conditions import Analysis, Condition

KEPT = Symbol("K", integer=True, positive=True)


class Truncation(NamedTuple):
    """The gradient of one shared parameter in two parts: that of the last K steps is kept, the rest is dropped."""

    target: Expr
    kept: tuple[Term, ...]
    dropped: tuple[Term, ...]


def truncations(analysis: Analysis, steps: Sequence[Step]) -> Iterator[Truncation]:
    """Cut every gradient that is a sum over the time of the recurrence K steps before the end."""
    t, on = analysis.jacobian.index, analysis.jacobian.stage.direction
    first, last = (t.lower, t.upper) if on > 0 else (t.upper, t.lower)
    cut = last - on * KEPT
    for step in steps:
        line = next((x for x in step.lines if all(any(s[0] == t for s in term.sums) for term in x.terms)), None)
        if step.node.is_leaf and line is not None:
            kept, dropped = (
                tuple(_over(term, t, *_ends(on, *ends)) for term in line.terms)
                for ends in ((cut + on, last), (first, cut))
            )
            yield Truncation(step.target, kept, dropped)


def _ends(direction: int, early: Expr, late: Expr) -> tuple[Expr, Expr]:
    """The two ends of a range of time with the smaller time first."""
    return (early, late) if direction > 0 else (late, early)


def _over(term: Term, t: Expr, low: Expr, high: Expr) -> Term:
    return term._replace(sums=tuple((i, low, high) if i == t else (i, a, b) for i, a, b in term.sums))


def bounding(analysis: Analysis) -> Condition | None:
    """The condition under which the bounds of a step are summable, so that they bound what truncation drops."""
    if analysis.bound is None or analysis.companion:
        return None
    claims = (c for c in analysis.conditions if c.kind == "vanishes" and c.about == "distant")
    return next((c for c in claims if c.measure == analysis.gain), None)


def norm_keeping(analysis: Analysis) -> Symbol | IndexedBase | None:
    """The recurrent weight W for which no step lengthens an adjoint if W is orthogonal (if W is a number: 1 or -1).

    In a linear cell the adjoint then keeps its norm. None if the cell has no such weight.
    """
    jacobian = analysis.jacobian
    found = [c.measure for c in analysis.conditions if c.kind == "vanishes"]
    if len(jacobian.states) > 1 or len(jacobian.entries[0][0].paths) != 1 or not found:
        return None
    measure = found[0]
    plain = not isinstance(measure, Norm) or (measure.kind == "2" and not measure.over)
    if isinstance(measure, (Abs, Norm, SpectralRadius)) and plain:
        weight: Symbol | IndexedBase = measure.args[0]
        known = str(weight) in jacobian.parts or weight in dict(analysis.where)
        return weight if isinstance(weight, (Symbol, IndexedBase)) and not known else None
    return None


def as_matrix(analysis: Analysis, weight: IndexedBase) -> Whole:
    """The recurrent weight as a matrix, with the shape that its indices have in the model."""
    element = next(e for p in analysis.jacobian.paths() for e in p.value.atoms(Indexed) if e.base == weight)
    return Whole(element, *element.indices)


def linear(analysis: Analysis) -> bool:
    """True if every step has the same Jacobian."""
    return any(c.strength == "exact" for c in analysis.conditions)
