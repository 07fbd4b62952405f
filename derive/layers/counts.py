"""How many weights, biases and multiply-adds a layer has, each worked: formula, numbers, result.

A multiply-add is one multiplication and the addition of its product. Of a convolution each number of the output needs
one for each weight of its kernel; of a transposed one each number of the input. A pooling, an activation and a
normalisation have none: they compare, apply a function, or scale.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from sympy import Expr, Integer, Mul

from derive.chain.derivation import Term
from derive.layers.layer import GATES, ONE, Layer
from derive.layers.names import (
    BIASES,
    C_IN,
    C_OUT,
    CONNECTIONS,
    GROUPS,
    MULTIPLY_ADDS,
    N_IN,
    N_OUT,
    NUMBERS,
    PER_GROUP,
    ROWS,
    WEIGHTS,
    WIDTH,
    kernels,
    lengths,
)
from derive.layers.shape import Shape
from derive.page.worked_line import WorkedLine, worked

Line = WorkedLine | None


class Counts(NamedTuple):
    """The counts of one layer, and its weights if each kernel read all channels."""

    weights: Line = None
    biases: Line = None
    multiply_adds: Line = None
    ungrouped: Expr = Integer(0)
    connections: Line = None
    more: tuple[WorkedLine, ...] = ()


def counts(layer: Layer, before: Shape, after: Shape) -> Counts:
    """The counts of a layer between two shapes."""
    return COUNTS[layer.kind](layer, before, after) if layer.kind in COUNTS else Counts()


def numbers(after: Shape) -> WorkedLine:
    """How many activations a layer has."""
    if not after.spatial:
        return worked(NUMBERS, C_OUT, {C_OUT: after.channels})
    axes = lengths(len(after.spatial), "out")
    values = dict(zip(axes, after.spatial, strict=True)) | {C_OUT: after.channels}
    return worked(NUMBERS, Mul(*axes, C_OUT), values)


def _conv(layer: Layer, before: Shape, after: Shape) -> Counts:
    if layer.wiring:
        return _wired(layer, after)
    rank = len(before.spatial)
    sizes = kernels(layer, rank)
    grouped = layer.groups != 1
    read = PER_GROUP if grouped else C_IN
    per = worked(PER_GROUP, C_IN / GROUPS, {C_IN: before.channels, GROUPS: layer.groups})
    values: dict[Expr, Expr] = {**sizes, read: per.value, C_OUT: after.channels}
    weights = worked(WEIGHTS, Mul(*sizes, read, C_OUT), values)
    over, end = (before, "in") if layer.kind == "tconv" else (after, "out")
    axes = lengths(rank, end)
    everywhere = Mul(*axes, *sizes, read, C_OUT)
    adds = worked(MULTIPLY_ADDS, everywhere, dict(zip(axes, over.spatial, strict=True)) | values)
    ungrouped = weights.value * layer.groups
    kernel = Mul(*sizes, read) + int(layer.bias)
    linked = _connections(lengths(rank, "out"), kernel, after, values) if layer.kind == "conv" else None
    return Counts(weights, _biases(layer, after), adds, ungrouped, linked, (per,) if grouped else ())


def _connections(axes: Sequence[Expr], kernel: Expr, after: Shape, values: Mapping[Expr, Expr]) -> WorkedLine:
    """The connections of a layer: each number of the output has those of its kernel, and one to a bias if any."""
    put = dict(zip(axes, after.spatial, strict=True)) | dict(values)
    return worked(CONNECTIONS, (Term((kernel, C_OUT, *axes)),), put)


def _wired(layer: Layer, after: Shape) -> Counts:
    """Maps that read some of the maps before: the sum over the groups of maps that read equally many."""
    rank = len(after.spatial)
    sizes = kernels(layer, rank)
    terms = tuple(Term((maps, *sizes, reads)) for maps, reads in layer.wiring)
    weights = worked(WEIGHTS, terms, dict(sizes))
    axes = lengths(rank, "out")
    values = dict(zip(axes, after.spatial, strict=True)) | {WEIGHTS: weights.value}
    adds = worked(MULTIPLY_ADDS, Mul(*axes, WEIGHTS), values)
    return Counts(weights, _biases(layer, after), adds, weights.value)


def _biases(layer: Layer, after: Shape) -> Line:
    return worked(BIASES, C_OUT, {C_OUT: after.channels}) if layer.bias else None


def _fc(layer: Layer, before: Shape, after: Shape) -> Counts:
    values: dict[Expr, Expr] = {N_IN: before.count, N_OUT: after.channels}
    weights = worked(WEIGHTS, N_IN * N_OUT, values)
    biases = worked(BIASES, N_OUT, {N_OUT: after.channels}) if layer.bias else None
    return Counts(weights, biases, worked(MULTIPLY_ADDS, N_IN * N_OUT, values), weights.value, None, _read(before))


def _read(before: Shape) -> tuple[WorkedLine, ...]:
    """How many numbers a fully connected layer reads of a map."""
    if not before.spatial:
        return ()
    axes = lengths(len(before.spatial), "in")
    values = dict(zip(axes, before.spatial, strict=True)) | {C_IN: before.channels}
    return (worked(N_IN, Mul(*axes, C_IN), values),)


def _linear(layer: Layer, before: Shape, after: Shape) -> Counts:
    """The same fully connected layer at each position."""
    values: dict[Expr, Expr] = {C_IN: before.channels, C_OUT: after.channels}
    weights = worked(WEIGHTS, C_IN * C_OUT, values)
    axes = lengths(len(before.spatial), "out")
    adds = worked(MULTIPLY_ADDS, Mul(*axes, C_IN, C_OUT), dict(zip(axes, after.spatial, strict=True)) | values)
    return Counts(weights, _biases(layer, after), adds, weights.value)


def _bn(layer: Layer, before: Shape, after: Shape) -> Counts:
    """gamma and beta of each channel; the moving mean and variance are not trained."""
    values = {C_OUT: after.channels}
    return Counts(worked(WEIGHTS, C_OUT, values), worked(BIASES, C_OUT, values), None, after.channels)


def _ln(layer: Layer, before: Shape, after: Shape) -> Counts:
    """gamma and beta of each number that is normalised together with the others."""
    if len(after.spatial) < 2:
        return _bn(layer, before, after)
    line = numbers(after)
    return Counts(line._replace(left=WEIGHTS), line._replace(left=BIASES), None, line.value)


def _prelu(layer: Layer, before: Shape, after: Shape) -> Counts:
    """The slope of each channel where it is negative, or one slope for all."""
    line = worked(WEIGHTS, ONE, {}) if layer.rows == ONE else worked(WEIGHTS, C_OUT, {C_OUT: after.channels})
    return Counts(line, None, None, line.value)


def _embedding(layer: Layer, before: Shape, after: Shape) -> Counts:
    assert layer.rows is not None
    line = worked(WEIGHTS, ROWS * C_OUT, {ROWS: layer.rows, C_OUT: after.channels})
    return Counts(line, None, None, line.value)


def _attention(layer: Layer, before: Shape, after: Shape) -> Counts:
    """Queries, keys, values and the output are four d x d maps; scores and averages need n^2 d each."""
    n, d = lengths(1, "in")[0], WIDTH
    values: dict[Expr, Expr] = {n: before.spatial[0], d: before.channels}
    weights = worked(WEIGHTS, 4 * d**2, values)
    biases = worked(BIASES, 4 * d, values) if layer.bias else None
    adds = worked(MULTIPLY_ADDS, (Term((Integer(4), n, d**2)), Term((Integer(2), n**2, d))), values)
    return Counts(weights, biases, adds, weights.value)


def _recurrent(layer: Layer, before: Shape, after: Shape) -> Counts:
    """Each gate has a map of the input and one of the state, and a step uses each weight once."""
    gates, steps = Integer(GATES[layer.kind]), lengths(1, "in")[0]
    values: dict[Expr, Expr] = {C_IN: before.channels, C_OUT: after.channels}
    weights = worked(WEIGHTS, maps(gates), values)
    biases = worked(BIASES, gates * layer.biases * C_OUT, values) if layer.bias else None
    adds = worked(MULTIPLY_ADDS, steps * WEIGHTS, {steps: before.spatial[0], WEIGHTS: weights.value})
    return Counts(weights, biases, adds, weights.value)


def maps(gates: Expr) -> tuple[Term, ...]:
    """The weights of a recurrent cell: of each gate C_in C_out for the input, and C_out^2 for the state."""
    number = () if gates == 1 else (gates,)
    return Term((*number, C_IN, C_OUT)), Term((*number, C_OUT**2))


COUNTS: dict[str, Callable[[Layer, Shape, Shape], Counts]] = {
    "conv": _conv, "tconv": _conv, "fc": _fc, "linear": _linear, "bn": _bn, "ln": _ln, "prelu": _prelu,
    "embedding": _embedding, "attention": _attention, **dict.fromkeys(GATES, _recurrent),
}  # fmt: skip
