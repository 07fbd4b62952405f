"""The conditions that follow from the Jacobian of a step: exact ones if it is constant, else those of its bounds.

What is claimed of which quantity, and why, is written down in docs/claims.md; F1 to F6 and W1 to W3 are its numbers.
"""

from __future__ import annotations

from collections.abc import Sequence

from sympy import (
    Abs,
    Add,
    Eq,
    Expr,
    Gt,
    Idx,
    ImmutableDenseMatrix,
    Indexed,
    IndexedBase,
    Integer,
    KroneckerDelta,
    Lt,
    Mul,
    Sum,
    Symbol,
)  # fmt: skip

from derive.expressions.indices import name_of, substitute
from derive.expressions.norms import IDENTITY, Norm, SpectralRadius
from derive.language import Text
from derive.model.model import Model
from derive.topics.jacobian.paths import Entry
from derive.topics.stability import reasons as why
from derive.topics.stability.conditions import Condition
from derive.topics.stability.gains import activation, is_constant
from derive.topics.stability.losses import Reads
from derive.topics.stability.step_jacobian import StepJacobian


def constant(model: Model, jacobian: StepJacobian) -> Sequence[Condition] | None:
    """The conditions if every step has the same Jacobian (F1, F2), all exact but one; None if the Jacobian changes."""
    values = [[e.value for e in row] for row in jacobian.entries]
    scalars = all(is_constant(model, v) for row in values for v in row)
    if len(values) == 1 and scalars:
        return _number(values[0][0])
    if scalars:
        known = any(e.free_symbols for row in values for e in row) or len(values) <= 2
        return _matrix(SpectralRadius(ImmutableDenseMatrix(values))) if known else None
    if len(values) > 1:
        blocks = companion_blocks(model, jacobian)
        return _matrix(SpectralRadius(blocks)) if blocks is not None else None
    families = [f for f in Mul.make_args(values[0][0]) if isinstance(f, Indexed)]
    rest = Mul(*(f for f in Mul.make_args(values[0][0]) if f not in families))
    square = len(values) == 1 and len(families) == 1 and len(families[0].indices) == 2 and is_constant(model, rest)
    square = square and name_of(families[0]) not in jacobian.parts
    if not square or model.nodes[name_of(families[0])].kind not in ("parameter", "constant"):
        return None
    norm = Abs(rest) * Norm(families[0].base, "2")
    return (*_matrix(Abs(rest) * SpectralRadius(families[0].base)), _below(norm, "vanishes", why.AT_MOST(bound=norm)))


def companion_blocks(model: Model, jacobian: StepJacobian) -> ImmutableDenseMatrix | None:
    """The Jacobian as a matrix of blocks, each a sum of multiples of the identity and of square families.

    None if a block is anything else, or changes with time.
    """
    rows = [[_block(model, entry) for entry in row] for row in jacobian.entries]
    if any(b is None for row in rows for b in row):
        return None
    made = ImmutableDenseMatrix(rows)
    return made if made.atoms(IndexedBase) else made.xreplace({IDENTITY: Integer(1)})


def _block(model: Model, entry: Entry) -> Expr | None:
    """One block: A for A[i, j] from the state j to the state i, the identity for the delta of i and j, or a sum."""
    own, other = ([i for i in e.indices if isinstance(i, Idx)] for e in (entry.of, entry.wrt))
    own = [i for i in own if i not in entry.wrt.free_symbols or i in other]
    found: Expr = Integer(0)
    for term in Add.make_args(entry.value):
        factors = [f for f in Mul.make_args(term) if f.has(Idx)]
        rest = Mul(*(f for f in Mul.make_args(term) if f not in factors))
        if term == 0:
            continue
        if len(factors) != 1 or len(other) != 1 or not is_constant(model, rest):
            return None
        (factor,) = factors
        if isinstance(factor, KroneckerDelta) and other[0] in factor.args:
            found += rest * IDENTITY
        elif _square(model, factor) and factor.indices[1] == other[0] and factor.indices[0] in entry.of.indices:
            found += rest * factor.base
        else:
            return None
    return found


def _square(model: Model, factor: Expr) -> bool:
    """Is it an element of a matrix that is given?"""
    given = isinstance(factor, Indexed) and len(factor.indices) == 2
    return given and model.nodes[name_of(factor)].kind in ("parameter", "constant")


def _below(measure: Expr, kind: str, reason: Text, strength: str = "sufficient", about: str = "distant") -> Condition:
    return Condition(kind, strength, Lt(measure, 1, evaluate=False), measure, reason, about)  # type: ignore[arg-type]


def _number(factor: Expr) -> tuple[Condition, ...]:
    measure, power = Abs(factor), why.POWER(factor=factor)
    same = (why.SAME_SIZE if factor.is_number else why.BOTH_SIGNS)(factor=factor)
    return (
        _below(measure, "vanishes", power, "exact"),
        Condition("stays", "exact", Eq(measure, 1, evaluate=False), measure, same),
        Condition("explodes", "exact", Gt(measure, 1, evaluate=False), measure, power),
    )


def _matrix(radius: Expr) -> tuple[Condition, ...]:
    powers = why.POWERS(low=radius**why.STEPS, high=why.JORDAN_GROWTH * radius**why.STEPS)
    return (
        _below(radius, "vanishes", powers, "exact"),
        Condition("subexponential", "exact", Eq(radius, 1, evaluate=False), radius, why.JORDAN),
        Condition("explodes", "exact", Gt(radius, 1, evaluate=False), radius, why.EIGENVECTOR),
    )


def single(entry: Entry, scalar: bool, low: Expr, high: Expr, rests: bool) -> list[Condition]:
    """The conditions for one state, if no step multiplies the norm of its adjoint by more than `high` (F3).

    If the state is a number, `low` bounds the factor from below (F5); a norm of a matrix bounds it only from above.
    `rests` says that the steps share their weights, so that there are fixed points (F6).
    """
    found = [
        _below(high, "vanishes", why.AT_MOST(bound=high)),
        Condition("explodes", "necessary", Gt(high, 1, evaluate=False), high, why.NO_GROWTH(bound=high)),
    ]
    if scalar and low != 0:
        found.append(Condition("explodes", "sufficient", Gt(low, 1, evaluate=False), low, why.AT_LEAST(bound=low)))
    elif rests and len(entry.paths) == 1 and high.free_symbols:  # a weight can be large
        measure, reason = _local(entry), why.SAME_NUMBER if scalar else why.SAME_MATRIX
        at_rest = reason(gain=measure if scalar else measure.args[0])
        found.append(Condition("explodes", "local", Gt(measure, 1, evaluate=False), measure, at_rest))
    return found


def _local(entry: Entry) -> Expr:
    """The factor by which one step multiplies the adjoint at a fixed point, h_t = h_{t-1} = h_* (F6)."""
    if len(entry.of.indices) > 1:
        return SpectralRadius(Symbol("J_star"))
    falling = [k for k in entry.paths[0].links if (r := activation(k.node)) is None or r.slope_range[0] < 0]
    sizes = [Abs(k.value) if k in falling else k.value for k in entry.paths[0].links]
    value = Mul(*sizes)
    return substitute(value, {e: Symbol(f"{name_of(e)}_star", real=True) for e in value.atoms(Indexed)})


def coupled() -> list[Condition]:
    """The conditions for several states, by the powers of B, the matrix of the bounds of all blocks (F4)."""
    measure = SpectralRadius(Symbol("B"))
    return [
        _below(measure, "vanishes", why.ENTRYWISE),
        Condition("explodes", "necessary", Gt(measure, 1, evaluate=False), measure, why.NO_GROWTH_COUPLED),
    ]


def lagged(gain: Expr) -> list[Condition]:
    """The conditions for one state that looks back several steps, by the sum of the bounds of all lags (F7)."""
    return [
        _below(gain, "vanishes", why.LAGS_FADE(bound=gain)),
        Condition("explodes", "necessary", Gt(gain, 1, evaluate=False), gain, why.LAGS_HOLD(bound=gain)),
    ]


def whole(found: Sequence[Condition], reads: Reads, silent: bool, lags: bool = False) -> list[Condition]:
    """What follows for the whole gradient if distant factors vanish (W1).

    `silent` says that nothing enters (W2), `lags` that a step reads more than the step before.
    """
    first = next((c for c in found if c.kind == "vanishes"), None)
    if first is None or reads is Reads.PARTS:
        return []
    exact, number = first.strength == "exact", not first.measure.has(SpectralRadius)
    if silent and exact and reads is Reads.LAST:
        fades = why.EQUAL_PARTS if number else why.FADING_PARTS
        return [_below(first.measure, "vanishes", fades, "exact" if number else "sufficient", "whole")]
    geometric = number and not lags
    reason = why.SERIES(total=1 / (1 - first.measure)) if geometric else why.SUMMABLE
    return [_below(first.measure, "bounded", reason, about="whole" if reads is Reads.LAST else "term")]


def silent(model: Model, jacobian: StepJacobian) -> bool:
    """True if nothing enters at the steps: F(0) = 0, so that a linear recurrence only carries its start on."""
    own = set(jacobian.stage.families)

    def at_zero(expr: Expr) -> Expr:
        found = substitute(expr, {e: 0 for e in expr.atoms(Indexed) if name_of(e) in own})
        return found.replace(lambda e: isinstance(e, Sum) and e.function == 0, lambda e: Integer(0))

    return all(at_zero(model.nodes[name].cases[0].expr) == 0 for name in own)
