"""Shapes that nobody has given: what W, x and b must be for W x + b to make sense.

A capital letter beside another name is a matrix, and what it meets is a vector; a bare norm, a softmax and a^T b take
vectors; a power, a denominator and an exponent are numbers. Both sides of a sum are equal, and the rest follows. Where
that leads to a contradiction, or nothing asks for a vector, all of these names are numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from derive.read.symbols import GREEK
from derive.read.tree import (
    Added,
    Bars,
    Big,
    Bracketed,
    Call,
    Fraction,
    Multiplied,
    Node,
    Number,
    Root,
    Scripted,
    Symbol,
    walk,
)
from derive.transcribe.notation import Notation, Stem
from derive.transcribe.occurrences import ONES, TRANSPOSED, Occurrence, occurrence, written
from derive.transcribe.sizes import Dimensions
from derive.transcribe.statements import Definition


class Contradiction(Exception):
    """The same name would need two shapes."""


@dataclass(eq=False)
class Size:
    """A size, perhaps not known yet; equal ones are joined."""

    word: str = ""
    parts: tuple[Size, ...] = ()  # of [a; b]: the sizes that it is the sum of
    same: Size | None = None

    def root(self) -> Size:
        """The size that stands for all that are equal to this one."""
        return self if self.same is None else self.same.root()

    def join(self, other: Size) -> None:
        """From now on both are one. Contradiction for two different words."""
        one, two = self.root(), other.root()
        if one is two:
            return
        if one.word and two.word and one.word != two.word:
            raise Contradiction(f"{one.word} and {two.word}")
        one.word, one.parts = one.word or two.word, one.parts or two.parts
        two.same = one


Shape = tuple[Size, ...] | None  # None: not known yet


@dataclass
class Inference:
    """Finds shapes by reading all definitions again and again until nothing changes."""

    how: Notation
    laws: Mapping[Stem, Definition]
    functions: Mapping[str, Definition]
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
        rule = _RULES.get(type(node))
        return () if rule is None else rule(self, node)

    def equal(self, nodes: tuple[Node, ...]) -> Shape:
        """All of these have one shape, but for numbers that are known as such."""
        shapes = [self.shape(node) for node in nodes]
        known = [shape for shape in shapes if shape]
        for other in known[1:]:
            _join(known[0], other)
        if known:
            for node, shape in zip(nodes, shapes, strict=True):
                if shape is None and not _greek(node):
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
        if _ones(one) or _ones(other):
            return self._summed(one, left, other, right)
        if left is None and _capital(_plain(one)) and not isinstance(other, Number) and right != ():
            left = self._matrix(one)
        if right is None and _capital(_plain(other)) and left:
            right = self._matrix(other)
        if (left is None or right is None) and (row or _is_row(other)):
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
        if _ones(one):
            return (right or self.give(other, (Size(),)))[1:]
        return (left or self.give(one, (Size(),)))[:-1]

    def _rows(self, one: Node, left: Shape, other: Node, right: Shape, row: bool) -> tuple[Shape, Shape]:
        """a^T b and a b^T: both are vectors, unless one is known as a matrix."""
        if left is None and not _capital(one):
            left = self.give(_plain(one), (right[0],) if right and row else (Size(),))
        if right is None and left and not _capital(other):
            right = self.give(_plain(other), (left[-1],) if row else (Size(),))
        return left, right

    def joined(self, parts: tuple[Size, ...]) -> Size:
        """The size of [a; b]: the same object for the same parts."""
        return self.sums.setdefault(parts, Size(parts=parts))

    def _matrix(self, node: Node) -> tuple[Size, ...]:
        """A name becomes a matrix; the shape is that of the node, which may be its transpose."""
        shape = self.give(_plain(node), (Size(), Size()))
        return shape[::-1] if _is_row(node) else shape


def _join(one: tuple[Size, ...], other: tuple[Size, ...]) -> None:
    if len(one) != len(other):
        raise Contradiction("a vector and a matrix")
    for a, b in zip(one, other, strict=True):
        a.join(b)


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
        return (*left, *right) if _is_row(other) else left
    if len(right) == 2:
        left[0].join(right[0])
        return right[1:]
    return left


def _ones(node: Node) -> bool:
    found = occurrence(node)
    return found is not None and found.base == ONES


def _is_row(node: Node) -> bool:
    """Whether a vector here has been transposed."""
    return isinstance(node, Scripted) and isinstance(node.above, Symbol) and node.above.name in TRANSPOSED


def _plain(node: Node) -> Node:
    """A name without its transposition."""
    if not isinstance(node, Scripted) or not _is_row(node):
        return node
    return node.base if node.below is None else Scripted(node.start, node.end, node.base, node.below)


def _capital(node: Node) -> bool:
    found = occurrence(node)
    return found is not None and found.base[0].isupper() and (len(found.base) == 1 or found.base in GREEK)


def _greek(node: Node) -> bool:
    found = occurrence(node)
    return isinstance(node, Number) or (found is not None and found.base in GREEK and not found.places)


def _name(inference: Inference, node: Node) -> Shape:
    found = occurrence(node)
    if found is None:
        return _raised(inference, node)
    shape = inference.of(found)
    if found.power is not None and _capital(node):
        return shape or inference.give(node, (size := Size(), size))
    if found.power is not None:
        inference.number(found.power)
        if found.base == "e":
            return ()
        if shape is None:
            inference.give(node, ())
        elif len(shape) == 1:
            raise Contradiction("a power of a vector")
    return shape[::-1] if found.transposed and shape and len(shape) == 2 else shape


def _raised(inference: Inference, node: Node) -> Shape:
    assert isinstance(node, Scripted)
    if isinstance(node.base, Bars):
        return _bars(inference, node.base)
    shape = inference.shape(node.base)
    if _is_row(node):
        return shape[::-1] if shape and len(shape) == 2 else shape
    if node.below is not None:
        return ()
    if node.above is not None and shape is not None and len(shape) == 1:
        raise Contradiction("a power of a vector")
    if node.above is not None and shape is None:
        inference.give(node.base, ())
    return shape


def _bars(inference: Inference, node: Bars) -> Shape:
    if inference.shape(node.body) is None and node.strokes == 2:
        inference.give(node.body, (Size(), Size()) if _capital(node.body) else (Size(),))
    return ()


def _multiplied(inference: Inference, node: Multiplied) -> Shape:
    factors = list(node.factors)
    signs = list(node.signs)
    k = 1
    while k < len(factors):  # a function with its bracket is one factor
        found = occurrence(factors[k - 1])
        if isinstance(factors[k], Bracketed) and not signs[k] and found is not None and _function(inference, found):
            made = inference.functions.get(found.base)
            whole = Number(node.start, node.end, "1") if made is not None and _reduces(made) else factors[k]
            if whole is not factors[k]:
                inference.equal(factors[k].items)  # type: ignore[attr-defined]
            factors[k - 1 : k + 1], signs[k - 1 : k + 1] = [whole], [signs[k - 1]]
        else:
            k += 1
    shape, before, row = inference.shape(factors[0]), factors[0], _is_row(factors[0])
    for sign, factor in zip(signs[1:], factors[1:], strict=True):
        if sign in ("odot", "circ", "*"):
            shape = inference.equal((before, factor)) if shape is not None else shape
        elif sign == "/":
            inference.number(factor)
        elif sign == "cdot" and shape and len(shape) == 1 and not row:
            other = inference.shape(factor)
            shape = () if other else shape
        else:
            shape = inference.product(before, shape, factor, row)
            row = shape != () and (row or _is_row(factor)) and len(shape or "1") == 1
        before = factor
    return shape


def _reduces(made: Definition) -> bool:
    """Whether a function that the text defines makes a number of vectors: there is a norm in it."""
    return any(isinstance(node, Bars) and node.strokes == 2 for node in walk(made.right))


def _function(inference: Inference, found: Occurrence) -> bool:
    stem, _ = inference.how.split(found)
    known = stem in inference.shapes or stem in inference.laws
    return found.base in inference.functions or (not known and not found.places)


def _call(inference: Inference, node: Call) -> Shape:
    function = node.function.base if isinstance(node.function, Scripted) else node.function
    name = getattr(function, "name", "").lower()
    items = node.argument.items if isinstance(node.argument, Bracketed) else (node.argument,)
    shape = inference.equal(items)
    if "softmax" in name and shape is None:
        shape = inference.give(items[0], (Size(),))
    if name in ("det", "logdet", "tr") and shape is None and _capital(_plain(items[0])):
        inference.give(_plain(items[0]), (size := Size(), size))
    return () if name in ("det", "tr", "logsumexp", "mean", "var") else shape


def _fraction(inference: Inference, node: Fraction) -> Shape:
    inference.number(node.denominator)
    return inference.shape(node.numerator)


def _bracketed(inference: Inference, node: Bracketed) -> Shape:
    if len(node.items) == 1:
        return inference.shape(node.items[0])
    if node.brackets == "[]":
        for item in node.items:
            if inference.shape(item) is None:
                inference.give(item, (Size(),))
        vectors = [shape for item in node.items if (shape := inference.shape(item))]
        return (inference.joined(tuple(shape[0].root() for shape in vectors)),)
    return ()


_RULES: dict[type, Callable[[Inference, Any], Shape]] = {
    Symbol: _name,
    Scripted: _name,
    Added: lambda inference, node: inference.equal(node.terms),
    Multiplied: _multiplied,
    Fraction: _fraction,
    Root: lambda inference, node: inference.shape(node.body),
    Bars: _bars,
    Bracketed: _bracketed,
    Call: _call,
    Big: lambda inference, node: inference.shape(node.body),
}


def inferred(
    how: Notation, dimensions: Dimensions, laws: Mapping[Stem, Definition], functions: Mapping[str, Definition]
) -> dict[Stem, tuple[str, ...]]:
    """The sizes of each name that no shape is given for, by their words; names left out are numbers."""
    inference = Inference(how, laws, functions)
    words: dict[str, Size] = {}
    for stem, nodes in dimensions.given.items():
        inference.shapes[stem] = tuple(words.setdefault(written(n), Size(written(n))) for n in nodes)
    given = set(inference.shapes)
    try:
        for _ in range(6):
            before = len(inference.shapes)
            for stem, law in laws.items():
                shape = inference.shape(law.right)
                if shape is not None:
                    _join(inference.shapes.setdefault(stem, shape), shape)
                elif stem in inference.shapes:
                    inference.give(law.right, inference.shapes[stem])
            if before == len(inference.shapes):
                break
    except Contradiction:
        return {}
    return _named({s: shape for s, shape in inference.shapes.items() if s not in given})


def _named(shapes: Mapping[Stem, tuple[Size, ...]]) -> dict[Stem, tuple[str, ...]]:
    """Sizes without a word are called by the vector that has them: d_x of x, d_h of h."""
    vectors = sorted((s for s in shapes if len(shapes[s]) == 1), key=lambda s: (s.base not in "xhyoz", len(s.word)))
    for stem in (*vectors, *shapes):
        for k, size in enumerate(shapes[stem]):
            root = size.root()
            if not root.word and not root.parts:
                root.word = f"d_{stem.word}{k + 1 if len(shapes[stem]) > 1 else ''}"
    return {stem: tuple(map(_word, shape)) for stem, shape in shapes.items()}


def _word(size: Size) -> str:
    root = size.root()
    return "+".join(map(_word, root.parts)) if root.parts else root.word
