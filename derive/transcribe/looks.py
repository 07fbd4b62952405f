"""How a name looks: a capital, a Greek letter, transposed, the vector of ones."""

from __future__ import annotations

from derive.read.symbols import GREEK
from derive.read.tree import (
    Bars,
    Call,
    Multiplied,
    Node,
    Number,
    Scripted,
    Symbol,
    walk,
)
from derive.transcribe.functions import OF_MATRICES, OF_VECTORS
from derive.transcribe.occurrences import ONES, TRANSPOSED, occurrence
from derive.transcribe.statements import Definition


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
    """Whether a name looks like that of a matrix; Delta is a step or a margin."""
    found = occurrence(node)
    if found is None or not found.base[0].isupper() or found.base == "Delta":
        return False
    return len(found.base) == 1 or found.base in GREEK


def greek(node: Node) -> bool:
    found = occurrence(node)
    return isinstance(node, Number) or (found is not None and found.base in GREEK and not found.places)


def vectors_for_sure(formula: Node) -> bool:
    """Whether a formula only makes sense with vectors: a norm, a transposition, a softmax stands in it."""
    for node in walk(formula):
        if isinstance(node, Bars) and node.strokes == 2:
            return True
        if isinstance(node, Call) and getattr(node.function, "name", "").lower() in OF_VECTORS | OF_MATRICES:
            return True
        if is_row(node) or (isinstance(node, Multiplied) and set(node.signs) & {"odot", "circ"}):
            return True
    return False


def of_vectors(made: Definition) -> bool:
    """Whether a function that the text defines takes vectors: its formula says so, or reads their elements."""
    arguments = {getattr(argument, "name", "?") for argument in made.arguments}
    found = [occurrence(node) for node in walk(made.right)]
    capitals = any(o is not None and capital(o.node) for o in found)
    return vectors_for_sure(made.right) or capitals or any(o and o.places and o.base in arguments for o in found)
