"""What the rules for functions ask of the evaluation of formulas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from derive.judge.names import Names
from derive.judge.places import Scope
from derive.judge.value import Value
from derive.judge.world import World
from derive.read.tree import Node, Relation


class Meaning(Protocol):
    """Formulas in one world; see `derive/judge/formulas.py`."""

    world: World
    names: Names
    source: str

    def value(self, node: Node, scope: Scope) -> Value:
        """The value of a formula."""

    def holds(self, node: Relation, scope: Scope) -> Any:
        """Where a comparison holds."""

    def whole(self, node: Node, scope: Scope) -> int:
        """The whole number that stands as an index."""

    def power(self, value: Value, above: Node, scope: Scope) -> Value:
        """A value with what stands above it."""

    def slope(self, function: Callable[[Any], Any], value: Value) -> Value:
        """The derivative of a function at every element."""
