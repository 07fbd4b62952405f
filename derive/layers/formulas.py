"""The formulas that a sheet on layers works with: each once, with what it says, if a layer needs it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sympy import Expr, Integer, Mul, ceiling, floor

from derive.chain.derivation import Term
from derive.language import Text
from derive.layers import sentences as say
from derive.layers.counts import maps
from derive.layers.layer import GATES
from derive.layers.names import (
    BIASES,
    C_IN,
    C_OUT,
    CONNECTIONS,
    FIELD_IN,
    FIELD_OUT,
    GROUPS,
    JUMP_IN,
    JUMP_OUT,
    LENGTH,
    MULTIPLY_ADDS,
    N_IN,
    N_OUT,
    PER_GROUP,
    ROWS,
    WEIGHTS,
    WIDTH,
    along,
    length,
    lengths,
)  # fmt: skip
from derive.layers.row import Row
from derive.page import blocks
from derive.page.blocks import Row as Equation

ONE, TWO = Integer(1), Integer(2)
WINDOWS = ("conv", "maxpool", "avgpool")


def formulas(rows: Sequence[Row], columns: Sequence[str]) -> Iterator[blocks.Block]:
    """The formulas for these layers and columns, with their reasons, and what is not counted."""
    found = [*(_lengths(rows) if "shape" in columns else ()), *_counts(rows, columns)]
    if "field" in columns and any(row.field_lines for row in rows):
        found += _field(rows)
    if found:
        yield blocks.Equations(tuple(found))
    if "weights" in columns and any(row.weights is None for row in rows if row.layer.kind not in ("sum", "concat")):
        sloped = any(row.layer.kind == "prelu" for row in rows)
        yield blocks.Paragraph(say.NO_OTHER_PARAMETERS if sloped else say.NO_PARAMETERS)
    if "multiply_adds" in columns:
        recurrent = any(row.layer.kind in GATES for row in rows)
        yield blocks.Paragraph(say.NOT_COUNTED_IN_CELLS if recurrent else say.NOT_COUNTED)


def _rank(rows: Sequence[Row]) -> int:
    return max((len(row.input.spatial) for row in rows), default=0)


def _lengths(rows: Sequence[Row]) -> Iterator[Equation]:
    rank = _rank(rows)
    if not rank:
        return
    axis = 0
    start, end = length(axis, rank, "in"), length(axis, rank, "out")
    k = along("k", axis, rank, always=True)
    m, p, s, d, o = along("m", axis, rank, always=True), *(along(stem, axis, rank) for stem in "psdo")
    windows = [row.layer for row in rows if row.layer.kind in WINDOWS]
    transposed = [row.layer for row in rows if row.layer.kind == "tconv"]
    if any(layer.padding is not None and not layer.ceil for layer in windows):
        why = say.LENGTH_IS(others=say.OTHERS[rank])
        yield Equation(end, (Term((floor((start + 2 * p - k) / s),)), Term((ONE,))), why)
    if any(layer.ceil for layer in windows):
        yield Equation(end, (Term((ceiling((start + 2 * p - k) / s),)), Term((ONE,))), say.CEILED_IS)
    if any(layer.padding is None for layer in windows):
        yield Equation(end, start, say.SAME_IS)
    if transposed:
        terms = (Term((start - 1, s)), Term((Integer(-2), p)), Term((k,)), Term((o,)))
        yield Equation(end, terms, say.TRANSPOSED_IS)
    if any(layer.dilation != (ONE,) for layer in (*windows, *transposed)):
        yield Equation(m, (Term((d, k - 1)), Term((ONE,))), say.SPAN_IS)


def _counts(rows: Sequence[Row], columns: Sequence[str]) -> Iterator[Equation]:
    rank = _rank(rows)
    kernels = [along("k", axis, rank, always=True) for axis in range(rank)]
    kinds = {row.layer.kind for row in rows}
    convolutions = [row.layer for row in rows if row.layer.kind in ("conv", "tconv") and not row.layer.wiring]
    for grouped in (False, True):
        if not any((layer.groups != 1) == grouped for layer in convolutions):
            continue
        read = PER_GROUP if grouped else C_IN
        if grouped:
            yield Equation(PER_GROUP, C_IN / GROUPS, say.GROUPED_IS)
        if "weights" in columns:
            yield Equation(WEIGHTS, Mul(*kernels, read, C_OUT), say.WEIGHTS_IS(c=C_OUT))
        for kind, end, why in (("conv", "out", say.ADDS_IS), ("tconv", "in", say.TRANSPOSED_ADDS_IS)):
            if "multiply_adds" in columns and any((c.kind, c.groups != 1) == (kind, grouped) for c in convolutions):
                yield Equation(MULTIPLY_ADDS, Mul(*lengths(rank, end), *kernels, read, C_OUT), why)
    if any(layer.bias for layer in convolutions) and "biases" in columns:
        yield Equation(BIASES, C_OUT, say.BIASES_IS)
    if "connections" in columns and convolutions:
        for bias, why in ((True, say.CONNECTIONS_ARE), (False, say.CONNECTIONS_ALONE)):
            if any(layer.bias == bias for layer in convolutions):
                linked = Term((Mul(*kernels, C_IN) + int(bias), C_OUT, *lengths(rank, "out")))
                yield Equation(CONNECTIONS, (linked,), why)
    for kind, column, left, right, why in _others():
        if kind in kinds and column in columns:
            yield Equation(left, right, why)
    if kinds & set(GATES) and "multiply_adds" in columns:
        yield Equation(MULTIPLY_ADDS, lengths(1, "in")[0] * WEIGHTS, say.RECURRENT_ADDS_IS)


def _others() -> Iterator[tuple[str, str, Expr, Expr | tuple[Term, ...], Text]]:
    n, d = LENGTH, WIDTH
    yield "fc", "weights", WEIGHTS, N_IN * N_OUT, say.FC_IS
    yield "linear", "weights", WEIGHTS, C_IN * C_OUT, say.LINEAR_IS
    yield "embedding", "weights", WEIGHTS, ROWS * C_OUT, say.EMBEDDING_IS
    yield "attention", "weights", WEIGHTS, 4 * d**2, say.ATTENTION_IS
    terms = (Term((Integer(4), n, d**2)), Term((TWO, n**2, d)))
    yield "attention", "multiply_adds", MULTIPLY_ADDS, terms, say.ATTENTION_ADDS_IS
    for kind, gates in GATES.items():
        yield kind, "weights", WEIGHTS, maps(Integer(gates)), say.RECURRENT_IS[kind]
    yield "prelu", "weights", WEIGHTS, C_OUT, say.PRELU_IS
    yield "bn", "weights", WEIGHTS, C_OUT, say.NORM_IS
    yield "ln", "weights", WEIGHTS, C_OUT, say.NORM_IS


def _field(rows: Sequence[Row]) -> Iterator[Equation]:
    rank = _rank(rows)
    k, s, d = along("k", 0, rank, always=True), along("s", 0, rank), along("d", 0, rank)
    dilated = (d,) if any(row.layer.dilation != (ONE,) for row in rows) else ()
    yield Equation(FIELD_OUT, (Term((FIELD_IN,)), Term((*dilated, k - 1, JUMP_IN))), say.FIELD_IS)
    yield Equation(JUMP_OUT, JUMP_IN * s, say.JUMP_IS)
