"""Limits on the page: what a value tends to and why, and where that is 0, the leading term and the exact deviation."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import S

from derive.chain.derivation import Term
from derive.expressions.indices import substitute
from derive.page import sentences as say
from derive.page.blocks import Block, Equations, Heading, Paragraph, Row
from derive.sheet.part import Part
from derive.topics.limits.limits import Limiting


def limits(part: Part) -> Iterator[Block]:
    """Every limit that was asked for."""
    for found in part.limits:
        yield Heading(say.LIMIT(limit=found.symbol))
        if found.vanishing:
            bases = dict.fromkeys(p.base for p in found.vanishing)
            yield Paragraph(say.FADES(powers=list(found.vanishing), bases=list(bases)))
        yield Equations((Row(found.node.generic, found.value), Row(found.symbol, found.limit)))
        if found.leading is not None:
            yield from _leading(found)
        if found.worked:
            yield from _worked(found)


def _leading(found: Limiting) -> Iterator[Block]:
    """The value over its leading term: 1 minus the relative deviation."""
    value, leading, deviation = found.value, found.leading, found.deviation
    assert leading is not None and deviation is not None
    yield Paragraph(say.LEADING(leading=leading))
    ratio = Row(found.node.generic / leading, value / leading)
    yield Equations((ratio, Row(None, (Term((S.One,)), Term((-deviation,))))))
    to = say.NOUGHT if found.to == 0 else say.INFINITY
    yield Paragraph(say.APPROACHES(deviation=deviation, variable=found.variable, to=to))
    if found.to == 0 and found.variable not in (leading / found.variable).free_symbols:
        yield Paragraph(say.LINEAR(quantity=found.node.generic, variable=found.variable, leading=leading))


def _worked(found: Limiting) -> Iterator[Block]:
    """The same with numbers for some constants."""
    yield Paragraph(say.WORKED_AT(names=list(found.worked), numbers=list(found.worked.values())))
    rows = [Row(found.node.generic, substitute(found.value, found.worked))]
    if found.leading is not None and found.deviation is not None:
        leading, deviation = (substitute(e, found.worked) for e in (found.leading, found.deviation))
        rows.append(Row(found.node.generic / leading, (Term((S.One,)), Term((-deviation,)))))
    yield Equations(tuple(rows))
