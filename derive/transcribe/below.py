r"""What stands below a sum: the letters that it binds, how far each runs, and what must hold of them.

`i`, `i=1`, `i, j=1`, `i<j`, `1 \le i < j \le n`, `j \ne i`, `j: j \ge i`, `j=1, j \ne i`, `i \in B`.
"""

from __future__ import annotations

from collections.abc import Iterator

from derive.read.tree import Bracketed, Dots, Listed, Node, Number, Range, Relation, Scripted, Symbol, walk
from derive.transcribe.occurrences import letter, letters

_COMPARES = frozenset(["<", "<=", ">", ">=", "!="])
Span = tuple[Node | None, Node | None]


def binders(below: Node) -> list[str]:
    """The letters that are bound: `i`, `i=1`, `i, j`, `i<j` (both), `j \\ne i` (only j), `j: j > i` (only j).

    >>> from derive.read.reader import formula
    >>> [binders(formula(rf"\\sum_{{{text}}} x").below) for text in ("i", "i<j", "j: j > i", "1 \\le i \\le n")]
    [['i'], ['i', 'j'], ['j'], ['i']]
    """
    if isinstance(below, Listed):
        plain = [item for item in below.items if not _compares(item)]
        return list(dict.fromkeys(own for item in plain or below.items for own in binders(item)))
    if isinstance(below, Range):
        return binders(below.index)
    if isinstance(below, Relation):
        sides = _between(below) or (below.sides if _ordered(below) else below.sides[:1])
        return [own for side in sides for own in binders(side)]
    own = letter(below)
    return [own] if own else sorted(letters(below)) if not isinstance(below, Number) else []


def spans(below: Node, above: Node | None) -> dict[str, Span]:
    """The ends of each letter's range, where they are written; None for an end that is not."""
    firsts: dict[str, Node] = {}
    found: dict[str, Span] = {}
    for item in _items(below):
        if isinstance(item, Range):
            found[letter(item.index)] = item.first, item.last
        elif isinstance(item, Relation) and (inner := _between(item)):
            found |= {letter(side): (item.sides[0], item.sides[-1]) for side in inner}
        elif isinstance(item, Relation) and item.signs == ("in",) and (ends := _listed(item.sides[1])):
            found[letter(item.sides[0])] = ends
        elif isinstance(item, Relation) and item.signs == ("=",) and letter(item.sides[0]):
            firsts[letter(item.sides[0])] = item.sides[1]
    if above is None:
        return found
    shared = next(iter(firsts.values()), None)  # i, j = 1
    return {own: (firsts.get(own, shared), above) for own in binders(below)} | found


def conditions(below: Node) -> Iterator[Relation]:
    """What must hold, each as a comparison of two sides; for what says how far a letter runs there is none."""
    for item in _items(below):
        if not isinstance(item, Relation) or (item.signs == ("=",) and letter(item.sides[0])):
            continue
        if item.signs == ("in",) and _whole_set(item.sides[1], {letter(item.sides[0])}):
            continue
        inner = (_between(item), item.signs[1:-1]) if _between(item) else (item.sides, item.signs)
        for one, other, sign in zip(inner[0], inner[0][1:], inner[1], strict=False):
            yield Relation(one.start, other.end, (one, other), (sign,))


def _items(below: Node) -> tuple[Node, ...]:
    return below.items if isinstance(below, Listed) else (below,)


def _compares(item: Node) -> bool:
    return isinstance(item, Relation) and set(item.signs) <= _COMPARES


def _ordered(below: Relation) -> bool:
    return set(below.signs) <= {"<", "<="} or set(below.signs) <= {">", ">="}


def _between(below: Relation) -> tuple[Node, ...]:
    r"""The i and j of `1 \le i < j \le n`; none where the ends are not written."""
    written = isinstance(below.sides[0], Number) and len(below.sides) > 2 and set(below.signs) <= {"<", "<="}
    ends = below.signs[0] == below.signs[-1] == "<="
    return below.sides[1:-1] if written and ends else ()


def _listed(node: Node) -> Span | None:
    r"""The ends of `\{1, \dots, n\}`."""
    items = node.items if isinstance(node, Bracketed) and any(isinstance(i, Dots) for i in node.items) else ()
    ends = [item for item in items if not isinstance(item, Dots)]
    return (ends[0], ends[-1]) if len(ends) > 1 else None


def _whole_set(node: Node, own: set[str]) -> bool:
    """Whether an index runs over all of a set: it has a name that no other index changes, or is written out."""
    plain = isinstance(node, Symbol) or (isinstance(node, Scripted) and isinstance(node.base, Symbol))
    small = {name for part in walk(node) for name in letters(part) if name.islower() and len(name) == 1}
    return _listed(node) is not None or (plain and not small - own)
