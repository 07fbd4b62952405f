r"""What is random: `x \sim \mathcal{N}(\mu, \sigma^2)` in a line of its own or below an expectation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from derive.read.tree import Bracketed, Multiplied, Node, Relation, Symbol, walk
from derive.transcribe.notation import Notation, Stem
from derive.transcribe.occurrences import occurrence
from derive.transcribe.statements import Statements


class Law(NamedTuple):
    """A normal law as it is written: the mean, and the variance without an identity matrix behind it."""

    mean: Node
    variance: Node | None  # None: the identity


def laws(said: Statements, how: Notation) -> dict[Stem, Law]:
    """The law of each name that is said to be random."""
    found = {}
    for relation in _relations(said):
        name, law = occurrence(relation.sides[0]), _law(relation.sides[-1])
        if relation.signs == ("sim",) and name is not None and law is not None:
            found[how.split(name)[0]] = law
    return found


def _relations(said: Statements) -> Iterator[Relation]:
    for root in (*said.facts, *(d.right for d in said.definitions)):
        yield from (node for node in walk(root) if isinstance(node, Relation))


def _law(node: Node) -> Law | None:
    """The normal law `N(mean, variance)`; None for any other."""
    if not isinstance(node, Multiplied) or len(node.factors) != 2:
        return None
    head, tail = node.factors
    name = occurrence(head)
    if name is None or name.base != "N" or not isinstance(tail, Bracketed) or len(tail.items) != 2:
        return None
    mean, variance = tail.items
    if _identity(variance):
        return Law(mean, None)
    if isinstance(variance, Multiplied) and _identity(variance.factors[-1]):
        left = variance.factors[:-1]
        variance = left[0] if len(left) == 1 else Multiplied(left[0].start, left[-1].end, left, variance.signs[:-1])
    return Law(mean, variance)


def _identity(node: Node) -> bool:
    return isinstance(node, Symbol) and node.name == "I"
