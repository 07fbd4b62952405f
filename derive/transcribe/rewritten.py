r"""One form for what is typeset in several ways: layers, indicators, expectations, vectors below each other.

`a^1` beside `a^0` is a layer as `a^{(1)}` is; `\mathbb{1}_{[k \ne i]}` and `1\{k \ne i\}` are calls of one function, as
`\mathbb{E}_x[...]` is of another; a matrix of one column is `[a; b]`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise

from derive.read.reader import Row
from derive.read.symbols import MATRICES
from derive.read.tree import (
    Bars,
    Big,
    Bracketed,
    Call,
    Multiplied,
    Node,
    Number,
    Range,
    Relation,
    Rows,
    Scripted,
    Symbol,
    children,
    rebuilt,
    walk,
)
from derive.transcribe.occurrences import Occurrence, letter, letters, occurrence, occurrences

INDICATOR, EXPECTATION, VARIANCE = "indicator", "expectation", "variance"
CIRCLE = "circle"  # the mark of the number \pi where \pi_k is a family
_MOMENTS = {"E": EXPECTATION, "Var": VARIANCE}
Name = tuple[str, tuple[str, ...]]


def rewritten(rows: Iterable[Row]) -> tuple[Row, ...]:
    """The rows, with one form for each of these."""
    found = tuple(replace(row, items=tuple(map(_called, row.items))) for row in rows)
    if any(o.base == "pi" and o.places for row in found for item in row.items for o in occurrences(item)):
        found = tuple(replace(row, items=tuple(map(_circle, row.items))) for row in found)
    layers = _Layers(found)
    if not layers.names:
        return found
    return tuple(replace(row, items=tuple(map(layers.renamed, row.items))) for row in found)


def _called(node: Node) -> Node:
    """Indicators and expectations as calls, and columns as lists."""
    node = rebuilt(node, _called)
    if isinstance(node, Big) and isinstance(node.above, Bars) and node.above.strokes == 1:
        return replace(node, above=node.above.body)  # as many as are in the set V: |V|
    if isinstance(node, Scripted) and node.above is None and _one(node.base) and (said := _condition(node.below)):
        return _call(node, INDICATOR, said)
    if isinstance(node, Rows) and node.kind in MATRICES and len(node.rows) > 1 and {len(r) for r in node.rows} == {1}:
        items = tuple(row[0] for row in node.rows)
        return Bracketed(node.start, node.end, "[]", items, (";",) * (len(items) - 1))
    if isinstance(node, Call) and (moment := _moment(node.function, node.argument)):
        return _call(node, moment, node.argument, node.function)
    return _beside(node) if isinstance(node, Multiplied) else node


def _circle(node: Node) -> Node:
    r"""Beside a family \pi_k the \pi of `2\pi` is still the number."""
    node = rebuilt(node, _circle)
    if not isinstance(node, Multiplied):
        return node
    factors = list(node.factors)
    for k, (one, two) in enumerate(pairwise(factors), start=1):
        if isinstance(one, Number) and isinstance(two, Symbol) and two.name == "pi" and node.signs[k] in ("", "cdot"):
            factors[k] = replace(two, marks=(CIRCLE,))
    return replace(node, factors=tuple(factors))


def _beside(node: Multiplied) -> Node:
    """A product in which a sign stands beside what it takes."""
    factors, signs = [node.factors[0]], [""]
    for factor, sign in zip(node.factors[1:], node.signs[1:], strict=True):
        head, kind = factors[-1], ""
        if isinstance(factor, Bracketed) and not sign:
            kind = INDICATOR if _one(head) and _condition(factor) else _moment(head, factor)
        if kind:
            factors[-1] = replace(_call(head, kind, factor, head), end=factor.end)
        else:
            factors.append(factor)
            signs.append(sign)
    return factors[0] if len(factors) == 1 else replace(node, factors=tuple(factors), signs=tuple(signs))


def _call(at: Node, name: str, argument: Node, head: Node | None = None) -> Call:
    below = head.below if isinstance(head, Scripted) else None
    symbol: Node = Symbol(at.start, at.end, name, upright=True)
    function = symbol if below is None else Scripted(at.start, at.end, symbol, below)
    return Call(at.start, at.end, function, argument, False)


def _one(node: Node) -> bool:
    """The 1 or I of an indicator."""
    if isinstance(node, Number):
        return node.digits == "1"
    return isinstance(node, Symbol) and (node.name == "1" or (node.name == "I" and bool(node.marks)))


def _moment(node: Node, behind: Node) -> str:
    r"""Of `\mathbb{E}`, with what is random below it, and of a plain E beside square brackets, the name; else empty."""
    base = node.base if isinstance(node, Scripted) else node
    if not isinstance(base, Symbol) or not isinstance(behind, Bracketed) or len(behind.items) != 1:
        return ""
    return _MOMENTS.get(base.name, "") if "mathbb" in base.marks or base.upright or behind.brackets == "[]" else ""


def _condition(node: Node | None) -> Node | None:
    if isinstance(node, Bracketed) and len(node.items) == 1:
        return _condition(node.items[0])
    return node if isinstance(node, Relation) else None


class _Layers:
    """The names whose superscripts are layers, or steps, though no brackets stand around them."""

    def __init__(self, rows: tuple[Row, ...]):
        items = [item for row in rows for item in row.items]
        lefts = [o for item in items if isinstance(item, Relation) and item.signs[0] == "=" for o in _lefts(item)]
        found = [o for item in items for node in walk(item) if (o := occurrence(node)) is not None and o.base != "e"]
        bare = {_name(o) for item in items for o in _bare(item)}
        own = {letter(o.power) for o in lefts if o.power is not None and o.base != "e"} - {""}
        self.ends = {
            letter(r.last) for item in items for r in walk(item) if isinstance(r, Range) and letter(r.index) in own
        }
        self.names = {_name(o) for o in lefts if o.power is not None and (letter(o.power) in own or _high(o.power))}
        if not self.names:
            return
        firsts = [o for o in found if isinstance(o.power, Number) and o.power.digits in ("0", "1")]
        self.names |= {_name(o) for o in firsts if _name(o) not in bare}
        self.names |= {
            _name(o) for o in found if o.power is not None and letters(o.power) & own and _name(o) not in bare
        }

    def renamed(self, node: Node) -> Node:
        """The tree with brackets around each layer."""
        found = occurrence(node)
        if found is None or not isinstance(node, Scripted) or node.above is None or _name(found) not in self.names:
            return rebuilt(node, self.renamed)
        if found.power is None and not (found.transposed and letter(node.above) in self.ends):
            return node
        above = node.above
        return replace(node, above=Bracketed(above.start, above.end, "()", (above,)))


def _lefts(item: Relation) -> Iterator[Occurrence]:
    for side in item.sides[:-1]:
        head = side.factors[0] if isinstance(side, Multiplied) else side
        if (found := occurrence(head)) is not None:
            yield found


def _bare(node: Node) -> Iterator[Occurrence]:
    """The names that stand without anything above."""
    found = occurrence(node)
    if found is None:
        for child in children(node):
            yield from _bare(child)
    elif found.power is None and not found.layers and not found.transposed:
        yield found


def _name(found: Occurrence) -> Name:
    return found.base, found.marks


def _high(power: Node) -> bool:
    return isinstance(power, Number) and power.digits not in ("2",)
