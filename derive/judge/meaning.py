"""What the rules for functions ask of the evaluation of formulas."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from derive.judge.conditions import Circumstances
from derive.judge.kinks import Met
from derive.judge.names import Names
from derive.judge.places import Scope, Span
from derive.judge.value import Value
from derive.judge.world import World
from derive.read.tree import Node, Relation, Scripted

DEPTH = 40  # definitions inside definitions


@dataclass(frozen=True)
class Defined:
    """A name that an answer has defined: its scripts on the left side, and its formula."""

    places: tuple[Node, ...]
    letters: tuple[str, ...]  # of the places, those that are indices; "" for the others
    formula: Node


@dataclass
class Reading:
    """How what has two meanings is read: two vectors side by side are a "dot" product or "elementwise"."""

    vectors: str = "elementwise"
    immediate: str = "law"  # what an immediate derivative leaves: its own "law", or all of the same "step"
    descending: bool = False  # whether the factors of a product over an index stand with the last on the left
    turned: bool = False  # whether a derivative of the loss is the transpose of what it is in the shape of its variable
    columns: bool = False  # whether a derivative of a vector by a vector has what is differentiated in its columns


class Meaning(Protocol):
    """Formulas in one world; see `derive/judge/formulas.py`."""

    world: World
    names: Names
    source: str
    how: Reading
    sizes: dict[str, int]
    defined: dict[tuple[str, tuple[str, ...]], list[Defined]]
    free_names: dict[str, Value] | None
    depth: int
    met: Met
    circumstances: Circumstances

    def value(self, node: Node, scope: Scope) -> Value:
        """The value of a formula."""

    def holds(self, node: Relation, scope: Scope) -> Any:
        """Where a comparison holds."""

    def truth(self, node: Relation, scope: Scope) -> Value:
        """1 where a comparison holds, 0 elsewhere."""

    def scripts(self, inner: Value, node: Scripted, scope: Scope) -> Value:
        """A value with the indices below and the power above a bracket."""

    def whole(self, node: Node, scope: Scope) -> int:
        """The whole number that stands as an index."""

    def power(self, value: Value, above: Node, scope: Scope) -> Value:
        """A value with what stands above it."""

    def slope(self, function: Callable[[Any], Any], value: Value) -> Value:
        """The derivative of a function at every element."""

    def at(self, array: Any, places: tuple[Node, ...], scope: Scope, of: int = -1) -> Value:
        """The elements of a family at some indices."""

    def ranges(self, node: Node, wished: Mapping[str, None] | None = None) -> dict[str, Span]:
        """The range of each index letter of a formula."""
