"""Which steps of a part are told: those alike together, and none that stands in the part above."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from derive.chain.derivation import Step
from derive.language import Text
from derive.page import sentences as say
from derive.page.blocks import Row
from derive.sheet.alike import Group, grouped, pattern
from derive.sheet.narrowed import narrowed, same_chain
from derive.sheet.part import Part
from derive.sheet.readings import key
from derive.sheet.rows import rows
from derive.topics.topic import topic


def groups(part: Part) -> list[Group]:
    """Put steps that are alike together, unless every line is asked for; leave out what stands in the part above."""
    above = id(part.base.derived) if part.base is not None else None
    return part.derived.once(f"groups {part.detail} {part.number} {above}", lambda: _grouped(part))


def _grouped(part: Part) -> list[Group]:
    steps = part.derived.steps
    if part.detail == "full":
        return [Group(step, (), step.number) for step in steps]
    above = written(part.base) if part.base is not None else ()
    return grouped([s for s in steps if same_words(part, s) not in above], part.number)


def last_number(part: Part) -> int:
    """The number of the last step of a part."""
    return max((group.number for group in groups(part)), default=part.number)


def written(part: Part) -> set[Hashable]:
    """The words of all steps of a part."""
    return {same_words(part, step) for step in part.derived.steps}


def same_words(part: Part, step: Step) -> Hashable:
    """What two steps share that read the same."""
    return key((step.reason, *rows(step, part.detail), *from_subjects(part, step)))


def inner_and_leaves(part: Part) -> tuple[list[Group], list[Group]]:
    """The steps of computed quantities, and those of what was given."""
    found = groups(part)
    return [g for g in found if not g.first.node.is_leaf], [g for g in found if g.first.node.is_leaf]


def told_together(part: Part) -> bool:
    """Do the gradients need no section of their own, since all of them are found as in the part above?"""
    return part.base is not None and all(like_above(part, group) for group in inner_and_leaves(part)[1])


def like_above(part: Part, group: Group) -> Group | None:
    """The first step of the part above that differs from this one in names only, or in that a size is 1 here."""
    above = groups(part.base) if part.base is not None and not group.first.given else []
    alike = [g for g in above if pattern(g.first) == pattern(group.first)]
    same_kind = (g for g in alike if g.first.node.is_leaf == group.first.node.is_leaf)
    return next(same_kind, next(iter(alike), None)) or at_one(part, group)


def at_one(part: Part, group: Group) -> Group | None:
    """The step of the part above that this one is where a size of that part is 1."""
    sizes = narrowed(part)
    above = groups(part.base) if part.base is not None and sizes and not group.others else []
    return next((g for g in above for s in (g.first, *g.others) if same_chain(group.first, s, sizes)), None)


def from_subjects(part: Part, step: Step) -> tuple[Row, ...]:
    """Return what the subjects add to the equations of a step."""
    return tuple(row for name, found in part.found.items() for row in topic(name).last_line(found, step))


def in_short(numbers: Iterable[int]) -> list[str | Text]:
    """Numbers in words: three or more that follow each other by the first and the last, 1 to 4."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    parts: list[str | Text] = []
    for run in runs:
        parts += [say.RUN(first=str(run[0]), last=str(run[-1]))] if len(run) > 2 else map(str, run)
    return parts
