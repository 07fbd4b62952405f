"""Changes of a formula at one place: a sign, a transposition, an index, a product of another kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

from derive.judge.meaning import Meaning
from derive.judge.value import Value
from derive.judge.words import SLIPS
from derive.language import Text
from derive.read.tree import (
    Added,
    Big,
    Bracketed,
    Fraction,
    Multiplied,
    Node,
    Number,
    Scripted,
    Symbol,
    children,
    rebuilt,
)
from derive.transcribe.occurrences import TRANSPOSED, letter, occurrence


class Edit(NamedTuple):
    """A slip that may have been made, and the formula without it: as a tree, or as what becomes of the value."""

    slip: str
    said: Text
    tree: Node | None = None
    value: Callable[[Meaning, Value], Value] | None = None
    letters: tuple[str, ...] = ()


Change = Callable[[Node], Iterator[Node]]


def trees(node: Node, change: Change, slip: str, source: str) -> Iterator[Edit]:
    """Every tree with one change, and the part that was changed."""
    for tree, before, after in once(node, change):
        said = SLIPS[slip]
        if "{part}" in said.en:
            said = (
                said(part=typed(before, source), other=shown(after, source))
                if "{other}" in said.en
                else said(part=typed(before, source))
            )
        yield Edit(slip, said, tree)


def once(node: Node, change: Change) -> Iterator[tuple[Node, Node, Node]]:
    """(the tree with one change in it, what was there, what is there now)."""
    for after in change(node):
        yield after, node, after
    kids = list(_kids(node))
    for n, kid in enumerate(kids):
        for tree, before, after in once(kid, change):
            yield _with(node, n, tree), before, after


def _kids(node: Node) -> Iterator[Node]:
    if occurrence(node) is None or not isinstance(node, Scripted):
        yield from children(node)


def _with(node: Node, n: int, new: Node) -> Node:
    count = iter(range(10_000))
    return rebuilt(node, lambda kid: new if next(count) == n else kid)


def typed(node: Node, source: str) -> str:
    return source[node.start : node.end]


def shown(node: Node, source: str) -> str:
    """A changed part in LaTeX: what is as typed is copied, and the change is written out."""
    match node:
        case Scripted() if isinstance(node.above, Symbol) and node.above.name == "top" and node.above.start < 0:
            return (
                f"{typed(node.base, source)}^{{\\top}}"
                if node.below is None
                else (f"{typed(node.base, source)}_{{{typed(node.below, source)}}}^{{\\top}}")
            )
        case Scripted():
            below = "" if node.below is None else f"_{{{shown(node.below, source)}}}"
            above = "" if node.above is None else f"^{{{typed(node.above, source)}}}"
            return typed(node.base, source) + below + above
        case Added():
            terms = "".join(s + shown(t, source) for s, t in zip(node.signs, node.terms, strict=True))
            return terms.removeprefix("+")
        case Number() if node.start < 0:
            return node.digits
    return typed(node, source)


def signs(node: Node) -> Iterator[Node]:
    if isinstance(node, Added):
        for n, sign in enumerate(node.signs):
            other = "-" if sign == "+" else "+"
            yield replace(node, signs=node.signs[:n] + other + node.signs[n + 1 :])


_TOP = Symbol(-1, -1, "top")


def turned(node: Node) -> Iterator[Node]:
    """A transposition taken away or put there."""
    if isinstance(node, Scripted) and isinstance(node.above, Symbol) and node.above.name in TRANSPOSED:
        yield node.base if node.below is None else replace(node, above=None)
    elif isinstance(node, Scripted) and node.above is None and isinstance(node.base, Symbol):
        yield replace(node, above=_TOP)
    elif isinstance(node, (Symbol, Bracketed, Fraction)):
        yield Scripted(node.start, node.end, node, None, _TOP)
    if isinstance(node, Multiplied) and not any(s == "/" for s in node.signs):
        for n in range(len(node.factors) - 1):
            factors = list(node.factors)
            factors[n], factors[n + 1] = factors[n + 1], factors[n]
            yield replace(node, factors=tuple(factors))


def moved(node: Node) -> Iterator[Node]:
    """An index one later or earlier."""
    if not isinstance(node, Scripted) or node.below is None:
        return
    for below in _moved_places(node.below):
        yield replace(node, below=below)


def _moved_places(node: Node) -> Iterator[Node]:
    if letter(node):
        for sign in "+-":
            yield Added(node.start, node.end, (node, Number(-1, -1, "1")), "+" + sign)
    elif isinstance(node, Added) and len(node.terms) == 2 and isinstance(node.terms[1], Number):
        yield node.terms[0]
        yield replace(node, signs=node.signs[0] + ("-" if node.signs[1] == "+" else "+"))
    elif hasattr(node, "items"):
        for n, item in enumerate(node.items):
            for other in _moved_places(item):
                yield replace(node, items=(*node.items[:n], other, *node.items[n + 1 :]))  # type: ignore[call-arg]


def products(node: Node) -> Iterator[Node]:
    """An elementwise product for a matrix product, and the other way round."""
    if isinstance(node, Multiplied):
        for n, sign in enumerate(node.signs[1:], 1):
            other = "" if sign in ("odot", "circ") else "odot" if sign in ("", "cdot", "times", "*") else None
            if other is not None:
                yield replace(node, signs=(*node.signs[:n], other, *node.signs[n + 1 :]))


def summed(node: Node, own: str) -> Node:
    return Big(node.start, node.end, "sum", Symbol(-1, -1, own), None, node)


def bracketed(node: Node) -> Node:
    return Bracketed(node.start, node.end, "()", (node,))
