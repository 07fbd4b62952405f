"""The last section of a sheet: what was compared with torch.autograd, and how well it agreed."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from derive.language import Text
from derive.page import sentences as say
from derive.page.blocks import Block, Heading, Paragraph
from derive.page.spans import Known
from derive.page.verdicts import agreement, table
from derive.sheet.part import Part
from derive.sheet.readings import key as written
from derive.sheet.values import shown

if TYPE_CHECKING:
    from derive.check.report import Report, Row


COUNTS = ("exact", "outcomes", "nodes", "numbers")  # what a sentence says the number of, where several parts have it


def once(texts: Iterable[Text]) -> list[Text]:
    """Each sentence once; what it counts in several parts is added up."""
    found: dict[Hashable, Text] = {}
    for text in texts:
        key = next((name for name in COUNTS if str(text.values.get(name)).isdigit()), None)
        same = written(text) if key is None else written(text(**{key: ""}))
        if key is not None and same in found:
            text = text(**{key: str(int(text.values[key]) + int(found[same].values[key]))})
        found[same] = text
    return list(found.values())


def check(parts: Sequence[Part], back: Sequence[Text] = ()) -> Iterator[Block]:
    """Say in sentences what was compared, of all parts at once, and that the page was read `back`; show the results as
    a sentence, in detail "full" as a table with a line for each."""
    checked = [(p, p.report) for p in parts if p.report is not None]
    if not checked:
        return
    yield Heading(say.CHECK, boxed=True)
    said = [*once(text for part, _ in checked for text in told(part)), *back]
    rows = [(part, _rows(part, report)) for part, report in checked]
    if parts[0].detail != "full":
        yield from _in_short(said, [row for _, own in rows for row in own])
        return
    yield from map(Paragraph, said)
    for part, own in rows:
        if part.label is not None and len(rows) > 1:
            yield Paragraph(say.READING(label=part.label))
        yield table(own)


def _in_short(said: Sequence[Text], compared: Sequence[Row]) -> Iterator[Block]:
    """All sentences as one paragraph; what disagrees has a table."""
    wrong, right = [r for r in compared if not r.ok], [r for r in compared if r.ok]
    yield Paragraph(say.one_after_another([*said, *([agreement(right)] if right else [])]))
    yield from [table(wrong)] if wrong else []


def told(part: Part) -> Iterator[Text]:
    """Say what was compared of one part."""
    report = part.report
    if report is None:
        return
    if part.derived.steps and report.missed:
        yield say.CHECKED_BUT(samples=str(report.samples), conditions=list(report.missed))
    elif part.derived.steps:
        yield say.CHECKED(samples=str(report.samples))
    if part.derived.values and shown(part):
        yield say.CHECKED_VALUES(samples=str(report.samples))
    yield from report.all_notes
    yield from part.argued()
    if part.notes:
        yield say.REMARKS
    if report.sizes and part.detail == "full":
        sizes = [[Known(name, n) for name, n in one] for one in report.sizes]
        yield say.CHECKED_SIZES(sizes=[say.both(s) if len(s) > 1 else s[0] for s in sizes])


def _rows(part: Part, report: Report) -> list[Row]:
    """The adjoints in the order of their steps, then all else."""
    order = [s.node.name for s in part.derived.steps]
    adjoints = sorted((r for r in report.rows if r.is_adjoint), key=lambda r: order.index(r.name))
    return [*adjoints, *(r for r in report.rows if not r.is_adjoint)]
