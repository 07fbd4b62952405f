"""The analysis of one recurrence: the Jacobian of a step, the bounds of its blocks, and the conditions that follow.

If nothing can be concluded, `Analysis.silence` says why.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sympy import Abs, Add, Expr, ImmutableDenseMatrix, Indexed, KroneckerDelta, Mul, Symbol, oo

from derive.chain.derivation import Derivation
from derive.expressions.indices import name_of
from derive.expressions.norms import Norm, SpectralRadius, value
from derive.language import Text
from derive.model.model import Model
from derive.model.ranges import Ranges
from derive.model.schedule import Stage
from derive.topics.jacobian.paths import Path
from derive.topics.stability import reasons as why
from derive.topics.stability.bounds import Bounds
from derive.topics.stability.claims import constant, coupled, lagged, silent, single, whole
from derive.topics.stability.conditions import Analysis, Condition
from derive.topics.stability.gains import activation, gain
from derive.topics.stability.gates import gates
from derive.topics.stability.lags import Unfolded, unfolded
from derive.topics.stability.losses import Reads, reads
from derive.topics.stability.matrix_products import masks
from derive.topics.stability.step_jacobian import StepJacobian, step_jacobian
from derive.topics.stability.weights import own, shared


def analyse(derivation: Derivation, stage: Stage) -> Analysis:
    """The conditions of one recurrence."""
    jacobian = step_jacobian(derivation.model, stage)
    if jacobian.lag == 1:
        return _one_step_back(derivation, jacobian)
    found = unfolded(derivation, stage, jacobian.lags)
    if found is None:
        return Analysis(jacobian, None, silence=why.LAGS(lag=str(jacobian.lag)))
    return _one_step_back(found.derivation, step_jacobian(found.derivation.model, found.stage), found)


def _one_step_back(derivation: Derivation, jacobian: StepJacobian, back: Unfolded | None = None) -> Analysis:
    """The conditions of a recurrence that looks back one step; `back` says how it came to do so."""
    model = derivation.model
    if _is_identity(jacobian):
        return Analysis(jacobian, None, silence=why.IDENTITY)
    sharp = {name_of(e) for a, row in enumerate(jacobian.entries) for e in _gates(model, row[a].paths)}
    part = any(masks(p, jacobian.index) for p in jacobian.paths())
    order = "2" if not jacobian.scalar and not sharp and not part else "rows"
    bounds = Bounds(model, jacobian.index, sharp, order)
    low, high = (_matrix(bounds, jacobian, end) for end in (0, 1))
    where = tuple(bounds.known.items())
    if high.has(oo):
        entries = (e for row in jacobian.entries for e in row)
        lost = next(e for e in entries if any(gain(bounds, p, e.wrt)[1].has(oo) for p in e.paths))
        of, wrt = (back.plain(e) if back is not None else e for e in (lost.of, lost.wrt))
        silence = why.UNBOUNDED(of=of, wrt=wrt)
        return Analysis(jacobian, high, where, silence=silence, order=order, unfolded=back)
    companion = Analysis(jacobian, high, unfolded=back).companion
    named, blocks = (high, ()) if companion else _named(jacobian, high)
    known, loss = (*where, *blocks), reads(derivation, jacobian)
    if (found := constant(model, jacobian)) is None:
        alone = len(jacobian.states) == 1
        rests = not own(model, jacobian)
        single_ = (jacobian.entries[0][0], jacobian.scalar, low[0, 0], named[0, 0], rests)
        found = single(*single_) if alone else lagged(Add(*high[0, :])) if companion else coupled()
    elif companion:
        found = [*found, *lagged(Add(*high[0, :]))[:1]]
    impossible = [c for c in found if _impossible(model, c)]
    if any(c.kind == "explodes" for c in impossible):  # not at a fixed point either
        impossible += [c for c in found if c.strength == "local"]
    kept = [c for c in found if _says_something(c, known) and c not in impossible]
    if any(c.kind == "vanishes" and c.measure.is_number for c in kept):  # what tends to zero does not grow
        kept = [c for c in kept if c.kind != "explodes"]
    kept += whole(kept, loss, silent(model, jacobian), back is not None) if shared(model, jacobian) else []
    notes = tuple(_notes(model, jacobian, named, found, kept, loss))
    own_gates = () if back is not None else tuple(gates(model, jacobian))
    return Analysis(jacobian, named, known, tuple(kept), None, order, own_gates, loss, notes, back)


def _is_identity(jacobian: StepJacobian) -> bool:
    """True if one step hands the adjoint of the one state on as it is: the states are sums of what enters."""
    if len(jacobian.states) > 1:
        return False
    entry = jacobian.entries[0][0]
    pairs = zip(entry.of.indices, entry.wrt.indices, strict=True)
    return bool(entry.value == Mul(*(KroneckerDelta(a, b) for a, b in pairs if jacobian.index not in a.free_symbols)))


def _notes(
    model: Model,
    jacobian: StepJacobian,
    bound: ImmutableDenseMatrix,
    found: Sequence[Condition],
    kept: Sequence[Condition],
    loss: Reads,
) -> Iterator[Text]:
    """What a reader has to know beside the conditions: what they are not about, and which are not made."""
    factor = jacobian.entries[0][0].value
    grows = any(c.kind == "explodes" for c in kept)
    weighted = jacobian.scalar and not factor.is_number  # a number has no gradient
    if grows and kept[0].strength == "exact" and weighted and not silent(model, jacobian):
        yield why.ONE_SIZE(factor=factor)
    if found and not any(c.kind == "vanishes" for c in kept):
        alone = bound.rows == 1
        yield why.NEVER_BELOW(bound=bound[0, 0], power=bound[0, 0] ** why.STEPS) if alone else _no_bound(found)
    if kept and loss is Reads.PARTS:
        yield why.PARTS


def _no_bound(found: Sequence[Condition]) -> Text:
    lags = not any(c.measure == SpectralRadius(Symbol("B")) for c in found)
    return why.NEVER_BELOW_LAGGED(bound=found[0].measure) if lags else why.NEVER_BELOW_COUPLED


def _says_something(condition: Condition, known: tuple[tuple[Symbol, Any], ...]) -> bool:
    """False for a claim that nobody can satisfy, such as 1 + |w| < 1, and for a necessary one that always holds."""
    measure = value(condition.measure)
    if measure.is_number:
        return bool(condition.claim.func(measure, 1)) == (condition.strength != "necessary")
    bound = (condition.kind, condition.strength) in (("vanishes", "sufficient"), ("explodes", "necessary"))
    return not (bound and _never_below_one(measure, dict(known)))


def _impossible(model: Model, condition: Condition) -> bool:
    """True for growth by a number that is never above 1, such as a gate without inputs; and for what is declared.

    The spectral radius and the spectral norm of an orthogonal matrix are 1.
    """
    measure = condition.measure
    if isinstance(measure, (SpectralRadius, Norm)):
        node = model.nodes.get(measure.name)
        is_one = isinstance(measure, SpectralRadius) or measure.kind == "2"
        return is_one and node is not None and node.structure == "orthogonal" and not condition.claim.func(1, 1)
    if condition.kind != "explodes" or not isinstance(measure, Abs):
        return False
    low, high = Ranges(model).of(measure.args[0])
    return bool((low + 1).is_nonnegative and (1 - high).is_nonnegative)


def _never_below_one(measure: Expr, known: dict[Symbol, Any]) -> bool:
    """True if a bound is at least 1 for all weights; the radius of B is at least each entry on its diagonal."""
    if isinstance(measure, SpectralRadius):
        matrix = known.get(measure.args[0])
        return matrix is not None and any(_never_below_one(matrix[n, n], known) for n in range(matrix.rows))
    return bool((measure.xreplace(known) - 1).is_nonnegative)


def _named(
    jacobian: StepJacobian, bound: ImmutableDenseMatrix
) -> tuple[ImmutableDenseMatrix, tuple[tuple[Symbol, Any], ...]]:
    """The bounds of the blocks under names, B_ch for d c_t / d h_{t-1}, and what the names mean.

    A single bound that is no sum keeps its own form.
    """
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
    """The gates on the direct path from a state to itself: the activations that multiply the state."""
    elements = {e for p in paths if p.direct for e in p.value.atoms(Indexed) if name_of(e) in model.nodes}
    return {e for e in elements if model.nodes[name_of(e)].cases and activation(model.nodes[name_of(e)]) is not None}


def _matrix(bounds: Bounds, jacobian: StepJacobian, end: int) -> ImmutableDenseMatrix:
    """The upper bounds of all blocks (`end` 1), or the lower ones (`end` 0): 0 for a block of several paths."""
    rows = [
        [sum((gain(bounds, p, e.wrt)[end] for p in e.paths), 0) if end or len(e.paths) < 2 else 0 for e in row]
        for row in jacobian.entries
    ]
    return ImmutableDenseMatrix(rows)
