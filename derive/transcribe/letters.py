"""The sizes and the index letters of a graph: what is written below a sum or beside a name, as sympy has it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sympy import Add, And, Expr, Integer

from derive.errors import ModelError, ReadError
from derive.expressions.letters import LETTERS
from derive.graph import Graph
from derive.read.tree import Added, Bracketed, Multiplied, Node, Number, Relation
from derive.transcribe.below import Span, binders, conditions, spans
from derive.transcribe.formulas import Formula
from derive.transcribe.notation import Notation
from derive.transcribe.occurrences import Occurrence, letter, letters, occurrence
from derive.transcribe.sizes import Dimensions, Ends, size_word
from derive.transcribe.structures import condition

LABEL = "y"  # the subscript that is a class
_ORDER = frozenset(["<", "<=", ">", ">="])


class Indexing:
    """Makes the sizes and the indices of a graph, each when it is first needed."""

    def __init__(self, graph: Graph, source: str, how: Notation, dimensions: Dimensions, taken: Iterable[str]):
        self.graph, self.source, self.how, self.dimensions = graph, source, how, dimensions
        self.taken = {*taken, *how.letters, *how.ends}
        self.sizes: dict[str, Expr] = {}
        self.indices: dict[str, Expr] = {}
        self.spare: dict[Expr, list[Expr]] = {}
        self.labels: dict[str, Any] = {}
        self.used: dict[Expr, int] = {}

    def size(self, word: str) -> Expr:
        """A size by its name."""
        if word not in self.sizes:
            self.sizes[word] = self.graph.size(word)
        return self.sizes[word]

    def sized(self, word: str) -> Expr:
        """A size by what the formulas call it: a name, a number, or `H+D` for a sum of them."""
        if word in self.dimensions.spelled:
            return self.extent(self.dimensions.spelled[word], {})
        return Add(*(Integer(part) if part.isdigit() else self.size(part) for part in word.split("+")))

    def letter(self, name: str, at: Node) -> Expr:
        """The index of a letter. ReadError for a letter that is a name as well."""
        if name not in self.indices:
            ends = self.ends(self.dimensions.letters.get(name) or Ends(None, None, name))
            try:
                self.indices[name] = self.graph.index({"lambda": "lamda"}.get(name, name), ends)
            except ModelError as refused:
                raise ReadError(str(refused), self.source, at.start, at.end) from None
        return self.indices[name]

    def ends(self, ends: Ends) -> tuple[Expr, Expr]:
        """Both ends of a range; where nothing says how far a letter runs, the capital letter names the size."""
        known = self.dimensions.letters.get(ends.letter)
        if ends.last is None and known is not None and known != ends:
            return self.ends(known)
        if ends.word:
            return Integer(1), self.sized(ends.word)
        if ends.last is None:
            return Integer(1), self.size(ends.letter.upper() if ends.letter else "N")
        first = Integer(1) if ends.first is None else self.extent(ends.first, {})
        inside = letters(ends.last) & self.how.letters  # as far as these letters run, x_{i+a-1} is read
        return first, self.extent(ends.last, {name: self.letter(name, ends.last).upper for name in sorted(inside)})

    def extent(self, node: Node, scope: dict[str, Expr]) -> Expr:
        """A size or a position: a number, an index, a size, and sums and products of these. ReadError for more."""
        match node:
            case Number() if node.digits.isdigit():
                return Integer(node.digits)
            case Bracketed() if len(node.items) == 1:
                return self.extent(node.items[0], scope)
            case Added():
                terms = (self.extent(t, scope) for t in node.terms)
                return sum((t if s == "+" else -t for s, t in zip(node.signs, terms, strict=True)), Integer(0))
            case Multiplied() if set(node.signs) <= {"", "cdot", "times", "*"}:
                found = Integer(1)
                for factor in node.factors:
                    found = found * self.extent(factor, scope)
                return found
        return self._named(node, scope)

    def _named(self, node: Node, scope: dict[str, Expr]) -> Expr:
        name, own = occurrence(node), letter(node)
        if name is None or name.power is not None:
            raise self.error(node, "a size or a position is made of numbers, indices and sizes")
        if own in scope:
            return scope[own]
        if own in self.how.letters:
            raise self.error(
                node, f"the index {own} is not bound here; write a sum over it, or put it on the left side"
            )
        word = size_word(node)
        if word not in self.how.ends and not name.base.isupper():
            raise self.error(node, f"nothing says what {word} is here; give its range, as {word} = 1, \\dots, K")
        return self.size(word)

    def label(self, place: Node, scope: dict[str, Expr]) -> Occurrence | None:
        """The label that a place is, as the y of `p_y` beside `p_k`; None for anything else."""
        found = occurrence(place)
        plain = found is not None and found.base == LABEL and not found.marks and found.power is None
        return found if plain and LABEL not in scope and LABEL not in self.how.letters else None

    def labelled(self, place: Node, size: Expr) -> Expr:
        """The position that a label tells in an axis. ReadError where the same name is a quantity as well."""
        found = occurrence(place)
        assert found is not None
        own = tuple(self.letter(letter(p), p) for p in found.places)  # a label without an index is that of one sample
        if LABEL not in self.labels:
            try:
                self.labels[LABEL] = self.graph.positions(LABEL, *([idx.upper for idx in own] or [1]), among=size)
            except ModelError as refused:
                raise self.error(place, str(refused)) from None
        return self.labels[LABEL][own or (Integer(1),)]

    def summation(self, below: Node, above: Node | None, formula: Formula) -> tuple[Formula, list[Any], Any]:
        """The formula inside of a sum, its limits and its condition, True for none."""
        own = self._bound(below, formula.scope)
        bound = {
            name: self.over(formula.lengths[name]) if name in formula.lengths else self.letter(name, below)
            for name in own
        }
        written = spans(below, above)
        limits = [self._limit(idx, written.get(name, (None, None)), formula) for name, idx in bound.items()]
        inner = formula.binding(**bound)
        for each in conditions(below):
            if "in" in each.signs[0]:
                raise self.error(each, "which elements are in this set? write the condition, as j: j \\ge i")
        held = [condition(inner, each) for each in conditions(below)]
        return inner, limits, And(*held) if held else True

    def _limit(self, idx: Expr, span: Span, formula: Formula) -> Any:
        """An index, with its ends where the sum writes others than it has."""
        if span[1] is None:
            return idx
        first = Integer(1) if span[0] is None else self.extent(span[0], formula.scope)
        ends = first, self.extent(span[1], formula.scope)
        return idx if ends == (idx.lower, idx.upper) else (idx, *ends)

    def _bound(self, below: Node, scope: dict[str, Expr]) -> list[str]:
        """The letters that are new here: both of `i < j`, but only j where i is bound around it."""
        own = binders(below)
        new = [name for name in own if name not in scope]
        compared = isinstance(below, Relation) and below.signs[0] in _ORDER
        if not new or (len(new) < len(own) and not compared):
            raise self.error(below, f"the letter {', '.join(own)} is bound around this sum; give it another one")
        return new

    def compared(self, node: Relation, scope: dict[str, Expr]) -> list[Expr]:
        """The sides of a comparison of an index with a label; none if there is no label in it."""
        sizes = [scope[name].upper for side in node.sides if (name := letter(side)) in scope]
        labels = [self.label(side, scope) is not None for side in node.sides]
        if not any(labels) or not sizes:
            return []
        return [
            self.labelled(side, sizes[0]) if is_label else self.extent(side, scope)
            for side, is_label in zip(node.sides, labels, strict=True)
        ]

    def fresh(self) -> None:
        """A new definition begins: it may use the same letters again."""
        self.used.clear()

    def over(self, size: Expr) -> Expr:
        """A new index over a size, for a sum or an element of this definition."""
        place = self.used.get(size, 0)
        self.used[size] = place + 1
        made = self.spare.setdefault(size, [])
        while len(made) <= place:
            made.append(self._another(size))
        return made[place]

    def _another(self, size: Expr) -> Expr:
        taken = self.taken | set(self.indices) | {str(idx) for found in self.spare.values() for idx in found}
        for name in (*LETTERS, "u", "v", "a", "b", "c", "d", "e"):
            if name not in taken:
                return self.graph.index(name, size)
        raise ModelError("this model needs more index letters than there are; write it in index notation")

    def error(self, node: Node, message: str) -> ReadError:
        """An error at a node."""
        return ReadError(message, self.source, node.start, node.end)
