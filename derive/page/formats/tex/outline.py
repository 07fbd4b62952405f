"""The bookmarks of a page: its headings in Unicode, each with its level and how many stand under it."""

from __future__ import annotations

from typing import NamedTuple

from derive.page.formats.tex.design import utf16


class Entry(NamedTuple):
    """A heading: -1 a task among others, 0 a reading, 1 a section, 2 a step."""

    level: int
    text: str


def bookmarks(entries: list[Entry]) -> str:
    """One line for each heading, in order: place, depth, number of direct children, title."""
    depths = _depths([entry.level for entry in entries])
    lines = []
    for at, (entry, depth) in enumerate(zip(entries, depths, strict=True)):
        inner = next((n for n in range(at + 1, len(depths)) if depths[n] <= depth), len(depths))
        children = sum(d == depth + 1 for d in depths[at + 1 : inner])
        lines.append(f"\\bookmark{{{at + 1}}}{{{depth}}}{{{children}}}{{{utf16(entry.text)}}}\n")
    return "".join(lines)


def _depths(levels: list[int]) -> list[int]:
    """Depths from 1, each at most one more than the one before: a bookmark has no child without a parent."""
    depths: list[int] = []
    open_levels: list[int] = []
    for level in levels:
        while open_levels and open_levels[-1] >= level:
            open_levels.pop()
        open_levels.append(level)
        depths.append(len(open_levels))
    return depths
