"""The last section of a sheet: what was compared with torch.autograd, and how well it agreed."""

from __future__ import annotations

from collections.abc import Iterator

from derive.page import sentences as say
from derive.page.blocks import Block, Heading, Paragraph
from derive.page.spans import Known
from derive.page.verdicts import summary, table
from derive.sheet.part import Part


def check(part: Part) -> Iterator[Block]:
    """Say in sentences what was compared, and show the results as a small table, line by line in detail "full"."""
    report, order = part.report, [s.node.name for s in part.derived.steps]
    if report is None:
        return
    yield Heading(say.CHECK, boxed=True)
    if order and report.missed:
        yield Paragraph(say.CHECKED_BUT(samples=str(report.samples), conditions=list(report.missed)))
    elif order:
        yield Paragraph(say.CHECKED(samples=str(report.samples)))
    if part.derived.values:
        yield Paragraph(say.CHECKED_VALUES(samples=str(report.samples)))
    yield from map(Paragraph, report.all_notes)
    yield from map(Paragraph, part.argued())
    if part.notes:
        yield Paragraph(say.REMARKS)
    if report.sizes:
        sizes = [[Known(name, n) for name, n in one] for one in report.sizes]
        yield Paragraph(say.CHECKED_SIZES(sizes=[say.both(s) if len(s) > 1 else s[0] for s in sizes]))
    adjoints = sorted((r for r in report.rows if r.is_adjoint), key=lambda r: order.index(r.name))
    rows = [*adjoints, *(r for r in report.rows if not r.is_adjoint)]
    yield table(rows) if part.detail == "full" else summary(rows)
