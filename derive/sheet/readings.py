"""Readings of one problem that differ in a few lines: the first is shown in full, of the others what differs.

What is compared are blocks, so that it works for any model and any subject: a chain of equalities, a sentence, a table
or a picture that stands under the same heading of the reading above is not printed again.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sympy import Basic

from derive.language import Text
from derive.page.blocks import Block, Equations, Heading, Paragraph, Picture, Row, Worked
from derive.sheet.part import Part


class Piece(NamedTuple):
    """A heading and the blocks below it."""

    heading: Heading
    blocks: list[Block]


def base(part: Part, earlier: Sequence[Part]) -> Part | None:
    """The earlier part that has the most definitions in common with this one."""
    others = [p for p in earlier if not p.alone]
    return None if part.alone or not others else max(others, key=lambda other: len(_shared(part, other)))


def changes_little(part: Part, other: Part) -> bool:
    """Are at least half of the definitions of a part those of the other?"""
    return 2 * len(_shared(part, other)) >= len(_definitions(part))


def _shared(part: Part, other: Part) -> set[Hashable]:
    return _definitions(part) & _definitions(other)


def _definitions(part: Part) -> set[Hashable]:
    model = part.derived.model.given or part.derived.model
    return {(name, case) for name, node in model.nodes.items() for case in node.cases}


def differing(
    blocks: Iterable[Block], seen: Iterable[Block], whole: Sequence[Text] = (), above: Iterable[Block] = ()
) -> Iterator[Block]:
    """Yield what does not stand under the same heading in `seen`, or, of conventions, anywhere `above`; a heading that
    nothing is left of is left out. What stands under the headings `whole` is kept."""
    known: dict[Hashable, set[Hashable]] = {}
    for piece in _pieces(seen):
        known.setdefault(key(piece.heading), set()).update(k for b in piece.blocks for k in _keys(b))
    for heading in whole:
        known.pop(key(Heading(heading)), None)
    for piece in _pieces(above):
        conventions = (key(b) for b in piece.blocks if isinstance(b, Paragraph) and _names_nothing(b.text))
        known.setdefault(key(piece.heading), set()).update(conventions)
    kept = [Piece(p.heading, list(_new(p.blocks, known.get(key(p.heading), set())))) for p in _pieces(blocks)]
    for at, piece in enumerate(kept):
        below = (p for p in kept[at + 1 :])
        inside = []
        for other in below:
            if other.heading.level <= piece.heading.level:
                break
            inside.append(other)
        if piece.blocks or any(p.blocks for p in inside):
            yield from (piece.heading, *piece.blocks)


def _names_nothing(value: Any) -> bool:
    """Does a sentence hold for any model, as it names no quantity of one?"""
    if isinstance(value, Text):
        return all(map(_names_nothing, value.values.values()))
    if isinstance(value, (list, tuple)):
        return all(map(_names_nothing, value))
    return not value.free_symbols if isinstance(value, Basic) else isinstance(value, str)


def _pieces(blocks: Iterable[Block]) -> list[Piece]:
    found: list[Piece] = []
    for block in blocks:
        if isinstance(block, Heading):
            found.append(Piece(block, []))
        elif found:
            found[-1].blocks.append(block)
    return found


def _new(blocks: Sequence[Block], known: set[Hashable]) -> Iterator[Block]:
    """Yield what is not known; a known sentence only where what it leads to is new."""
    lead: Block | None = None
    for block in blocks:
        left = _without(block, known)
        if left is None:
            lead = block if isinstance(block, Paragraph) else lead
            continue
        if lead is not None and not isinstance(block, Paragraph):
            yield lead
        lead = None
        yield left


def _without(block: Block, known: set[Hashable]) -> Block | None:
    """The block without the equalities that are known; None if nothing is left."""
    if isinstance(block, Equations):
        rows = tuple(row for chain in _chains(block.rows) if key(chain) not in known for row in chain)
        return block._replace(rows=rows) if rows else None
    if isinstance(block, Worked):
        worked = tuple(row for row in block.rows if _worked(row, block) not in known)
        return block._replace(rows=worked) if worked else None
    return block if key(block) not in known else None


def _keys(block: Block) -> Iterator[Hashable]:
    if isinstance(block, Equations):
        yield from (key(chain) for chain in _chains(block.rows))
    elif isinstance(block, Worked):
        yield from (_worked(row, block) for row in block.rows)
    else:
        yield key(block)


def _chains(rows: Sequence[Row]) -> list[tuple[Row, ...]]:
    """A row with the rows that go on with its equality."""
    found: list[tuple[Row, ...]] = []
    for row in rows:
        found[-1:] = [(*found[-1], row)] if found and row.left is None else [*found[-1:], (row,)]
    return found


def _worked(row: Any, block: Worked) -> Hashable:
    """An equality with the numbers in it."""
    left, right, value = row
    parts = (right,) if isinstance(right, Basic) else tuple(f for t in right for f in t.factors)
    used = {e for p in (left, *parts) for e in p.atoms(*{type(v) for v in block.values})}
    return key((left, right, value, tuple(sorted((str(e), block.values[e]) for e in used if e in block.values))))


def key(value: Any) -> Hashable:
    """What two blocks share that read the same."""
    if isinstance(value, (Basic, str)):  # most are
        return value
    if isinstance(value, Text):
        return value.en, tuple((name, key(v)) for name, v in value.values.items())
    if isinstance(value, Picture):
        return getattr(value.drawing, "diagram", id(value.drawing)), key(value.caption)
    if isinstance(value, (tuple, list)):
        return type(value).__name__, *map(key, value)
    if isinstance(value, Mapping):
        return tuple((key(k), key(v)) for k, v in value.items())
    return value
