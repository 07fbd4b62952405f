"""Expectations on the page: the moments that are used, the lines of the argument, the value in a box."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sympy import Expr

from derive.chain.derivation import Line
from derive.expressions.moments import Moment
from derive.language import Text
from derive.model.model import Model
from derive.page.blocks import Block, Equations, Heading, Paragraph, Row
from derive.page.spans import Ranges, span
from derive.topics.expectation.argument import Expected

EXPECTATIONS = Text("The expectations", "期望的推导")
SYMBOL = Text("{symbol}", "{symbol}")
WHERE = Text("{symbol} for {ranges}", "{symbol}（{ranges}）")
GIVEN = Text("Given:", "已知：")
USED = Text("The moments used:", "所用到的矩：")
BECOME = Text("With these values the definitions become:", "代入这些值后，定义写成：")


def results(expected: Sequence[Expected]) -> Iterator[Block]:
    """Show the value of every expectation that is derived."""
    rows = [Row(found.symbol, found.lines[-1].terms) for found in expected if not _declared(found)]
    if rows:
        yield Equations(tuple(rows), boxed=True)


def _declared(found: Expected) -> bool:
    """Is the value one that the model declares?"""
    return len(found.lines) == 1 and not found.premises


def expectations(expected: Sequence[Expected], model: Model, detail: str) -> Iterator[Block]:
    """Show every expectation that the model asks for, in the order of need, then the definitions with their values; in
    detail "full" each with its value in a box."""
    yield Heading(EXPECTATIONS)
    shown: set[Expr] = set()
    for found in expected:
        yield from _argument(found, shown, detail)
    rows = tuple(_become(model)) if model.stated is not None else ()
    if rows:
        yield Paragraph(BECOME)
        yield Equations(rows)


def _argument(found: Expected, shown: set[Expr], detail: str) -> Iterator[Block]:
    """Show one argument. What is declared takes one line, and a moment that was shown before is not shown again."""
    if _declared(found):
        shown.add(found.symbol)
        yield Paragraph(GIVEN, GIVEN)
        yield Equations(tuple(_rows(found.symbol, found.lines)))
        return
    ranges = Ranges(tuple(span(i, i.lower, i.upper) for i in found.indices))
    yield Heading(WHERE(symbol=found.symbol, ranges=ranges) if found.indices else SYMBOL(symbol=found.symbol), 2)
    new = [p for p in found.premises if p.symbol not in shown]
    if new:
        yield Paragraph(USED, USED)
        yield Equations(tuple(row for p in new for row in _rows(p.symbol, p.lines)))
    shown.update(p.symbol for p in new)
    yield Equations(tuple(_rows(found.symbol, found.lines)))
    if detail == "full":
        yield Equations((Row(found.symbol, found.lines[-1].terms),), boxed=True)


def _rows(symbol: Expr, lines: Sequence[Line]) -> Iterator[Row]:
    for number, line in enumerate(lines):
        yield Row(symbol if number == 0 else None, line.terms, line.reason)


def _become(model: Model) -> Iterator[Row]:
    """Show the definitions that are more than an expectation, with its value put in."""
    stated = model.stated
    assert stated is not None
    for node in model.nodes.values():
        for before, case in zip(stated.nodes[node.name].cases, node.cases, strict=True):
            if before.expr.has(Moment) and not isinstance(before.expr, Moment):
                yield Row(node.at(*case.position), case.expr)
