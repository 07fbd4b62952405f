"""States in closed form on the page: each recursion solved and proved, and what is computed from it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from derive.chain.closed_forms.closed_form import ClosedForm
from derive.chain.closed_forms.values import Solved
from derive.expressions.traverse import names
from derive.page import sentences as say
from derive.page.blocks import Block, Equations, Heading, Paragraph, Row
from derive.page.spans import Ranges, span
from derive.sheet.alike import said_alike
from derive.sheet.closed_forms import alike, solved
from derive.sheet.part import Part


def values(part: Part) -> Iterator[Block]:
    """Show every value that has a closed form, in the order of computation; what is made of the solved states for the
    same range is put together unless every line is asked for."""
    base = [f.form for f in part.base.derived.values if f.form is not None] if part.base is not None else []
    above: list[ClosedForm] = list(base)
    if not shown(part):
        return
    for made, some in groupby(part.derived.values, key=_made_for):
        if made is not None:
            found = [f for f in some if part.detail == "full" or _used(f, part)]
            for each in [[f] for f in found] if part.detail == "full" else [found] if found else []:
                yield from _made(each, part)
            continue
        for form in (f.form for f in some if f.form is not None and not any(_same(f.form, b) for b in base)):
            like = next((f for f in above if said_alike(f, form)), None) if part.detail != "full" else None
            yield from (
                solved(form, part.derived.sizes, part.detail) if like is None else alike(form, like, like in base)
            )
            above.append(form)


def shown(part: Part) -> bool:
    """Are there closed forms of values that a reader needs: as nothing else was asked for, as a gradient is written
    with them, or as every line is asked for?"""
    return (
        part.detail == "full"
        or not part.derived.derivation.wanted
        or not {"inputs_only", "limits"}.isdisjoint(part.found)
    )


def _used(found: Solved, part: Part) -> bool:
    """Is what is made of solved states asked for itself, or held by a gradient that is?"""
    wanted = part.derived.derivation.wanted
    steps = (s for s in part.derived.steps if s.node.name in wanted)
    return not wanted or any(found.node.name in names(f) for s in steps for t in s.lines[-1].terms for f in t.factors)


def results(part: Part) -> list[Row]:
    """The closed forms as rows of the results, where no gradient was asked for."""
    return [Row(found.node.generic, found.lines[-1].terms) for found in part.derived.values]


def _made_for(found: Solved) -> str | None:
    """The range for which a node is made of solved states; None for a recursion."""
    return None if found.form is not None else str(found.region.ranges)


def _same(one: ClosedForm, other: ClosedForm) -> bool:
    """Do two recursions and their solutions read the same?"""
    lines = [[line.terms for line in (*form.law, *form.lines)] for form in (one, other)]
    return one.target == other.target and one.boundary == other.boundary and lines[0] == lines[1]


def _made(found: Sequence[Solved], part: Part) -> Iterator[Block]:
    """Show the chains of equalities of nodes that are made of solved states."""
    node, region = found[0].node, found[0].region
    yield Heading(say.CLOSED(adjoint=[f.node.generic for f in found] if len(found) > 1 else node.generic))
    ranges = zip(node.indices, region.ranges, strict=True)
    if node.indices:
        put_in = say.PUT_IN(ranges=Ranges(tuple(span(i, a, b) for i, (a, b) in ranges)))
        yield Paragraph(put_in, put_in)
    for each in found:
        target = each.node.generic
        yield Equations(tuple(Row(None if n else target, x.terms, x.reason) for n, x in enumerate(each.lines)))
        if part.detail == "full":
            yield Equations((Row(target, each.lines[-1].terms),), boxed=True)
