"""The gradient of a whole matrix of which every step gives a block."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Expr, Idx, Integer

from derive.chain.derivation import Region, Step
from derive.chain.regions import pieces
from derive.chain.rule import extent
from derive.expressions.intervals import Interval, covers
from derive.expressions.matrices import Submatrix, Zeros
from derive.model.model import Node
from derive.topics.matrix_form.blocks import stacked
from derive.topics.matrix_form.form import Form, Forms
from derive.topics.matrix_form.rules import transpose

Parts = Sequence[tuple[Region, Form]]


def gradient(forms: Forms, steps: Sequence[Step]) -> tuple[Expr, Expr] | None:
    """A family's adjoint as a whole and its value, put together of the blocks of its steps; None for a part."""
    return of_blocks(steps[0].node, [(step.region, forms.of(step) or _number(step)) for step in steps])


def _number(step: Step) -> Form:
    """An element by itself, of which no index runs: a single place among blocks."""
    return Form(step.target, (), step.target, None if step.target.has(Idx) or step.given else step.value)


def of_blocks(node: Node, found: Parts) -> tuple[Expr, Expr] | None:
    """The adjoint of a family as a whole, and its value, put together of blocks; zeros where no step reaches.

    None where a block has no form, or where the blocks are not the same rows and columns of one matrix.
    """
    widest = max((form for _, form in found), key=lambda form: len(form.indices))
    if not isinstance(widest.whole, Submatrix):
        return None
    axes = [node.indices.index(i) for i in widest.indices]
    cuts = pieces([region for region, _ in found], extent(node))
    if cuts is None or not _same(node, found, axes, cuts):
        return None
    columns = cuts[axes[1]] if len(axes) > 1 else [None]
    rows = [[_block(found, axes, row, column) for column in columns] for row in cuts[axes[0]]]
    if any(block is None for row in rows for block in row):
        return None
    return widest.whole.args[0], stacked([[b for b in row if b is not None] for row in rows])


def _same(node: Node, found: Parts, axes: Sequence[int], cuts: Sequence[Sequence[Interval]]) -> bool:
    """Are all blocks, which have a form, of one matrix: along no other axis one of several?"""
    whole = all(len(cut) == 1 for axis, cut in enumerate(cuts) if axis not in axes)
    formed = all(form.matrix is not None and form.reason is None for _, form in found)
    return whole and formed and all({*form.indices} <= {node.indices[a] for a in axes} for _, form in found)


def _block(found: Parts, axes: Sequence[int], row: Interval, column: Interval | None) -> Expr | None:
    """What stands at these rows and columns; None where a step gives more than that."""
    ends = [row] if column is None else [row, column]
    sides = (row[1] - row[0] + 1, column[1] - column[0] + 1 if column is not None else Integer(1))
    for region, form in found:
        own = [region.ranges[a] for a in axes]
        if own == ends and form.matrix is not None:
            turned = column is not None and len(form.indices) == 1 and row[0] == row[1]  # a single row is a column
            return transpose(form.matrix) if turned else form.matrix
        if all(covers(one, other) for one, other in zip(own, ends, strict=True)):
            return None
    return Zeros(*sides)
