"""Crossings on the page: the difference as a product, where it changes its sign, numbers, and the curves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sympy import Expr, Integer, S

from derive.chain.derivation import Term
from derive.chain.derived import Derived
from derive.language import Text
from derive.page.blocks import Block, Equations, Heading, Paragraph, Picture, Row, Table
from derive.page.charts.chart import Chart
from derive.page.charts.marks import Curve, Curves, Mark
from derive.topics.crossing.crossing import Crossing, number_at

HEADING = Text("Where the costs cross", "代价何时相等")
HOW = Text(
    "Subtract one cost from the other, and take out the factors that are positive. The sign of the difference is that "
    "of the factor that is left.",
    "两种代价相减，提出为正的因子；差的符号就是余下因子的符号。",
)
FACTORED = Text("take out the positive factor", "提出正因子")
CROSS = Text(
    "{one} is less than {other} for {variable} < {equal}, both are equal for {variable} = {equal}, and {one} is "
    "greater for {variable} > {equal}.",
    "当 {variable} < {equal} 时 {one} 小于 {other}，{variable} = {equal} 时二者相等，{variable} > {equal} 时 {one} 较"
    "大。",
)
ALWAYS = Text(
    "{one} is less than {other} for every {variable}; they are nowhere equal.",
    "对任意 {variable}，{one} 都小于 {other}，二者永不相等。",
)
NUMBERS = Text("With {numbers}:", "取 {numbers}：")
PAIR, AT = Text("costs", "代价"), Text("equal at {v} =", "相等处 {v} =")
BOTH = Text("both are then", "此时均为")
CAPTION = Text(
    "The costs against {variable}, for {numbers}, both axes logarithmic. The dots are the crossings: {at}.",
    "代价随 {variable} 的变化（{numbers}，双对数坐标）。圆点为交点：{at}。",
)


def crossings(found: Sequence[Crossing], derived: Derived) -> Iterator[Block]:
    """The section of all pairs."""
    if not found:
        return
    yield Heading(HEADING)
    yield Paragraph(HOW)
    yield Equations(tuple(row for each in found for row in _difference(each)))
    if found[0].at:
        yield from _numbers([each for each in found if each.equal is not None])
        yield _curves(found, derived)


def answer(found: Crossing) -> Paragraph:
    """Which of the two is smaller, and where."""
    names = {"one": found.one.node.generic, "other": found.other.node.generic, "variable": found.variable}
    return Paragraph(ALWAYS(**names) if found.equal is None else CROSS(equal=found.equal, **names))


def _difference(found: Crossing) -> Iterator[Row]:
    one, other = found.one, found.other
    yield Row(one.node.generic - other.node.generic, (Term((one.value,)), Term((-other.value,))))
    if found.equal is None:
        yield Row(None, found.factor * found.linear)
    elif found.factor != S.One:
        yield Row(None, (Term((found.factor, found.linear)),), FACTORED)


def _numbers(found: Sequence[Crossing]) -> Iterator[Block]:
    yield Paragraph(NUMBERS(numbers=_given(found[0])))
    rows = []
    for each in found:
        assert each.equal is not None
        where = number_at(each, each.equal, S.One)
        both = number_at(each, each.one.value, where)
        rows.append((_is(each.one.node.generic, each.other.node.generic), where, both))
    yield Table((PAIR, AT(v=found[0].variable), BOTH), tuple(rows))


def _curves(found: Sequence[Crossing], derived: Derived) -> Picture:
    """Every cost once, and a mark at each crossing inside the picture."""
    low, high = found[0].reach
    sides = {side.node.name: (each, side) for each in found for side in (each.one, each.other)}
    curves = tuple(Curve(side.node.generic, _points(each, side.value, low, high)) for each, side in sides.values())
    marks = []
    for each in (c for c in found if c.equal is not None):
        x = number_at(each, each.equal, S.One)  # type: ignore[arg-type]
        if low <= x <= high:
            marks.append(Mark(float(x), float(number_at(each, each.one.value, x)), each.equal))  # type: ignore[arg-type]
    said = CAPTION(
        variable=found[0].variable,
        numbers=_given(found[0]),
        at=[_is(found[0].variable, m.label) for m in marks],
    )
    return Picture(Chart(Curves(found[0].variable, curves, tuple(marks)), derived.model.order, said), said)


def _given(found: Crossing) -> list[Text]:
    return [_is(letter, Integer(number)) for letter, number in found.at.items()]


def _is(one: Expr, other: Expr) -> Text:
    return Text("{one} = {other}", "{one} = {other}")(one=one, other=other)


def _points(found: Crossing, value: Expr, low: int, high: int) -> tuple[tuple[float, float], ...]:
    """A curve at numbers that are evenly apart on a logarithmic axis."""
    many = 24
    xs = [low * (high / low) ** (k / many) for k in range(many + 1)]
    return tuple((x, float(number_at(found, value, x))) for x in xs)
