"""The conditions that follow from the Jacobian of a step: exact ones if it is constant, else those of its bounds."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Abs, Eq, Expr, Gt, ImmutableDenseMatrix, Indexed, Lt, Mul, Symbol

from derive.expressions.indices import name_of, substitute
from derive.expressions.norms import Norm, SpectralRadius
from derive.language import Text
from derive.model.model import Model
from derive.topics.jacobian.paths import Entry
from derive.topics.stability import reasons as why
from derive.topics.stability.conditions import Condition
from derive.topics.stability.gains import activation, is_constant
from derive.topics.stability.step_jacobian import StepJacobian


def constant(model: Model, jacobian: StepJacobian) -> Sequence[Condition] | None:
    """The conditions if every step has the same Jacobian, all but one of them exact; None if the Jacobian changes."""
    values = [[e.value for e in row] for row in jacobian.entries]
    scalars = all(is_constant(model, v) for row in values for v in row)
    if len(values) == 1 and scalars:
        return _exact(Abs(values[0][0]), why.POWER(factor=values[0][0]), why.BOTH_SIGNS(factor=values[0][0]))
    if scalars:
        return _exact(SpectralRadius(ImmutableDenseMatrix(values)), why.EIGENVALUES, why.JORDAN)
    families = [f for f in Mul.make_args(values[0][0]) if isinstance(f, Indexed)]
    rest = Mul(*(f for f in Mul.make_args(values[0][0]) if f not in families))
    square = len(values) == 1 and len(families) == 1 and len(families[0].indices) == 2 and is_constant(model, rest)
    if not square or model.nodes[name_of(families[0])].kind not in ("parameter", "constant"):
        return None
    norm = Abs(rest) * Norm(families[0].base, "2")
    simple = Condition("vanishes", "sufficient", Lt(norm, 1, evaluate=False), norm, why.AT_MOST(bound=norm))
    return (*_exact(Abs(rest) * SpectralRadius(families[0].base), why.EIGENVALUES, why.JORDAN), simple)


def _exact(measure: Expr, reason: Text, at_one: Text) -> tuple[Condition, ...]:
    return (
        Condition("vanishes", "exact", Lt(measure, 1, evaluate=False), measure, reason),
        Condition("stays", "exact", Eq(measure, 1, evaluate=False), measure, at_one),
        Condition("explodes", "exact", Gt(measure, 1, evaluate=False), measure, reason),
        Condition("stays", "sufficient", Lt(measure, 1, evaluate=False), measure, why.NEAR, "whole"),
    )


def single(entry: Entry, low: Expr, high: Expr) -> list[Condition]:
    """The conditions for one state, if every step multiplies its adjoint by a factor between `low` and `high`."""
    found = [
        Condition("vanishes", "sufficient", Lt(high, 1, evaluate=False), high, why.AT_MOST(bound=high)),
        Condition("explodes", "necessary", Gt(high, 1, evaluate=False), high, why.NO_GROWTH(bound=high)),
    ]
    if low != 0:
        found.append(Condition("explodes", "sufficient", Gt(low, 1, evaluate=False), low, why.AT_LEAST(bound=low)))
    elif len(entry.paths) == 1 and high.free_symbols:  # a weight can be large
        measure = _local(entry)
        found.append(Condition("explodes", "local", Gt(measure, 1, evaluate=False), measure, why.LOCAL(gain=measure)))
    found.append(Condition("stays", "sufficient", Lt(high, 1, evaluate=False), high, why.NEAR, "whole"))
    return found


def _local(entry: Entry) -> Expr:
    """The factor by which one step multiplies the adjoint at a fixed point, h_t = h_{t-1} = h_*."""
    if len(entry.of.indices) > 1:
        return SpectralRadius(Symbol("J_star"))
    falling = [k for k in entry.paths[0].links if (r := activation(k.node)) is None or r.slope_range[0] < 0]
    sizes = [Abs(k.value) if k in falling else k.value for k in entry.paths[0].links]
    value = Mul(*sizes)
    return substitute(value, {e: Symbol(f"{name_of(e)}_star", real=True) for e in value.atoms(Indexed)})


def coupled() -> list[Condition]:
    """The conditions for several states, by the powers of B, the matrix of the bounds of all blocks."""
    measure = SpectralRadius(Symbol("B"))
    return [
        Condition("vanishes", "sufficient", Lt(measure, 1, evaluate=False), measure, why.ENTRYWISE),
        Condition("explodes", "necessary", Gt(measure, 1, evaluate=False), measure, why.NO_GROWTH(bound=measure)),
        Condition("stays", "sufficient", Lt(measure, 1, evaluate=False), measure, why.NEAR, "whole"),
    ]
