"""A Hessian on the page: the gradient, its derivative block by block, definiteness, the product with a vector."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sympy import Expr, Integer

from derive.chain.derivation import Term
from derive.chain.reasons import telling
from derive.language import Text, clauses
from derive.page import sentences as say
from derive.page.blocks import Block, Equations, Heading, Paragraph, Row
from derive.page.spans import Ranges, span
from derive.topics.hessian.adjoint_laws import Law
from derive.topics.hessian.hessian import Hessian
from derive.topics.hessian.page.definite import definite
from derive.topics.hessian.tangents import Along
from derive.topics.jacobian.page.paths import chained, rows

MANY = 3  # rules of one line that the margin has no room for
HESSIAN = Text("The second derivative of {loss}", "{loss} 的二阶导数")
AGAIN = Text(
    "The gradient is computed like any other quantity, so we apply the same chain rule to it once more. It is "
    "computed from these adjoints:",
    "梯度和其他量一样是计算出来的，因此再用一次同样的链式法则即可求导。它所用到的伴随量为：",
)
BLOCK = Text("{symbol}", "{symbol}")
SYMMETRIC = Text(
    "The other blocks are the transposes of these, since the order of the two derivatives can be exchanged.",
    "其余各块是以上各块的转置，因为两次求导的次序可以交换。",
)
THROUGH = Text(
    "Through a recurrence there is one path for every pair of steps, but they need not be followed one by one. Hold "
    "the other parameters fixed and carry the derivatives with respect to one parameter through time: those of the "
    "values forwards, those of the adjoints backwards.",
    "经过递推时，每一对时间步都对应一条路径，但不必逐条追踪：固定其余参数，让对某一个参数的导数随时间传递即可；"
    "各个值的导数沿时间向前，各伴随量的导数沿时间向后。",
)
BY = Text("With respect to {wrt}", "对 {wrt} 求导")
FORWARDS = Text("The derivatives of the values, in the order of computation:", "各个值的导数，按计算的先后：")
BACKWARDS = Text(
    "The derivatives of the adjoints, backwards in time; in a product, differentiate one factor at a time:",
    "各伴随量的导数，逆着时间（遇到乘积时用乘法法则，依次对每个因子求导）：",
)
BLOCKS = Text("Hence the second derivatives are:", "于是二阶导数为：")
FIXED = Text("the start value is fixed", "初值固定不变")
PRODUCT = Text("The product with a vector", "与向量的乘积")
NO_MATRIX = Text(
    "The product of the Hessian with a direction {v} can be computed without the matrix. Let D denote the derivative "
    "along {v}; it follows the local partial derivatives forwards, from the parameters through the values to the "
    "adjoints:",
    "黑塞矩阵与方向 {v} 的乘积不必写出矩阵就能计算。用 D 表示沿 {v} 的导数，它沿局部偏导数向前传播，"
    "从参数经过各个值一直到伴随量：",
)
LAST = Text("The last of these derivatives are the elements of the product:", "最后得到的就是乘积的各个元素：")

TWICE = Text(
    "Every line of every block, and the product with a vector, were compared with the second derivatives that "
    "torch.autograd finds by differentiating its own gradient, in float64 at {samples} random points.{definite}",
    "每一块的每一行都与 torch.autograd 对其梯度再求导所得的二阶导数作了比较，与向量的乘积也作了同样的比较（float64，"
    "{samples} 个随机点）。{definite}",
)
AND_DEFINITE = Text(
    " The sum of squares was compared with the product, and no eigenvalue lies below 0.",
    "平方和也与该乘积作了比较，且没有小于 0 的特征值。",
)
NOTHING = Text("", "")


def hessian(found: Hessian, loss: Expr) -> Iterator[Block]:
    """Show all blocks of a Hessian, and its product with a vector."""
    yield Heading(HESSIAN(loss=loss))
    yield Paragraph(AGAIN)
    yield Equations(tuple(row for law in found.gradients for row in _gradient(law)))
    yield from _through_time(found) if found.carried else _block_by_block(found)
    if len(found.wrt) > 1:
        yield Paragraph(SYMMETRIC)
    if found.squares:
        yield from definite(found)
    yield from _product(found)


def _gradient(law: Law) -> Iterator[Row]:
    """Show an adjoint, and say for which index values it has this form."""
    first, *others = rows(law.target, law.lines)
    yield first._replace(reason=_where(law) or first.reason)
    yield from others


def _block_by_block(found: Hessian) -> Iterator[Block]:
    """Show the blocks above the diagonal, path by path."""
    for n, row in enumerate(found.blocks):
        for block in row[n:]:
            if len(block.lines) > 1:
                yield Heading(BLOCK(symbol=block.symbol), 2)
            yield from chained(block)


def _through_time(found: Hessian) -> Iterator[Block]:
    """Show what is carried for each parameter, values and adjoints, then the blocks that are made of it."""
    last = _last(found)
    yield Paragraph(THROUGH)
    for n, carried in enumerate(found.carried):
        moved = found.blocks[n][n].entry.wrt
        yield Heading(BY(wrt=moved), 2)
        yield from _rows(FORWARDS, [a for a in carried if not a.of_adjoint])
        yield from _rows(BACKWARDS, [a for a in carried if a.of_adjoint and a.node.name not in last])
        blocks = [row[n] for row in found.blocks[: n + 1]]
        yield Paragraph(BLOCKS)
        yield Equations(tuple(Row(b.symbol, b.lines[-1].terms) for b in blocks), boxed=True)


def _rows(sentence: Text, carried: Sequence[Along]) -> Iterator[Block]:
    if carried:
        yield Paragraph(sentence)
        yield Equations(tuple(map(_derivative, carried)))


def _last(found: Hessian) -> list[str]:
    """Return the names of the adjoints that are the gradient."""
    return [f"adjoint {w.name}" for w in found.wrt]


def _product(found: Hessian) -> Iterator[Block]:
    """Show D of everything that changes, in the order of computation; nothing where the gradient is constant."""
    last = _last(found)
    final = {a.node.name: a for a in found.along if a.node.name in last}
    if not final:
        return
    yield Heading(PRODUCT, 2)
    yield Paragraph(NO_MATRIX(v=[getattr(v, "base", v) for v in found.directions]))
    inner = tuple(_derivative(a) for a in found.along if a.node.name not in last)
    if inner:
        yield Equations(inner)
        yield Paragraph(LAST)
    yield Equations(tuple(Row(final[n].target, final[n].terms) for n in last if n in final), boxed=True)


def _derivative(a: Along) -> Row:
    """Show a derivative that is carried, and say where it has this form, or else the rules of its local partials."""
    if a.terms == (Term((Integer(0),)),):
        return Row(a.target, a.terms, FIXED)
    rules = clauses(telling(a.rules)) if 0 < len(a.rules) < MANY else None
    return Row(a.target, a.terms, _where(a.law) or rules)


def _where(law: Law) -> Text | None:
    """Say for which index values a law holds; None where it holds for all."""
    places = zip(law.node.indices, law.position, law.ranges, strict=True)
    spans = tuple(span(i, *ends) for i, place, ends in places if place == i and ends != (i.lower, i.upper))
    return say.FOR(ranges=Ranges(spans)) if spans else None


def twice(found: Hessian) -> Text:
    """Say what was compared with second derivatives of torch.autograd."""
    return TWICE(definite=AND_DEFINITE if found.squares else NOTHING)
