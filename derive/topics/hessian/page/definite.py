"""Why a Hessian is positive semidefinite, on the page: a sum of squares whose weights are not negative."""

from __future__ import annotations

from collections.abc import Iterator

from derive.chain.derivation import Term
from derive.expressions.indices import sum_over
from derive.language import Text
from derive.page.blocks import Block, Equations, Heading, Paragraph, Row
from derive.topics.hessian.definite import QUADRATIC
from derive.topics.hessian.hessian import Hessian
from derive.topics.hessian.square import Square

DEFINITE = Text("Positive semidefinite", "半正定")
FOR_ALL = Text("For every direction, write the quadratic form as a sum of squares:", "对任意方向，把二次型写成平方和：")
VARIANCE = Text("a variance: subtract the mean before squaring", "方差：先减去均值再平方")
SHARES = Text(
    "The weights {share} are nonnegative, and {total} = 1 by definition. So the mean of the squares minus the square "
    "of the mean is a variance with these weights.",
    "权重 {share} 非负，且由定义 {total} = 1，因此平方的均值减去均值的平方就是以它们为权重的方差。",
)
SLOPE = Text(
    "The factor {weight} ({rule}) is never negative: by the table of functions it lies between {low} and {high}.",
    "因子 {weight}（{rule}）不会为负：函数表中其取值介于 {low} 与 {high} 之间。",
)
NOT_NEGATIVE = Text(
    "The factor {weight} is never negative, by the ranges of the functions and the domains of the inputs.",
    "由函数的值域和输入的取值范围，因子 {weight} 不会为负。",
)
CONVEX = Text(
    "Hence {quadratic} is never negative: the Hessian is positive semidefinite everywhere, and the loss is convex in "
    "{names}.",
    "因此 {quadratic} 恒非负：黑塞矩阵处处半正定，损失是 {names} 的凸函数。",
)


def definite(found: Hessian) -> Iterator[Block]:
    """Show v^T H v as a sum of squares, and say why no weight is negative."""
    yield Heading(DEFINITE, 2)
    yield Paragraph(FOR_ALL)
    rows = [Row(QUADRATIC, tuple(t for s in found.squares for t in _spread(s)), None)]
    if any(s.share is not None for s in found.squares):
        rows.append(Row(None, tuple(s.term for s in found.squares), VARIANCE))
    yield Equations(tuple(rows))
    for square in found.squares:
        if square.share is not None and square.over is not None:
            yield Paragraph(SHARES(share=square.share, total=sum_over(square.share, [square.over])))
        if not square.weight.is_number:
            yield Paragraph(_weight(square))
    yield Paragraph(CONVEX(quadratic=QUADRATIC, names=[w.symbol for w in found.wrt]))


def _spread(square: Square) -> tuple[Term, ...]:
    """Return a square as one term, and a variance as the mean of the squares minus the square of the mean."""
    if square.share is None or square.over is None:
        return (square.term,)
    first = Term((square.weight, square.share, square.linear**2), (square.over, *square.sums))
    second = Term((-square.weight, square.mean**2) if square.weight != 1 else (-(square.mean**2),), square.sums)
    return tuple(t._replace(factors=tuple(f for f in t.factors if f != 1)) for t in (first, second))


def _weight(square: Square) -> Text:
    if square.row is not None:
        return SLOPE(weight=square.weight, rule=square.row.rule, low=square.low, high=square.high)
    return NOT_NEGATIVE(weight=square.weight)
