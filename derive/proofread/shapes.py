r"""The shapes of a line of matrices, read as they are multiplied: (N \times D)^T (N \times H) \to D \times H."""

from __future__ import annotations

import math

import numpy as np

from derive.proofread.numbers import Value
from derive.proofread.seen import Seen, Unseen
from derive.read import tree as t
from derive.read.reader import read
from derive.read.tree import Node

Shape = tuple[float, float]


def shapes(latex: str, seen: Seen) -> Value:
    """Rows and columns of what comes out, where each part makes sense. Errors: Unseen where one does not."""
    (row,) = read(f"${latex}$")
    *parts, last = row.items
    sides = [*parts, *(last.sides if isinstance(last, t.Relation) else (last,))]
    found = [_shape(side, seen) for side in sides]
    trace = _same(found[-1], (1.0, 1.0)) and all(np.isclose(*one) for one in found[:-1])  # of a square matrix
    if len(sides) == 2 and not _same(*found) and not trace:
        raise Unseen("the shapes do not make what is said")
    return np.array([found[-1]])


def _same(one: Shape, other: Shape) -> bool:
    return bool(np.allclose(one, other))


def _shape(node: Node, seen: Seen) -> Shape:
    if isinstance(node, t.Bracketed) and len(node.items) == 1:
        return _shape(node.items[0], seen)
    if isinstance(node, t.Scripted) and node.above is not None:
        rows, columns = _shape(node.base, seen)
        return columns, rows
    if isinstance(node, t.Added):
        return _equal([_shape(term, seen) for term in node.terms])
    if not isinstance(node, t.Multiplied):
        raise Unseen("no shape")
    if node.signs.count("times") == 1 and "odot" not in node.signs:
        at = node.signs.index("times")
        return math.prod(seen.all(node.factors[:at])), math.prod(seen.all(node.factors[at:]))
    runs: list[list[Node]] = [[]]
    for sign, factor in zip(node.signs, node.factors, strict=True):
        if sign == "odot":
            runs.append([])
        runs[-1].append(factor)
    return _equal([_product([_shape(f, seen) for f in run]) for run in runs])


def _equal(found: list[Shape]) -> Shape:
    if not all(_same(found[0], other) for other in found):
        raise Unseen("different shapes are added")
    return found[0]


def _product(found: list[Shape]) -> Shape:
    first, *others = found
    for other in others:
        if not np.isclose(first[1], other[0]):
            raise Unseen("shapes that do not fit are multiplied")
        first = first[0], other[1]
    return first
