"""A part of a sheet: its title, and the steps with some numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from derive.errors import UsageError
from derive.language import Text
from derive.page import sentences as say
from derive.page.blocks import Block, Heading, Title


def excerpt(sheet: Callable[[str], Iterable[Block]], steps: range, detail: str) -> Iterator[Block]:
    """Yield the title, and the sections of these steps, each with the heading of its reading.

    Errors: UsageError where the sheet has none of these steps.
    """
    numbers: set[int] = set()
    found: list[Block] = []
    reading, shown = None, False
    for block in sheet(detail):
        if isinstance(block, Title):
            found.append(block._replace(statement=None))
        elif isinstance(block, Heading):
            if block.level == 0:
                reading = block
            own = _numbers(block.text)
            numbers.update(own)
            shown = bool(set(own) & set(steps))
            if shown and reading is not None:
                found.append(reading)
                reading = None
        if shown:
            found.append(block)
    if not numbers & set(steps):
        has = f"has the steps 1 to {max(numbers)}" if numbers else "has no steps"
        raise UsageError(f"--steps: the sheet {has}, at this --detail")
    yield from found


def _numbers(heading: Text) -> range:
    """The numbers of the steps that a heading stands above; none if it is no step's."""
    if heading.en == say.STEP.en:
        first = last = heading.values["number"]
    elif heading.en == say.STEPS.en:
        first, last = heading.values["first"], heading.values["last"]
    else:
        return range(0)
    return range(int(first), int(last) + 1)
