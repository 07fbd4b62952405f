"""Limits on the page: what a value tends to and why, and where that is 0, the leading term and the exact deviation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sympy import Expr, S

from derive.chain.derivation import Term
from derive.expressions.indices import substitute
from derive.language import Text
from derive.page.blocks import Block, Equations, Heading, Paragraph, Row
from derive.topics.limits.limits import Limiting

LIMIT = Text("The limit {limit}", "极限 {limit}")
FADES = Text(
    "Since {bases} lies between 0 and 1, {powers} tends to 0:", "由于 {bases} 介于 0 与 1 之间，{powers} 趋于 0："
)
LEADING = Text("Rate of convergence: divide by the leading term {leading}.", "收敛的快慢：除以主导项 {leading}。")
APPROACHES = Text(
    "Hence {deviation} is the exact relative deviation from {leading}; it tends to 0 as {variable} tends to {to}.",
    "因此 {deviation} 正是与 {leading} 的相对偏差，当 {variable} 趋于{to}时它趋于 0。",
)
APPROACHES_TOO = Text(
    "The relative deviation from {leading} is {deviation}, as above; it tends to 0 as {variable} tends to {to}, too.",
    "与 {leading} 的相对偏差同上，为 {deviation}；当 {variable} 趋于{to}时它也趋于 0。",
)
INFINITY, NOUGHT = Text("infinity", "无穷"), Text("0", "零")
LINEAR = Text(
    "For small {variable}, {quantity} is approximately linear in {variable}: {leading}.",
    "当 {variable} 很小时，{quantity} 近似为 {variable} 的线性函数 {leading}。",
)
WORKED_AT = Text("For {names} = {numbers}:", "当 {names} = {numbers} 时：")
ANSWER_AT = Text("For {names} = {numbers}, {quantity} = {value}.", "当 {names} = {numbers} 时，{quantity} = {value}。")


def limits(asked: Sequence[Limiting]) -> Iterator[Block]:
    """Show every limit that was asked for."""
    told: set[tuple[Expr | None, Expr | None]] = set()
    for found in asked:
        yield Heading(LIMIT(limit=found.symbol))
        if found.vanishing:
            bases = dict.fromkeys(p.base for p in found.vanishing)
            yield Paragraph(FADES(powers=list(found.vanishing), bases=list(bases)))
        yield Equations((Row(found.node.generic, found.value), Row(found.symbol, found.limit)), listed=True)
        if found.leading is not None:
            yield from _leading(found, (found.leading, found.deviation) in told)
            told.add((found.leading, found.deviation))
        if found.worked:
            yield from _worked(found)


def _leading(found: Limiting, told: bool) -> Iterator[Block]:
    """Show the value over its leading term, unless that is `told` already: it is 1 minus the relative deviation."""
    value, leading, deviation = found.value, found.leading, found.deviation
    assert leading is not None and deviation is not None
    if not told:
        yield Paragraph(LEADING(leading=leading))
        ratio = Row(found.node.generic / leading, value / leading)
        yield Equations((ratio, Row(None, (Term((S.One,)), Term((-deviation,))))), joined=True)
    to = NOUGHT if found.to == 0 else INFINITY
    if found.to == 0 and found.variable not in (leading / found.variable).free_symbols:
        yield Paragraph(LINEAR(quantity=found.node.generic, variable=found.variable, leading=leading))
    approaches = APPROACHES_TOO if told else APPROACHES
    yield Paragraph(approaches(deviation=deviation, leading=leading, variable=found.variable, to=to))


def answers(asked: Sequence[Limiting]) -> Iterator[Block]:
    """Yield the limits in a box, and what the values are where numbers are asked for."""
    if asked:
        yield Equations(tuple(Row(each.symbol, each.limit) for each in asked), boxed=True)
    for each in asked:
        if each.worked:
            at = {"names": list(each.worked), "numbers": list(each.worked.values())}
            yield Paragraph(ANSWER_AT(**at, quantity=each.node.generic, value=substitute(each.value, each.worked)))


def _worked(found: Limiting) -> Iterator[Block]:
    """Show the same with numbers for some constants."""
    yield Paragraph(WORKED_AT(names=list(found.worked), numbers=list(found.worked.values())))
    rows = [Row(found.node.generic, substitute(found.value, found.worked))]
    if found.leading is not None and found.deviation is not None:
        leading, deviation = (substitute(e, found.worked) for e in (found.leading, found.deviation))
        rows.append(Row(found.node.generic / leading, (Term((S.One,)), Term((-deviation,)))))
    yield Equations(tuple(rows), listed=True)
