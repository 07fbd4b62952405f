r"""A step that is written forwards, `x_{t+1} = f(x_t, u_t)`, is one that looks back: `x_t = f(x_{t-1}, u_{t-1})`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from derive.read.reader import Row
from derive.read.tree import Added, Node, Number, Range, Relation, Symbol, rebuilt, walk
from derive.transcribe.occurrences import Occurrence, letter, letters, occurrence

_FRESH = "stkljiruvabc"


def backwards(rows: Iterable[Row]) -> tuple[Row, ...]:
    """The rows, with each step that is written forwards looking back, over the steps that it makes."""
    found = tuple(rows)
    items = [item for row in found for item in row.items]
    ahead = {name for item in items if (name := _ahead(item)) is not None}
    for name in sorted(ahead):
        fresh = _letter(items, name)
        step = _steps(items, name, fresh)
        rows_ = (replace(row, items=tuple(_kept(row.items, name, fresh))) for row in found)
        found = (*(row for row in rows_ if row.items), Row((step,)))
    return found


def _letter(items: list[Node], name: str) -> str:
    """The letter of the step: its own, unless another line needs that as it is."""
    lefts = [found for item in items if _ahead(item) != name and (found := _left(item)) is not None]
    if name not in {own for left in lefts for place in left.places for own in letters(place)}:
        return name
    used = set().union(*map(letters, items))
    return next(own for own in _FRESH if own not in used)


def _steps(items: list[Node], name: str, fresh: str) -> Range:
    """As far as the steps go: one further than their range, else behind the first value up to the letter's capital."""
    for span in (r for item in items for r in walk(item) if _is_range(r, name)):
        assert isinstance(span, Range)
        return Range(span.start, span.end, Symbol(span.start, span.end, fresh), _plus(span.first), _plus(span.last))
    return _default(items, name, fresh)


def _kept(items: Iterable[Node], name: str, fresh: str) -> Iterator[Node]:
    for item in items:
        if not (fresh == name and _is_range(item, name)):
            yield _replaced(item, name, fresh) if _ahead(item) == name else item


def _is_range(item: Node, name: str) -> bool:
    return isinstance(item, Range) and letter(item.index) == name


def _left(item: Node) -> Occurrence | None:
    return occurrence(item.sides[0]) if isinstance(item, Relation) and item.signs[0] == "=" else None


def _ahead(item: Node) -> str | None:
    """The letter t of a left side at t + 1."""
    found = _left(item)
    for place in found.places if found is not None else ():
        if isinstance(place, Added) and place.signs == "++" and letter(place.terms[0]):
            last = place.terms[1]
            if isinstance(last, Number) and last.digits == "1":
                return letter(place.terms[0])
    return None


def _replaced(node: Node, name: str, fresh: str) -> Node:
    """The step one earlier, in a letter of its own."""
    if isinstance(node, Added) and node.signs == "++" and letter(node.terms[0]) == name and _one(node.terms[1]):
        return Symbol(node.start, node.end, fresh)
    if letter(node) == name:
        return Added(node.start, node.end, (Symbol(node.start, node.end, fresh), _ONE), "+-")
    return rebuilt(node, lambda child: _replaced(child, name, fresh))


_ONE = Number(0, 0, "1")


def _one(node: Node) -> bool:
    return isinstance(node, Number) and node.digits == "1"


def _plus(node: Node) -> Node:
    """One more than an end of a range: 0 is 1, T - 1 is T."""
    if isinstance(node, Number) and node.digits.isdigit():
        return replace(node, digits=str(int(node.digits) + 1))
    if (
        isinstance(node, Added)
        and node.signs == "+-"
        and isinstance(node.terms[1], Number)
        and node.terms[1].digits == "1"
    ):
        return node.terms[0]
    return Added(node.start, node.end, (node, Number(node.start, node.end, "1")), "++")


def _default(items: list[Node], name: str, fresh: str) -> Range:
    """Where no range is given: from behind the first value as far as the letter's capital says."""
    lefts = [found for item in items if (found := _left(item)) is not None]
    bases = {found.base for item in items if _ahead(item) == name and (found := _left(item)) is not None}
    firsts = [p.digits for o in lefts if o.base in bases for p in o.places if isinstance(p, Number)]
    first = str(int(firsts[0]) + 1) if firsts and firsts[0].isdigit() else "1"
    return Range(0, 0, Symbol(0, 0, fresh), Number(0, 0, first), Symbol(0, 0, name.upper()))
