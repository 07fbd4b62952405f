"""The letters of a formula that are indices, with the range of each, and the whole numbers that stand as indices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from derive.errors import ReadError
from derive.read.tree import Added, Big, Bracketed, Listed, Multiplied, Node, Number, Range, Relation, Symbol, children
from derive.transcribe.below import binders
from derive.transcribe.occurrences import Occurrence, letter, occurrence

Scope = Mapping[str, int]
Span = tuple[int, int]


class OutOfRange(Exception):
    """A quantity is asked for where it does not exist, as h_{T+1}."""


class NoAdjoint(OutOfRange):
    """A derivative of the loss by what does not exist, as h_{T+1}: 0 in a sum."""


class NotWhole(Exception):
    """A script is no whole number that is known here; the node says where."""

    def __init__(self, node: Node):
        super().__init__()
        self.node = node


def whole(node: Node, scope: Scope, sizes: Mapping[str, int]) -> int:
    """The whole number that a place is: `t - 1`, `2`, `T`. NotWhole for anything else."""
    match node:
        case Number() if node.digits.isdigit():
            return int(node.digits)
        case Symbol() if node.name in scope:
            return scope[node.name]
        case Added():
            return sum(
                (1 if s == "+" else -1) * whole(t, scope, sizes) for s, t in zip(node.signs, node.terms, strict=True)
            )
        case Multiplied() if set(node.signs) <= {"", "cdot", "times", "*"}:
            found = 1
            for factor in node.factors:
                found *= whole(factor, scope, sizes)
            return found
        case Bracketed() if len(node.items) == 1 and node.brackets not in ("floor", "ceil"):
            return whole(node.items[0], scope, sizes)
    name = occurrence(node)
    if name is not None and not name.power and "".join([name.base, *map(letter, name.places)]) in sizes:
        return sizes["".join([name.base, *map(letter, name.places)])]
    raise NotWhole(node)


def bound(below: Node | None, scope: Scope) -> list[str]:
    """The letters that a sum binds: those below it that nothing around it has bound."""
    if below is None:
        return []
    return [own for own in dict.fromkeys(binders(below)) if own not in scope]


def limits(node: Big, own: str) -> tuple[Node, Node] | None:
    """The ends of a letter's range where they are written: `i=1` below and `n` above."""
    below = node.below
    if isinstance(below, Range):
        return below.first, below.last
    if isinstance(below, Listed):
        for item in below.items:
            if isinstance(item, Relation) and letter(item.sides[0]) == own and item.signs == ("=",) and node.above:
                return item.sides[1], node.above
        return None
    if isinstance(below, Relation) and letter(below.sides[0]) == own and below.signs == ("=",) and node.above:
        return below.sides[1], node.above
    if isinstance(below, Symbol) and node.above is not None:
        return Number(below.start, below.end, "1"), node.above
    return None


def conditions(below: Node | None) -> Iterator[Relation]:
    """What else is written below a sum: `j \\ne i`, `i < j`."""
    items = below.items if isinstance(below, Listed) else (below,)
    for item in items:
        if isinstance(item, Relation) and item.signs != ("=",) and "in" not in item.signs:
            yield item


def named(node: Node, scope: frozenset[str] = frozenset()) -> Iterator[tuple[Occurrence, frozenset[str]]]:
    """Every name in a formula, with the letters that sums around it bind."""
    found = occurrence(node)
    if found is not None:
        yield found, scope
        if found.power is not None:
            yield from named(found.power, scope)
        for place in found.places if found.base == "nabla" else ():
            yield from named(place, scope)
        return
    if isinstance(node, Big):
        inner = scope | frozenset(bound(node.below, {}))
        yield from named(node.body, inner)
        return
    for child in children(node):
        yield from named(child, scope)


def shift(place: Node, own: str) -> int | None:
    """How far a place is from a letter: 0 for `t`, -1 for `t-1`; None for anything else."""
    if letter(place) == own:
        return 0
    if (
        isinstance(place, Added)
        and letter(place.terms[0]) == own
        and all(isinstance(t, Number) for t in place.terms[1:])
    ):
        return sum(
            int(t.digits) * (1 if s == "+" else -1)
            for s, t in zip(place.signs[1:], place.terms[1:], strict=True)
            if isinstance(t, Number) and t.digits.isdigit()
        )
    return None


def unread(message: str, source: str, node: Node) -> ReadError:
    """An error at a node."""
    return ReadError(message, source, node.start, node.end)
