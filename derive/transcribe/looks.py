"""How a name looks: a capital, a Greek letter, transposed, the vector of ones."""

from __future__ import annotations

from derive.read.symbols import GREEK
from derive.read.tree import (
    Node,
    Number,
    Scripted,
    Symbol,
)
from derive.transcribe.occurrences import ONES, TRANSPOSED, occurrence


def is_row(node: Node) -> bool:
    """Whether a vector here has been transposed."""
    return isinstance(node, Scripted) and isinstance(node.above, Symbol) and node.above.name in TRANSPOSED


def ones(node: Node) -> bool:
    found = occurrence(node)
    return found is not None and found.base == ONES


def plain(node: Node) -> Node:
    """A name without its transposition."""
    if not isinstance(node, Scripted) or not is_row(node):
        return node
    return node.base if node.below is None else Scripted(node.start, node.end, node.base, node.below)


def capital(node: Node) -> bool:
    found = occurrence(node)
    return found is not None and found.base[0].isupper() and (len(found.base) == 1 or found.base in GREEK)


def greek(node: Node) -> bool:
    found = occurrence(node)
    return isinstance(node, Number) or (found is not None and found.base in GREEK and not found.places)
