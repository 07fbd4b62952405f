"""States in closed form on the page: each recursion solved and proved, and what is computed from it."""

from __future__ import annotations

from collections.abc import Iterator

from derive.chain.closed_forms.values import Solved
from derive.chain.derived import Derived
from derive.page import sentences as say
from derive.page.blocks import Block, Equations, Heading, Paragraph, Row
from derive.page.spans import Ranges, span
from derive.sheet.closed_forms import solved


def values(derived: Derived) -> Iterator[Block]:
    """Show every value that has a closed form, in the order of computation."""
    for found in derived.values:
        yield from solved(found.form, derived.sizes) if found.form is not None else _made(found)


def _made(found: Solved) -> Iterator[Block]:
    """Show the chain of equalities of a node that is made of solved states."""
    yield Heading(say.CLOSED(adjoint=found.node.generic))
    ranges = zip(found.node.indices, found.region.ranges, strict=True)
    if found.node.indices:
        yield Paragraph(say.PUT_IN(ranges=Ranges(tuple(span(i, a, b) for i, (a, b) in ranges))))
    target = found.node.generic
    yield Equations(tuple(Row(None if n else target, line.terms, line.reason) for n, line in enumerate(found.lines)))
    yield Equations((Row(target, found.lines[-1].terms),), boxed=True)
