"""What is said of one layer: its shapes, and each of its counts worked."""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Expr, Integer

from derive.layers.field import Axis
from derive.layers.layer import ONE, ZERO, Layer
from derive.layers.shape import Shape
from derive.page.worked_line import WorkedLine


@dataclass(frozen=True)
class Row:
    """One layer at its place in the network.

    `place` is its number, 3 or 5a.1 in a branch; `times` how often it stands there where a stack is repeated a number
    of times that is a letter. `ungrouped` is the number of weights if each kernel read all channels; `field` is, for
    each axis, what one number of the output sees of the input, None where that is not computed.
    """

    place: str
    layer: Layer
    input: Shape
    output: Shape
    sizes: tuple[WorkedLine, ...] = ()
    weights: WorkedLine | None = None
    biases: WorkedLine | None = None
    multiply_adds: WorkedLine | None = None
    numbers: WorkedLine | None = None
    connections: WorkedLine | None = None
    ungrouped: Expr = ZERO
    field: tuple[Axis, ...] | None = None
    field_lines: tuple[WorkedLine, ...] = ()
    times: Expr = ONE

    def value(self, what: str) -> Expr:
        """A count of the layer, all times that it stands there; 0 where there is none."""
        line: WorkedLine | None = getattr(self, what)
        return self.times * line.value if line is not None else Integer(0)

    @property
    def where(self) -> str:
        """The layer in a message."""
        return f"layer {self.place}, {self.layer.title}"
