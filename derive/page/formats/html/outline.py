"""From a run of blocks to sections within sections, each with a name that stays: the place that a link leads to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any, NamedTuple, TypeVar

from derive.language import Text
from derive.page.blocks import Block, Equations, Heading, Row

T = TypeVar("T")


class Item(NamedTuple):
    """A block as HTML, and the detail that it belongs to, empty for both; an exercise may hide it."""

    block: Block
    html: str
    detail: str = ""
    hidden: bool = False


@dataclass
class Section:
    """A heading and all that stands under it."""

    item: Item
    name: str
    parts: list[Item | Section] = field(default_factory=list)

    @property
    def heading(self) -> Heading:
        assert isinstance(self.item.block, Heading)
        return self.item.block

    @property
    def result(self) -> tuple[Row, Row] | None:
        """The row with the left side and the row with the right side of what a step arrives at, if it has equations."""
        blocks = [part.block for part in self.parts if isinstance(part, Item)]
        rows = next((block.rows for block in blocks if isinstance(block, Equations)), ())
        left = next((row for row in reversed(rows) if row.left is not None), None)
        return (left, rows[-1]) if left is not None else None


def merged(brief: Sequence[Item], full: Sequence[Item]) -> Iterator[Item]:
    """Both details as one run: what they share stands once, what differs is marked.

    What stands under a heading of one detail alone belongs to that detail.
    """
    for same, left, right in _matched(_runs(brief), _runs(full), lambda run: run[0].html):
        if same:
            yield from (item for one, other in zip(left, right, strict=True) for item in _beside(one, other))
        else:
            yield from _marked((item for run in left for item in run), "brief")
            yield from _marked((item for run in right for item in run), "full")


def _beside(brief: Sequence[Item], full: Sequence[Item]) -> Iterator[Item]:
    """Two runs under one heading, item by item."""
    for same, left, right in _matched(brief, full, lambda item: item.html):
        yield from left if same else (*_marked(left, "brief"), *_marked(right, "full"))


def _marked(items: Iterable[Item], detail: str) -> Iterator[Item]:
    return (item._replace(detail=detail) for item in items)


def _matched(left: Sequence[T], right: Sequence[T], key: Callable[[T], str]) -> Iterator[tuple[bool, Any, Any]]:
    """Pieces of two sequences in turn, and whether they are the same by the key."""
    matcher = SequenceMatcher(None, [key(e) for e in left], [key(e) for e in right], autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        yield kind == "equal", left[a:b], right[c:d]


def _runs(items: Sequence[Item]) -> list[list[Item]]:
    """A heading with what follows until the next one; what stands before all headings, one by one."""
    found: list[list[Item]] = []
    for item in items:
        if isinstance(item.block, Heading) or not found or not isinstance(found[-1][0].block, Heading):
            found.append([])
        found[-1].append(item)
    return found


def outline(items: Sequence[Item]) -> tuple[list[Item], list[Section]]:
    """What stands before the first heading, and the sections.

    A section of one detail holds nothing that is seen in the other, where the whole section is hidden.
    """
    front: list[Item] = []
    top: list[Section] = []
    open_: list[Section] = []
    names: dict[str, int] = {}
    for item in items:
        if isinstance(item.block, Heading):
            while open_ and open_[-1].heading.level >= item.block.level:
                open_.pop()
        while open_ and open_[-1].item.detail not in ("", item.detail):
            open_.pop()
        if isinstance(item.block, Heading):
            section = Section(item, _unique(slug(item.block.text), names))
            (open_[-1].parts if open_ else top).append(section)
            open_.append(section)
        elif open_:
            open_[-1].parts.append(item)
        else:
            front.append(item)
    return front, top


def slug(text: Text) -> str:
    """The words of a heading, in English and without formulas, as the name of a place: "Step 3. ..." is step-3."""
    own = text.en.format_map({name: value if isinstance(value, str) else " " for name, value in text.values.items()})
    return _hyphened(own) or _hyphened(text.pick("en", lambda formula: " ")) or "part"


def _hyphened(words: str) -> str:
    return "-".join(re.findall(r"[a-z0-9]+", words.lower()))


def _unique(name: str, names: dict[str, int]) -> str:
    names[name] = names.get(name, 0) + 1
    return name if names[name] == 1 else f"{name}-{names[name]}"
