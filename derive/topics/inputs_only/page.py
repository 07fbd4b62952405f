"""Gradients in what is given, on the page: the lines that lead there, or why there are none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from derive.expressions.indices import name_of
from derive.expressions.symbols import Partial
from derive.expressions.traverse import elements
from derive.language import Text
from derive.page.blocks import Block, Equations, Heading, Paragraph, Row
from derive.topics.inputs_only.carried import LONGEST, Carried

HEADING = Text("The gradients in terms of given quantities", "用已知量表示的梯度")
SAY = Text(
    "Replace every adjoint by its value and every computed quantity by its definition, until only inputs, targets, "
    "constants and parameters are left.",
    "把每个伴随量换成它的值，再把每个中间量换成它的定义，直到只剩输入、目标、常数和参数。",
)
AND_GIVEN = Text(
    "The loss is abstract, so its partial derivative {partials} is treated as given too.",
    "损失函数未给出具体形式，它自身的偏导数 {partials} 也看作已知。",
)
RECURS = Text(
    "{target} cannot be written in this way: {without} is defined by a recursion for which no closed form was found.",
    "{target} 不能这样写：{without} 由递推给出，而这里没有求得它的通项公式。",
)
RECUR = Text(
    "{target} cannot be written in this way: {without} are defined by recursions for which no closed form was found.",
    "{target} 不能这样写：{without} 由递推给出，而这里没有求得它们的通项公式。",
)
LONG = Text(
    "{target} is not written out here: its formula would have more than {most} symbols.",
    "{target} 不在这里展开：展开后的式子超过 {most} 个符号。",
)


def section(found: Sequence[Carried], detail: str) -> Iterator[Block]:
    """Show every gradient that was asked for. In brief, what they come to stands in the results."""
    yield Heading(HEADING)
    if detail == "full":
        yield Paragraph(SAY)
    given = [e for one in found if one.lines for e in elements(one.value) if isinstance(e, Partial)]
    partials = {(name_of(e.of), name_of(e.wrt)): e for e in reversed(given)}
    if partials:
        yield Paragraph(AND_GIVEN(partials=list(reversed(partials.values()))))
    for one in found:
        if not one.lines:
            yield Paragraph(why_not(one))
            continue
        target = one.step.target
        rows = [Row(target if n == 0 else None, line.terms, line.reason) for n, line in enumerate(one.lines)]
        yield Equations(tuple(rows))
        if detail == "full":
            yield Equations((Row(target, one.lines[-1].terms),), boxed=True)


def why_not(one: Carried) -> Text:
    """Say why a gradient is not written in what is given."""
    if one.long:
        return LONG(target=one.step.target, most=str(LONGEST))
    return (RECURS if len(one.without) == 1 else RECUR)(target=one.step.target, without=list(one.without))
