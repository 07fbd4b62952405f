r"""A power on a left side is a name: `\sigma^2 = ...` defines the variance, and \sigma is then its root."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from derive.read.reader import Row
from derive.read.tree import Multiplied, Node, Number, Relation, Root, Scripted, Symbol, rebuilt
from derive.transcribe.occurrences import Occurrence, occurrence
from derive.transcribe.statements import called, logarithm

SQUARED = "squared"


def named(rows: Iterable[Row]) -> tuple[Row, ...]:
    """The rows with each defined square as one name."""
    found = tuple(rows)
    found = tuple(replace(row, items=tuple(map(_argued, row.items))) for row in found)
    lefts = [side for row in found for item in row.items if isinstance(item, Relation) for side in item.sides[:-1]]
    names = [o for o in map(_head, lefts) if o is not None]
    squares = {(o.base, o.marks) for o in names if _is_square(o)}
    plain = {(o.base, o.marks) for o in names if o.power is None}
    if not squares:
        return found
    return tuple(replace(row, items=tuple(_renamed(item, squares, plain) for item in row.items)) for row in found)


def _argued(item: Node) -> Node:
    r"""A definition such as `N(x, \mu, \sigma^2) = ...`, in which a square among the arguments is one name."""
    if not isinstance(item, Relation) or item.signs[0] != "=":
        return item
    _, arguments = called(item.sides[0])
    squares = {(o.base, o.marks) for o in map(occurrence, arguments) if o is not None and _is_square(o)}
    return rebuilt(item, lambda side: _renamed(side, squares, set())) if squares else item


def _head(node: Node) -> Occurrence | None:
    if (inner := logarithm(node)) is not None:
        return inner
    return occurrence(node.factors[0] if isinstance(node, Multiplied) else node)


def _is_square(found: Occurrence) -> bool:
    return isinstance(found.power, Number) and found.power.digits == "2"


def _renamed(node: Node, squares: set[tuple[str, tuple[str, ...]]], plain: set[tuple[str, tuple[str, ...]]]) -> Node:
    """A square that is a name, and the root of it for the name without a power, unless that is defined too."""
    found = occurrence(node)
    if found is None or (found.base, found.marks) not in squares:
        return rebuilt(node, lambda child: _renamed(child, squares, plain))
    base = node.base if isinstance(node, Scripted) else node
    assert isinstance(base, Symbol)
    below = node.below if isinstance(node, Scripted) else None
    squared: Node = replace(base, marks=(*base.marks, SQUARED))
    if below is not None:
        squared = Scripted(node.start, node.end, squared, below)
    squared = replace(squared, start=node.start, end=node.end)
    if _is_square(found):
        return squared
    if (found.base, found.marks) in plain:
        return node
    root = Root(node.start, node.end, squared, None)
    return root if found.power is None else Scripted(node.start, node.end, root, None, found.power)
