"""Shapes that nobody has given: what W, x and b must be for W x + b to make sense.

A capital letter beside another name is a matrix, and what it meets is a vector; a bare norm, a softmax and a^T b take
vectors; a power, a denominator and an exponent are numbers. Both sides of a sum are equal, and the rest follows. Where
that leads to a contradiction, or nothing asks for a vector, all of these names are numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from derive.read.tree import (
    Added,
    Bracketed,
    Node,
    Number,
)
from derive.transcribe.looks import capital, greek, is_row, ones, plain
from derive.transcribe.notation import Notation, Stem
from derive.transcribe.occurrences import ONES, Occurrence, occurrence
from derive.transcribe.statements import Definition
from derive.transcribe.unknown import Contradiction, Shape, Size, join


@dataclass
class Inference:
    """Finds shapes by reading all definitions again and again until nothing changes."""

    how: Notation
    laws: Mapping[Stem, Definition]
    functions: Mapping[str, Definition]
    rules: Mapping[type, Callable[[Inference, Any], Shape]]  # by the kind of node
    shapes: dict[Stem, tuple[Size, ...]] = field(default_factory=dict)
    sums: dict[tuple[Size, ...], Size] = field(default_factory=dict)

    # -- names ----------------------------------------------------------------------------------------------------

    def of(self, found: Occurrence) -> Shape:
        """The shape of a name as far as it is known; a subscript beyond the family's own makes it a number."""
        stem, _ = self.how.split(found)
        if stem.word in self.how.ends or found.base == ONES:
            return ()
        return self.shapes.get(stem)

    def give(self, node: Node, shape: tuple[Size, ...]) -> tuple[Size, ...]:
        """Says what shape a tree has; only a name without one can take it. Contradiction where it has another."""
        found = occurrence(node)
        if found is not None and self.of(found) is None:
            stem, _ = self.how.split(found)
            self.shapes[stem] = shape
        elif isinstance(node, Bracketed) and len(node.items) == 1:
            return self.give(node.items[0], shape)
        elif isinstance(node, Added):
            for term in node.terms:
                if self.shape(term) is None:
                    self.give(term, shape)
        return shape

    # -- trees ----------------------------------------------------------------------------------------------------

    def shape(self, node: Node) -> Shape:
        """The shape of a tree; None while it is not known."""
        rule = self.rules.get(type(node))
        return () if rule is None else rule(self, node)

    def equal(self, nodes: tuple[Node, ...]) -> Shape:
        """All of these have one shape, but for numbers that are known as such."""
        shapes = [self.shape(node) for node in nodes]
        known = [shape for shape in shapes if shape]
        for other in known[1:]:
            join(known[0], other)
        if known:
            for node, shape in zip(nodes, shapes, strict=True):
                if shape is None and not greek(node):
                    self.give(node, known[0])
            return known[0]
        return None if None in shapes else ()

    def number(self, node: Node) -> None:
        """This is a number. Contradiction if it is known as a vector."""
        shape = self.shape(node)
        if shape:
            raise Contradiction("a vector where a number belongs")

    def product(self, one: Node, left: Shape, other: Node, row: bool) -> Shape:
        """The shape of two factors beside each other; `row`: what stands in front is a row."""
        right = self.shape(other)
        if ones(one) or ones(other):
            return self._summed(one, left, other, right)
        if left is None and capital(plain(one)) and not isinstance(other, Number) and right != ():
            left = self._matrix(one)
        if right is None and capital(plain(other)) and left:
            right = self._matrix(other)
        if (left is None or right is None) and (row or is_row(other)):
            left, right = self._rows(one, left, other, right, row)
        if left is not None and len(left) == 2:
            if right is None:
                right = self.give(other, (left[1],))
            if right:
                left[1].join(right[0])
                return (left[0], *right[1:])
            return left
        return _combined(left, right, row, other)

    def _summed(self, one: Node, left: Shape, other: Node, right: Shape) -> Shape:
        """1^T x and A 1: sums over the axis that meets the ones."""
        if ones(one):
            return (right or self.give(other, (Size(),)))[1:]
        return (left or self.give(one, (Size(),)))[:-1]

    def _rows(self, one: Node, left: Shape, other: Node, right: Shape, row: bool) -> tuple[Shape, Shape]:
        """a^T b and a b^T: both are vectors, unless one is known as a matrix."""
        if left is None and not capital(one):
            left = self.give(plain(one), (right[0],) if right and row else (Size(),))
        if right is None and left and not capital(other):
            right = self.give(plain(other), (left[-1],) if row else (Size(),))
        return left, right

    def joined(self, parts: tuple[Size, ...]) -> Size:
        """The size of [a; b]: the same object for the same parts."""
        return self.sums.setdefault(parts, Size(parts=parts))

    def _matrix(self, node: Node) -> tuple[Size, ...]:
        """A name becomes a matrix; the shape is that of the node, which may be its transpose."""
        shape = self.give(plain(node), (Size(), Size()))
        return shape[::-1] if is_row(node) else shape


def _combined(left: Shape, right: Shape, row: bool, other: Node) -> Shape:
    """The product of a number with anything, or of vectors of which one is a row."""
    if left == ():
        return right
    if right == ():
        return left
    if left is None or right is None:  # beside a vector stands a number
        return None if not left and not right else left or right
    if len(left) == len(right) == 1:
        if row:
            left[0].join(right[0])
            return ()
        return (*left, *right) if is_row(other) else left
    if len(right) == 2:
        left[0].join(right[0])
        return right[1:]
    return left
