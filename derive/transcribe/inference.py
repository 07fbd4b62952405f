"""Shapes that nobody has given: what W, x and b must be for W x + b to make sense.

A capital letter beside another name is a matrix, and what it meets is a vector; a bare norm, a softmax and a^T b take
vectors; a power, a denominator and an exponent are numbers. Both sides of a sum are equal, and the rest follows. Where
that leads to a contradiction, or nothing asks for a vector, all of these names are numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

from derive.read.tree import (
    Added,
    Bracketed,
    Multiplied,
    Node,
    Number,
    Scripted,
    Symbol,
    walk,
)
from derive.transcribe.leaves import CONSTANTS
from derive.transcribe.looks import capital, greek, is_row, of_vectors, ones, plain
from derive.transcribe.notation import Notation, Stem
from derive.transcribe.occurrences import ONES, Occurrence, letter, occurrence, occurrences
from derive.transcribe.sizes import Dimensions, size_word
from derive.transcribe.statements import Definition, heads
from derive.transcribe.unknown import Contradiction, Shape, Size, beside


@dataclass
class Inference:
    """Finds shapes by reading all definitions again and again until nothing changes."""

    how: Notation
    dimensions: Dimensions
    laws: Mapping[Stem, Definition]
    functions: Mapping[str, Definition]
    rules: Mapping[type, Callable[[Inference, Any], Shape]]  # by the kind of node
    shapes: dict[Stem, tuple[Size, ...]] = field(default_factory=dict)
    sums: dict[tuple[Size, ...], Size] = field(default_factory=dict)
    letters: dict[str, Size] = field(default_factory=dict)
    words: dict[str, Size] = field(default_factory=dict)
    inputs: list[dict[str, Node]] = field(default_factory=list)  # what stands for the arguments of functions
    calls: list[Definition] = field(default_factory=list)  # the functions in whose formulas this is
    at: Any = None  # the formula that is being read
    several: list[Node] = field(default_factory=list)  # products of which nothing says which factor is a vector
    open: dict[Stem, tuple[Node, str]] = field(default_factory=dict)  # names of which the rank is not sure, and why

    # -- names ----------------------------------------------------------------------------------------------------

    def of(self, found: Occurrence) -> Shape:
        """The shape of a name as far as it is known; a subscript beyond the family's own takes an axis away."""
        if self.inputs and found.base in self.inputs[-1]:
            return self._element(found, self._argument(found.base, self.shape))
        stem, places = self.how.split(found)
        if (stem.word in self.how.ends and not places) or found.base == ONES:
            return ()
        beyond = len(places) - self.dimensions.counts.get(stem, len(places))
        if beyond > 0 and stem not in self.shapes:
            self.shapes[stem] = tuple(Size() for _ in range(beyond))
        shape = self.shapes.get(stem)
        if not places and stem in self.laws and self.dimensions.counts.get(stem):
            return self._whole(stem, shape or ())
        return shape if beyond <= 0 or shape is None else self.within(shape, places[-beyond:])

    def _whole(self, stem: Stem, shape: tuple[Size, ...]) -> tuple[Size, ...]:
        """The shape of a family that stands without its indices: z for all z_c."""
        places = self.how.split(self.laws[stem].left)[1]
        return (*(self.letter(letter(place)) or Size() for place in places), *shape)

    def within(self, shape: tuple[Size, ...], places: tuple[Node, ...]) -> tuple[Size, ...]:
        """What is left of a shape behind subscripts, whose letters run as far as its axes."""
        if len(places) > len(shape):
            raise Contradiction(f"{len(places)} subscripts where {len(shape)} can stand")
        for size, place in zip(shape, places, strict=False):
            if (own := self.letter(letter(place))) is not None and not (own.root().word and size.root().word):
                size.join(own)
        return shape[len(places) :]

    def _element(self, found: Occurrence, shape: Shape) -> Shape:
        if not found.places:
            return shape
        if shape is None:
            shape = self._argument(found.base, lambda node: self.give(node, tuple(Size() for _ in found.places)))
        if len(found.places) > len(shape or ()):
            raise Contradiction(f"{len(found.places)} subscripts where {len(shape or ())} can stand")
        return (shape or ())[len(found.places) :]

    def _argument(self, base: str, read: Callable[[Node], Shape]) -> Shape:
        """What stands for an argument of a function, read where the function was called."""
        inner, call = self.inputs.pop(), self.calls.pop()
        try:
            return read(inner[base])
        finally:
            self.inputs.append(inner)
            self.calls.append(call)

    def letter(self, name: str) -> Size | None:
        """How far an index letter runs; None where that is no plain size, or the letter is no index."""
        first = self.dimensions.first(name)
        ends = self.dimensions.letters.get(first)
        if not name or (ends is None and first not in self.how.letters):
            return None
        if ends is not None and ends.last is not None:
            whole = ends.first is None or (isinstance(ends.first, Number) and ends.first.digits == "1")
            return self.sized(ends.last) if whole and isinstance(ends.last, Symbol | Scripted | Number) else None
        return self.letters.setdefault(first, Size())

    def sized(self, node: Node) -> Size:
        """The size that is written so."""
        return self.words.setdefault(size_word(node), Size(size_word(node)))

    def give(self, node: Node, shape: tuple[Size, ...]) -> tuple[Size, ...]:
        """Says what shape a tree has; only a name without one can take it. Contradiction where it has another."""
        found = occurrence(node)
        if found is not None and self.inputs and found.base in self.inputs[-1]:
            if not found.places:
                self._argument(found.base, lambda inner: self.give(inner, shape))
        elif found is not None and self.of(found) is None:
            stem, _ = self.how.split(found)
            self.shapes[stem] = shape
        elif isinstance(node, Bracketed) and len(node.items) == 1:
            return self.give(node.items[0], shape)
        elif isinstance(node, Multiplied) and shape:
            self._scaled(node, shape)
        elif isinstance(node, Added):
            known = any(self.shape(term) for term in node.terms)
            for term in node.terms:
                if self.shape(term) is None:
                    self._beside(term, shape) if known else self.give(term, shape)
        return shape

    def _scaled(self, node: Multiplied, shape: tuple[Size, ...]) -> None:
        """A product that has a shape: of its factors one has it, and the others are numbers."""
        unknown = [factor for factor in node.factors if self.shape(factor) is None and not greek(factor)]
        if len(unknown) == 1:
            self.give(unknown[0], shape)
        elif unknown and not any(self.shape(factor) for factor in node.factors):
            self.several.append(node)

    def applied(self, made: Definition, items: tuple[Node, ...]) -> Shape:
        """The shape of a function that the text defines: of vectors as its formula says, else element by element."""
        if any(made is call for call in self.calls):
            return None
        if not self._of_vectors(made) or len(items) != len(made.arguments):
            return self.equal(items)
        self.inputs.append({getattr(a, "name", "?"): item for a, item in zip(made.arguments, items, strict=True)})
        self.calls.append(made)
        try:
            shape = self.shape(made.right)
            return self._elements(made) or shape
        finally:
            self.calls.pop()
            self.inputs.pop()

    def _of_vectors(self, made: Definition, within: tuple[str, ...] = ()) -> bool:
        """Whether a function takes vectors, by its own formula or by a function that it calls."""
        called = {o.base for node in walk(made.right) for o in heads(node)} & set(self.functions) - {*within}
        inside = (*within, *called)
        return of_vectors(made) or any(self._of_vectors(self.functions[name], inside) for name in sorted(called))

    def _elements(self, made: Definition) -> tuple[Size, ...]:
        """The shape of `f(x)_i = ...`: as far as i runs over the elements of an argument; () for another function."""
        sizes: dict[str, Size] = {}
        for found in occurrences(made.right):
            if found.base in self.inputs[-1]:
                shape = self._argument(found.base, self.shape) or ()
                sizes |= dict(zip(map(letter, found.places), shape, strict=False))
        own = [letter(place) for place in made.left.places]
        return tuple(sizes[name] for name in own) if set(own) <= set(sizes) else ()

    # -- trees ----------------------------------------------------------------------------------------------------

    def shape(self, node: Node) -> Shape:
        """The shape of a tree; None while it is not known."""
        rule = self.rules.get(type(node))
        return () if rule is None else rule(self, node)

    def equal(self, nodes: tuple[Node, ...]) -> Shape:
        """All of these have one shape, but for numbers that are known as such."""
        shapes = [self.shape(node) for node in nodes]
        known = [shape for shape in shapes if shape]
        if not known:
            return None if None in shapes else ()
        whole = reduce(beside, known)
        for node, shape in zip(nodes, shapes, strict=True):
            if shape is None:
                self._beside(node, whole)
        return whole

    def together(self, one: Node, left: Shape, other: Node) -> Shape:
        """The shape of an elementwise product: both have it, Greek letters too."""
        right = self.shape(other)
        if left and right is None:
            self.give(other, left)
        elif right and left is None:
            self.give(one, right)
        return self.equal((one, other)) if left or right else left if right == () else right

    def _beside(self, node: Node, whole: tuple[Size, ...]) -> None:
        """A name in a sum has the shape of the whole; of a small letter beside a matrix that is not sure."""
        found = occurrence(node)
        if greek(node):
            if found is not None and found.base not in CONSTANTS:
                self.open.setdefault(self.how.split(found)[0], (node, "greek"))
        elif len(whole) == 2 and found is not None and found.base[0].islower():
            self.open.setdefault(self.how.split(found)[0], (node, "small"))
        else:
            self.give(node, whole)

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
        if left is None and self.matrix(one) and not isinstance(other, Number) and right != ():
            left = self._matrix(one)
        if right is None and self.matrix(other) and left:
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
        if left is None and right and (found := occurrence(one)) is not None and found.base in ("w", "theta"):
            self.open.setdefault(self.how.split(found)[0], (one, "weight"))
        return _combined(left, right, row, other)

    def matrix(self, node: Node) -> bool:
        """Whether a name looks like that of a matrix, and no two indices take its element, as R_{ij}."""
        found = occurrence(plain(node))
        if found is None or not capital(plain(node)):
            return False
        indices = self.how.split(found)[1]
        return sum(any(place is own for own in indices) for place in found.places[found.layers :]) < 2

    def _summed(self, one: Node, left: Shape, other: Node, right: Shape) -> Shape:
        """1^T x and A 1: sums over the axis that meets the ones; 1 b^T and b 1^T repeat a vector."""
        if ones(one) and not is_row(one) and is_row(other):
            return (Size("1"), *(right or self.give(plain(other), (Size(),))))
        if ones(other) and is_row(other) and not is_row(one):
            return (*(left or self.give(one, (Size(),))), Size("1"))
        if ones(one):
            return (right or self.give(other, (Size(),)))[1:]
        if left is None and not capital(one):  # b 1: a number at each place
            return self.give(one, ())
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
