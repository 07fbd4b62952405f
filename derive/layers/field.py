"""What one number of an output sees of the network's input, along one axis.

Output i sees the inputs from start + i j to end + i j: r = end - start + 1 of them, the receptive field; neighbours
are j apart, the jump. A layer with the kernel k, the dilation d, the stride s and the padding p at its beginning gives

    start' = start - p j,    end' = end + (d(k - 1) - p) j,    so  r' = r + d(k - 1) j,    and  j' = s j.

Where branches meet, the output sees all that any of them sees.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sympy import Expr, Integer, Max, Min, expand

from derive.chain.derivation import Term
from derive.errors import UsageError
from derive.layers.layer import ONE, ZERO, Layer
from derive.layers.names import FIELD_IN, FIELD_OUT, JUMP_IN, JUMP_OUT, along
from derive.layers.sizes import span
from derive.page.worked_line import WorkedLine, worked


class Axis(NamedTuple):
    """What output 0 sees along an axis, and how far its neighbour's part is from it."""

    start: Expr = ZERO
    end: Expr = ZERO
    jump: Expr = ONE

    @property
    def size(self) -> Expr:
        """The receptive field r."""
        return expand(self.end - self.start + 1)


def moved(layer: Layer, axis: int, before: Axis) -> Axis:
    """After a convolution or a pooling."""
    reach, first = span(layer, axis) - 1, _first(layer, axis)
    stride = layer.along(layer.stride, axis)
    return Axis(before.start - first * before.jump, before.end + (reach - first) * before.jump, before.jump * stride)


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


def whole(length: Expr, before: Axis) -> Axis:
    """After a layer that reads all positions along an axis: all outputs see the same."""
    return Axis(before.start, before.end + (length - 1) * before.jump, ZERO)


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
        found.append(Axis(Min(*(a.start for a in axes)), Max(*(a.end for a in axes)), jump))
    return tuple(found)


def seen(axis: Axis, length: Expr) -> Expr:
    """The receptive field as far as it lies within an input of that length, for a number in its middle."""
    if axis.jump != 0:
        return Min(axis.size, length)
    return Min(axis.end, length - 1) - Max(axis.start, Integer(0)) + 1
