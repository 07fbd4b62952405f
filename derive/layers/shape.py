"""What stands between two layers: a map, a sequence or a vector, with numbers or letters for its sizes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from sympy import Expr, Mul

from derive.errors import UsageError
from derive.language import Text
from derive.layers.size import size

AXES = {0: (), 1: ("L",), 2: ("H", "W"), 3: ("D", "H", "W")}


class Shape(NamedTuple):
    """The lengths of the axes along which a kernel moves, and the number of channels (features)."""

    spatial: tuple[Expr, ...]
    channels: Expr

    @property
    def count(self) -> Expr:
        """How many numbers it holds."""
        return Mul(*self.spatial, self.channels)

    def text(self, first: bool = False) -> Text:
        """Height x width x channels, or a map with the channels `first`, as torch writes it."""
        first = first and len(self.spatial) > 1
        return times((self.channels, *self.spatial) if first else (*self.spatial, self.channels))


def times(sizes: Sequence[Expr]) -> Text:
    """Sizes with a cross in between; sums stand in brackets there."""
    names = [f"s{n}" for n in range(len(sizes))]
    bracketed = [size.is_Add and len(sizes) > 1 for size in sizes]
    joined = " × ".join(f"({{{n}}})" if sum_ else f"{{{n}}}" for n, sum_ in zip(names, bracketed, strict=True))
    return Text(joined, joined)(**dict(zip(names, sizes, strict=True)))


def read_shape(typed: str, first: bool = False) -> Shape:
    """128x128x3 as a shape, with the channels last, or `first` as in torch. Errors: UsageError."""
    parts = [size(part, f"--input {typed}") for part in re.split("[xX×]", typed)]
    if len(parts) > 4:
        raise UsageError(f"--input {typed}: {len(parts)} sizes; give height x width x channels, as in 128x128x3")
    return Shape(tuple(parts[1:]), parts[0]) if first else Shape(tuple(parts[:-1]), parts[-1])
