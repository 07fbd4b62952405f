"""The length of a map after a convolution or a pooling, worked along each axis, and what does not fit.

    H_out = floor((H_in + 2p - m)/s) + 1,    m = d(k - 1) + 1,    and with padding "same"  H_out = H_in
    H_out = (H_in - 1)s - 2p + m + o         of a transposed convolution

m is the span of a kernel of k with the dilation d (Dumoulin and Visin, A guide to convolution arithmetic, 2016).
"""

from __future__ import annotations

from sympy import Expr, Integer, ceiling, floor

from derive.chain.derivation import Term
from derive.errors import UsageError
from derive.layers.layer import ONE, ZERO, Layer
from derive.layers.names import along, length
from derive.page.worked_line import WorkedLine, worked


def span(layer: Layer, axis: int) -> Expr:
    """How many positions a kernel covers along an axis: d(k - 1) + 1."""
    return layer.along(layer.dilation, axis) * (layer.along(layer.kernel, axis) - 1) + 1


def span_line(layer: Layer, axis: int, rank: int) -> WorkedLine | None:
    """The span of a dilated kernel, worked; None where it is the kernel's size."""
    d = layer.along(layer.dilation, axis)
    if d == 1:
        return None
    k, symbol = along("k", axis, rank, always=True), along("d", axis, rank, layer.dilation)
    right = (Term((symbol, k - 1)), Term((ONE,)))
    return worked(_span(layer, axis, rank), right, {k: layer.along(layer.kernel, axis), symbol: d})


def _span(layer: Layer, axis: int, rank: int) -> Expr:
    """The letter of the span: that of the kernel without dilation."""
    dilated = layer.along(layer.dilation, axis) != 1
    return along("m" if dilated else "k", axis, rank, always=True)


def length_line(layer: Layer, before: Expr, axis: int, rank: int) -> WorkedLine:
    """The length after a convolution or a pooling, worked along one axis."""
    line = (_transposed if layer.kind == "tconv" else _moved)(layer, before, axis, rank)
    return line


def _moved(layer: Layer, before: Expr, axis: int, rank: int) -> WorkedLine:
    start, end = length(axis, rank, "in"), length(axis, rank, "out")
    if layer.padding is None:
        return worked(end, start, {start: before})
    m, s, p = (f(layer, axis, rank) for f in (_span, _stride, _padding))
    values = {start: before, m: span(layer, axis), s: _of(layer, "stride", axis), p: _of(layer, "padding", axis)}
    padded = start + (2 * p if values[p] != 0 else 0)
    if values[s] == 1:
        del values[s]
        return worked(end, (Term((padded - m,)), Term((ONE,))), values)
    if layer.ceil:
        out = (Term((ceiling((padded - m) / s),)), Term((ONE,)))
        return worked(end, (*out, Term((-ONE,))) if _beyond(layer, before, axis) else out, values)
    return worked(end, (Term((floor((padded - m) / s),)), Term((ONE,))), values)


def _beyond(layer: Layer, before: Expr, axis: int) -> bool:
    """Whether the last window of a length that is rounded up would begin behind the input: torch leaves it out.

    Errors: UsageError where letters leave it open.
    """
    s, p, m = _of(layer, "stride", axis), _of(layer, "padding", axis), span(layer, axis)
    if (m - p - s).is_nonnegative:  # it begins before H + 2p - m + s
        return False
    start = ceiling((before + 2 * p - m) / s) * s
    if not start.is_number or not before.is_number:
        raise UsageError(
            f"{layer.typed}: with ceil and a length of {before} its windows depend on the letters; take numbers"
        )
    return bool(start >= before + p)


def _transposed(layer: Layer, before: Expr, axis: int, rank: int) -> WorkedLine:
    start, end = length(axis, rank, "in"), length(axis, rank, "out")
    m, s, p = (f(layer, axis, rank) for f in (_span, _stride, _padding))
    o, more = along("o", axis, rank, layer.output_padding), layer.along(layer.output_padding, axis)
    values = {start: before, m: span(layer, axis), s: _of(layer, "stride", axis), p: _of(layer, "padding", axis)}
    terms = [Term((start - 1, s))]
    terms += [Term((Integer(-2), p))] if values[p] != 0 else []
    terms += [Term((m,))]
    terms += [Term((o,))] if more != 0 else []
    return worked(end, tuple(terms), values | {o: more})


def _of(layer: Layer, what: str, axis: int) -> Expr:
    return layer.along(getattr(layer, what), axis)


def _stride(layer: Layer, axis: int, rank: int) -> Expr:
    return along("s", axis, rank, layer.stride)


def _padding(layer: Layer, axis: int, rank: int) -> Expr:
    return along("p", axis, rank, layer.padding or ())


def fits(layer: Layer, before: Expr, axis: int, after: Expr, where: str) -> None:
    """Refuse a kernel that is larger than the padded map, and a padding that no such layer has. Errors: UsageError."""
    if layer.padding is None:
        if any(s != 1 for s in layer.stride):
            raise UsageError(f"{where}: padding same needs stride 1; give the padding as a number")
        return
    p, m = layer.along(layer.padding, axis), span(layer, axis)
    padded = before + 2 * p
    if layer.kind != "tconv" and (padded - m).is_negative:
        raise UsageError(
            f"{where}: the kernel covers {m} and the map is {before} long there"
            + (f", {padded} with padding {p}" if p != 0 else "")
            + "; take a smaller kernel or more padding"
        )
    if layer.kind in ("maxpool", "avgpool") and (layer.along(layer.kernel, axis) - 2 * p).is_negative:
        raise UsageError(f"{where}: padding {p} is more than half of the window {layer.along(layer.kernel, axis)}")
    if layer.kind == "tconv" and (after.is_positive is False):
        raise UsageError(f"{where}: the map would be {after} long; take less padding than {p}")
    if layer.kind == "tconv" and layer.along(layer.output_padding, axis) != ZERO:
        most = max(layer.along(layer.stride, axis), layer.along(layer.dilation, axis))
        if not (layer.along(layer.output_padding, axis) - most).is_negative:
            raise UsageError(f"{where}: outpad has to be smaller than the stride or the dilation, {most}")
