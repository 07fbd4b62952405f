"""When the gradient explodes and when it vanishes, as data: claims with their strength and their reason.

Read off the Jacobian of one step and its bounds. Where nothing can be concluded, `Analysis.silence` says why.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from sympy import Abs, Add, Eq, Expr, Gt, ImmutableDenseMatrix, Indexed, Lt, Mul, Symbol, eye, oo
from sympy.core.relational import Relational

from derive.analysis import reasons as why
from derive.analysis.bounds import Bounds, activation
from derive.analysis.gates import Gate, gates
from derive.analysis.jacobian import StepJacobian, step_jacobian
from derive.analysis.walk import Entry, Path
from derive.indices import name_of, substitute
from derive.language import Text
from derive.model import Model
from derive.norms import Norm, SpectralRadius
from derive.schedule import Stage

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


def analyse(model: Model, stage: Stage) -> Analysis:
    """The conditions of one recurrence."""
    jacobian = step_jacobian(model, stage)
    if jacobian.lag > 1:
        return Analysis(jacobian, None, silence=why.LAGS(lag=str(jacobian.lag)))
    sharp = {name_of(e) for a, row in enumerate(jacobian.entries) for e in _gates(model, row[a].paths)}
    order = "2" if not jacobian.scalar and not sharp else "rows"
    bounds = Bounds(model, jacobian.index, sharp, order)
    low, high = (_matrix(bounds, jacobian, end) for end in (0, 1))
    where = tuple(bounds.known.items())
    if high.has(oo):
        lost = next(
            e for row in jacobian.entries for e in row if any(bounds.gain(p, e.wrt)[1].has(oo) for p in e.paths)
        )
        return Analysis(jacobian, high, where, silence=why.UNBOUNDED(of=lost.of, wrt=lost.wrt), order=order)
    named, blocks = _named(jacobian, high)
    found = _constant(bounds, jacobian)
    if found is None:
        single = len(jacobian.states) == 1
        found = _single(jacobian.entries[0][0], low[0, 0], named[0, 0]) if single else _coupled()
    kept = tuple(c for c in found if _says_something(c))
    return Analysis(jacobian, named, (*where, *blocks), kept, None, order, tuple(gates(model, jacobian)))


def _says_something(condition: Condition) -> bool:
    """Not where the measure is a number for which an exact or sufficient claim is false, or a necessary one true."""
    if not condition.measure.is_number:
        return True
    return bool(condition.claim.func(condition.measure, 1)) == (condition.strength != "necessary")


def _named(
    jacobian: StepJacobian, bound: ImmutableDenseMatrix
) -> tuple[ImmutableDenseMatrix, tuple[tuple[Symbol, Any], ...]]:
    """The bounds of the blocks by names, B_ch for d c_t / d h_{t-1}, unless there is one and it is short."""
    if bound.rows == 1 and not isinstance(bound[0, 0], Add):
        return bound, ()
    names = [s.name for s in jacobian.states]
    single = len(names) == 1
    symbols = [[Symbol("B" if single else f"B_{a}_{b}", nonnegative=True) for b in names] for a in names]
    pairs = [
        (s, e) for row, entries in zip(symbols, bound.tolist(), strict=True) for s, e in zip(row, entries, strict=True)
    ]
    matrix = ImmutableDenseMatrix(symbols)
    return matrix, tuple(pairs) if single else (*pairs, (Symbol("B"), matrix))


def _gates(model: Model, paths: tuple[Path, ...]) -> set[Expr]:
    """The gates on the direct path of a state to itself: activations that multiply it."""
    elements = {e for p in paths if p.direct for e in p.value.atoms(Indexed) if name_of(e) in model.nodes}
    return {e for e in elements if model.nodes[name_of(e)].cases and activation(model.nodes[name_of(e)]) is not None}


def _matrix(bounds: Bounds, jacobian: StepJacobian, end: int) -> ImmutableDenseMatrix:
    """The bounds of all blocks; the lower ones only where a block is a single path."""
    rows = [
        [sum((bounds.gain(p, e.wrt)[end] for p in e.paths), 0) if end or len(e.paths) < 2 else 0 for e in row]
        for row in jacobian.entries
    ]
    return ImmutableDenseMatrix(rows)


def _constant(bounds: Bounds, jacobian: StepJacobian) -> Sequence[Condition] | None:
    """The exact conditions where every step has the same Jacobian; None elsewhere."""
    values = [[e.value for e in row] for row in jacobian.entries]
    scalars = all(bounds.constant(v) for row in values for v in row)
    if len(values) == 1 and scalars:
        return _exact(Abs(values[0][0]), why.POWER(factor=values[0][0]), why.BOTH_SIGNS(factor=values[0][0]))
    if scalars:
        return _exact(SpectralRadius(ImmutableDenseMatrix(values)), why.EIGENVALUES, why.JORDAN)
    families = [f for f in Mul.make_args(values[0][0]) if isinstance(f, Indexed)]
    rest = Mul(*(f for f in Mul.make_args(values[0][0]) if f not in families))
    square = len(values) == 1 and len(families) == 1 and len(families[0].indices) == 2 and bounds.constant(rest)
    if not square or bounds.model.nodes[name_of(families[0])].kind not in ("parameter", "constant"):
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


def _single(entry: Entry, low: Expr, high: Expr) -> list[Condition]:
    """One state, whose gain lies between `low` and `high`."""
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
    """What one step multiplies by at a state that repeats itself, h_t = h_{t-1} = h_*."""
    if len(entry.of.indices) > 1:
        return SpectralRadius(Symbol("J_star"))
    falling = [k for k in entry.paths[0].links if (r := activation(k.node)) is None or r.slope_range[0] < 0]
    sizes = [Abs(k.value) if k in falling else k.value for k in entry.paths[0].links]
    value = Mul(*sizes)
    return substitute(value, {e: Symbol(f"{name_of(e)}_star", real=True) for e in value.atoms(Indexed)})


def _coupled() -> list[Condition]:
    """Several states: the powers of the matrix of bounds, B."""
    measure = SpectralRadius(Symbol("B"))
    return [
        Condition("vanishes", "sufficient", Lt(measure, 1, evaluate=False), measure, why.ENTRYWISE),
        Condition("explodes", "necessary", Gt(measure, 1, evaluate=False), measure, why.NO_GROWTH(bound=measure)),
        Condition("stays", "sufficient", Lt(measure, 1, evaluate=False), measure, why.NEAR, "whole"),
    ]


def minors(bound: ImmutableDenseMatrix) -> list[Expr]:
    """The leading principal minors of 1 - B: all positive exactly if the spectral radius of B >= 0 is below 1."""
    rest = eye(bound.rows) - bound
    return [rest[:n, :n].det().expand() for n in range(1, bound.rows + 1)]
