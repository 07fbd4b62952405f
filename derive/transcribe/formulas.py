"""A tree becomes mathematics: what a formula is worth, given what its names stand for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from sympy import Expr

from derive.errors import ReadError
from derive.read.tree import Node, Relation
from derive.transcribe.occurrences import Occurrence
from derive.transcribe.statements import Definition
from derive.transcribe.values import Mismatch, Value, number

Rule = Callable[["Formula", Any], Value]


class Names(Protocol):
    """What a formula asks of its model."""

    source: str
    functions: dict[str, Definition]

    @property
    def indexing(self) -> Bounds:
        """What makes sizes and letters."""

    def random(self, node: Node) -> bool:
        """Whether a random quantity stands in a tree."""

    def quantity(self, found: Occurrence, formula: Formula) -> Value | None:
        """The value of a name; None if it stands for no quantity."""


class Bounds(Protocol):
    """What a formula asks for sizes, positions and letters."""

    def extent(self, node: Node, scope: dict[str, Expr]) -> Expr:
        """A size, or a position: whole numbers, sizes and indices."""

    def summation(self, below: Node, above: Node | None, formula: Formula) -> tuple[Formula, list[Any], Any]:
        """What a sum binds: the formula inside, the limits, and a condition (True for none)."""

    def compared(self, node: Relation, scope: dict[str, Expr]) -> list[Expr]:
        """The sides of a comparison of an index with a label; none if there is no label in it."""

    def over(self, size: Expr) -> Expr:
        """A new index over a size."""


@dataclass(frozen=True)
class Formula:
    """Reads trees; `scope` holds the indices that are bound here, `inputs` the arguments of a function."""

    names: Names
    rules: Mapping[type, Rule]  # by the kind of node
    scope: dict[str, Expr] = field(default_factory=dict)
    inputs: dict[str, Value] = field(default_factory=dict)
    calls: tuple[str, ...] = ()  # the functions in whose formulas this is
    lengths: dict[str, Expr] = field(default_factory=dict)  # how far letters run over the elements of these arguments

    def value(self, node: Node) -> Value:
        """What a tree is worth. ReadError, at its place, for what has no meaning here."""
        rule = self.rules.get(type(node))
        if rule is None:
            raise self.error(node, "this cannot be a part of a formula")
        try:
            return rule(self, node)
        except Mismatch as mismatch:
            raise self.error(node, str(mismatch)) from None

    def number(self, node: Node) -> Expr:
        """The number that a tree is worth."""
        try:
            return number(self.value(node))
        except Mismatch as mismatch:
            raise self.error(node, str(mismatch)) from None

    def error(self, node: Node, message: str) -> ReadError:
        """An error at a node."""
        return ReadError(message, self.names.source, node.start, node.end)

    def binding(self, **scope: Expr) -> Formula:
        """The same with more indices."""
        return replace(self, scope={**self.scope, **scope})
