"""What one number of an output sees of the network's input, along one axis.

Output i sees the inputs from start + i j to end + i j: r = end - start + 1 of them, the receptive field; neighbours
are j apart, the jump. A layer with the kernel k, the dilation d, the stride s and the padding p at its beginning gives

    start' = start - p j,    end' = end + (d(k - 1) - p) j,    so  r' = r + d(k - 1) j,    and  j' = s j.

Where branches meet, the output sees all that any of them sees. At a border an output sees less, for padding is no
input: `reach` has the first and the last input of each output, where the length is a number.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sympy import Expr, Integer, Max, Min, expand

from derive.chain.derivation import Term
from derive.errors import UsageError
from derive.layers.layer import ONE, ZERO, Layer
from derive.layers.names import FIELD_IN, FIELD_OUT, JUMP_IN, JUMP_OUT, along
from derive.layers.sizes import span
from derive.page.worked_line import WorkedLine, worked

LONG = 20_000  # outputs whose borders are followed one by one
Reach = tuple[tuple[int, int] | None, ...] | None  # None for an output that sees padding only


class Axis(NamedTuple):
    """What output 0 sees along an axis if no border is near, and how far its neighbour's part is from it."""

    start: Expr = ZERO
    end: Expr = ZERO
    jump: Expr = ONE
    reach: Reach = None

    @property
    def size(self) -> Expr:
        """The receptive field r."""
        return expand(self.end - self.start + 1)


def entered(length: Expr) -> Axis:
    """The input itself: each position sees itself."""
    known = length.is_Integer and length <= LONG
    return Axis(reach=tuple((n, n) for n in range(int(length))) if known else None)


def moved(layer: Layer, axis: int, before: Axis, length: Expr) -> Axis:
    """After a convolution or a pooling with so many outputs along the axis."""
    reach, first = span(layer, axis) - 1, _first(layer, axis)
    stride = layer.along(layer.stride, axis)
    start, end = before.start - first * before.jump, before.end + (reach - first) * before.jump
    return Axis(start, end, before.jump * stride, _reach(layer, axis, before.reach, length))


def _reach(layer: Layer, axis: int, before: Reach, length: Expr) -> Reach:
    """The first and the last input of each output: of the places of its kernel that lie in the map."""
    if before is None or not length.is_Integer or length > LONG:
        return None
    k, d, s = (int(layer.along(sizes, axis)) for sizes in (layer.kernel, layer.dilation, layer.stride))
    p = int(_first(layer, axis))
    starts = (i * s - p for i in range(int(length)))
    return tuple(_union(before[q] for q in range(q0, q0 + d * k, d) if 0 <= q < len(before)) for q0 in starts)


def _union(parts: Iterable[tuple[int, int] | None]) -> tuple[int, int] | None:
    known = [part for part in parts if part is not None]
    return (min(low for low, _ in known), max(high for _, high in known)) if known else None


def _first(layer: Layer, axis: int) -> Expr:
    """The padding at the beginning; of "same" the smaller half, as torch has it."""
    if layer.padding is not None:
        return layer.along(layer.padding, axis)
    reach = span(layer, axis) - 1
    return reach // 2 if reach.is_Integer else reach / 2


def lines(layer: Layer, axis: int, rank: int, before: Axis) -> tuple[WorkedLine, WorkedLine]:
    """r and j after a convolution or a pooling, worked."""
    k, d, s = (along(stem, axis, rank, always=stem == "k") for stem in "kds")
    dilated = layer.along(layer.dilation, axis) != 1
    values: dict[Expr, Expr] = {
        FIELD_IN: before.size, JUMP_IN: before.jump, k: layer.along(layer.kernel, axis),
        s: layer.along(layer.stride, axis),
    } | ({d: layer.along(layer.dilation, axis)} if dilated else {})  # fmt: skip
    right = (Term((FIELD_IN,)), Term((*((d,) if dilated else ()), k - 1, JUMP_IN)))
    return worked(FIELD_OUT, right, values), worked(JUMP_OUT, JUMP_IN * s, values)


def whole(length: Expr, before: Axis, kept: bool = False) -> Axis:
    """After a layer that reads all positions along an axis, which may be `kept`: all outputs see the same."""
    reach = None if before.reach is None else (_union(before.reach),) * (len(before.reach) if kept else 1)
    return Axis(before.start, before.end + (length - 1) * before.jump, ZERO, reach)


def met(branches: Sequence[tuple[Axis, ...] | None], where: str) -> tuple[Axis, ...] | None:
    """Where branches meet. Errors: UsageError where their neighbours are differently far apart."""
    known = [b for b in branches if b is not None]
    if len(known) < len(branches):
        return None
    found = []
    for axes in zip(*known, strict=True):
        jumps = {a.jump for a in axes if a.jump != 0}
        if len(jumps) > 1:
            raise UsageError(f"{where}: the branches have the strides {', '.join(map(str, jumps))}; give them the same")
        jump = ZERO if any(a.jump == 0 for a in axes) else next(iter(jumps))
        reach = None
        if all(a.reach is not None for a in axes):
            reach = tuple(map(_union, zip(*(a.reach or () for a in axes), strict=True)))
        found.append(Axis(Min(*(a.start for a in axes)), Max(*(a.end for a in axes)), jump, reach))
    return tuple(found)


def seen(axis: Axis, length: Expr) -> Expr | None:
    """How many inputs lie from the first to the last that an output sees; None where borders leave it open.

    Away from every border it is the receptive field. What has read all positions sees the same at each of them.
    """
    if axis.jump != 0:
        return axis.size
    if axis.reach:
        low, high = axis.reach[0] or (0, -1)
        return Integer(high - low + 1)
    return length if axis.start == 0 and expand(axis.end - length + 1) == 0 else None
