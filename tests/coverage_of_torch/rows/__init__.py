"""The rows, one for each operation."""

from __future__ import annotations

from coverage_of_torch.rows import elementwise, images, layers, losses, matrices, reductions, shapes

ROWS = (
    *elementwise.ROWS,
    *reductions.ROWS,
    *matrices.ROWS,
    *shapes.ROWS,
    *losses.ROWS,
    *layers.ROWS,
    *images.ROWS,
)
