"""From a run of blocks to sections within sections, each with a name that stays: the place that a link leads to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import NamedTuple

from derive.language import Text
from derive.page.blocks import Block, Equations, Heading, Row


class Item(NamedTuple):
    """A block as HTML, and the detail that it belongs to; empty for both."""

    block: Block
    html: str
    detail: str = ""


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
        first, left, found = next((row for row in rows if row.left is not None), None), None, None
        for row in rows:
            left = row if row.left is not None else left
            if left is not None and first is not None and left.left == first.left:
                found = (left, row)
        return found


def merged(brief: Sequence[Item], full: Sequence[Item]) -> Iterator[Item]:
    """Both details as one run: what they share stands once, what differs is marked.

    What stands under a heading of one detail alone belongs to that detail.
    """
    left, right = _runs(brief), _runs(full)
    matcher = SequenceMatcher(None, [r[0].html for r in left], [r[0].html for r in right], autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            for one, other in zip(left[a:b], right[c:d], strict=True):
                yield from _beside(one, other)
        else:
            yield from (item._replace(detail="brief") for run in left[a:b] for item in run)
            yield from (item._replace(detail="full") for run in right[c:d] for item in run)


def _runs(items: Sequence[Item]) -> list[list[Item]]:
    """A heading with what follows until the next one; what stands before all headings, one by one."""
    found: list[list[Item]] = []
    for item in items:
        if isinstance(item.block, Heading) or not found or not isinstance(found[-1][0].block, Heading):
            found.append([])
        found[-1].append(item)
    return found


def _beside(brief: Sequence[Item], full: Sequence[Item]) -> Iterator[Item]:
    """Two runs under one heading, item by item."""
    matcher = SequenceMatcher(None, [i.html for i in brief], [i.html for i in full], autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            yield from brief[a:b]
        else:
            yield from (item._replace(detail="brief") for item in brief[a:b])
            yield from (item._replace(detail="full") for item in full[c:d])


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
