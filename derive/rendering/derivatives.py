"""Jacobians and Hessians on the page: path by path, line by line, the final form in a box, and the check."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sympy import Expr, IndexedBase

from derive.analysis.between import Jacobian
from derive.analysis.definite import Square
from derive.analysis.second import Block as Second
from derive.analysis.second import Hessian
from derive.analysis.walk import Entry, Path
from derive.derivation import Line, Term
from derive.indices import sum_over
from derive.language import Text
from derive.norms import InOrder, Transposed
from derive.reasons import telling
from derive.rendering import sentences as say
from derive.rendering.blocks import Block, Equations, Heading, Paragraph, Row, Table
from derive.rendering.evidence import table
from derive.rendering.part import Part
from derive.rendering.span import Known
from derive.verification.report import Report

MANY = 3  # rules of one line that the margin has no room for
JACOBIAN = Text("The Jacobian {symbol}", "雅可比矩阵 {symbol}")
FOLLOW = Text(
    "Follow every path from {wrt} to {of}. Along a path the local partials multiply; where it ends, the derivative of "
    "an element with respect to another of the same family is the Kronecker delta, 1 for the same element and 0 for "
    "any other.",
    "沿每一条从 {wrt} 到 {of} 的路径把局部偏导数相乘。路径终点处，同一族中一个元素对另一个元素的导数是克罗内克 δ："
    "同一元素为 1，其余为 0。",
)
HELD = Text(
    "This is one step of the recurrence: the values of earlier steps are held fixed.",
    "这里只看递推的一步：更早各步的值视为固定。",
)
HELD_BUT = Text(
    "This is one step of the recurrence: of the earlier values only {wrt} moves.",
    "这里只看递推的一步：更早的值中只有 {wrt} 变动。",
)
PATHS = Text("Path by path:", "逐条路径：")
PATH = (Text("path", "路径"), Text("product of the local partials", "局部偏导数之积"))
RULES = Text("The rules on these paths: {rules}.", "这些路径上用到的法则：{rules}。")
ADD_UP = Text("The paths add up:", "各条路径相加：")
MATRICES = Text("The same in matrices:", "写成矩阵：")
HESSIAN = Text("The second derivative of {loss}", "{loss} 的二阶导数")
AGAIN = Text(
    "The gradient is computed like any other quantity, so it is differentiated by the same chain rule once more. The "
    "adjoints that it is computed from, each in its shorter form:",
    "梯度和其他量一样是计算出来的，因此再用一次同样的链式法则即可求导。它所用到的伴随量（取较短的形式）为：",
)
BLOCK = Text("{symbol}", "{symbol}")
SYMMETRIC = Text(
    "The other blocks are the transposes of these: the order of the two derivatives does not matter.",
    "其余各块是以上各块的转置：两次求导的次序可以交换。",
)
NOTHING = Text("", "")
DEFINITE = Text("Positive semidefinite", "半正定")
FOR_ALL = Text("For every direction, written out as a sum of squares:", "对任意方向，写成平方和：")
VARIANCE = Text("a variance: the mean is taken away before squaring", "方差：先减去均值再平方")
SHARES = Text(
    "The weights {share} are not negative, and by definition {total} = 1, so the mean of the squares minus the square "
    "of the mean is their variance.",
    "权重 {share} 非负，且由定义 {total} = 1，因此平方的均值减去均值的平方就是方差。",
)
SLOPE = Text(
    "The factor {weight} is never negative: it is the {rule}, which lies between {low} and {high} in the table of "
    "functions.",
    "因子 {weight} 不会为负：它是{rule}，函数表中其取值介于 {low} 与 {high} 之间。",
)
NOT_NEGATIVE = Text(
    "The factor {weight} is never negative, by the ranges of the functions and the domains of the inputs.",
    "由函数的值域和输入的取值范围，因子 {weight} 不会为负。",
)
CONVEX = Text(
    "So {quadratic} is never negative: the Hessian is positive semidefinite everywhere, and the loss is convex in "
    "{names}.",
    "因此 {quadratic} 恒非负：黑塞矩阵处处半正定，损失是 {names} 的凸函数。",
)
PRODUCT = Text("The product with a vector", "与向量的乘积")
NO_MATRIX = Text(
    "The product of the Hessian with a direction {v} needs no matrix. Write D for the derivative along {v}; it follows "
    "the local partials forwards, from the parameters through the values to the adjoints:",
    "黑塞矩阵与方向 {v} 的乘积不需要写出矩阵。用 D 表示沿 {v} 的导数，它沿局部偏导数向前传播，"
    "从参数经过各个值一直到伴随量：",
)
LAST = Text("The last is the product, element by element:", "最后得到的就是乘积的各个元素：")
AUTOGRAD = Text(
    "Every line above was compared with torch.autograd in float64 at {samples} random points.",
    "以上每一行都在 {samples} 个随机点上（float64）与 torch.autograd 作了比较。",
)
FUNC = Text(
    "Every line of every block was compared with torch.func.hessian, and the product with the jvp of torch.func.grad, "
    "in float64 at {samples} random points.{definite}",
    "每一块的每一行都与 torch.func.hessian 作了比较，乘积与 torch.func.grad 的 jvp 作了比较"
    "（float64，{samples} 个随机点）。{definite}",
)
AND_DEFINITE = Text(
    " The sum of squares was compared with the product, and no eigenvalue lies below 0.",
    "平方和也与该乘积作了比较，且没有小于 0 的特征值。",
)


def derivatives(part: Part) -> Iterator[Block]:
    """What was asked for, one after the other, each with its check."""
    for found in part.asked:
        if isinstance(found, Jacobian):
            yield from jacobian(found)
            yield from _checked(found.report, AUTOGRAD)
        else:
            yield from hessian(found, part.derivation.loss)
            yield from _checked(found.report, FUNC(definite=AND_DEFINITE if found.squares else NOTHING))


def jacobian(found: Jacobian) -> Iterator[Block]:
    """One Jacobian."""
    yield Heading(JACOBIAN(symbol=found.symbol))
    yield Paragraph(FOLLOW(of=found.entry.of, wrt=found.entry.wrt))
    if found.held:
        yield Paragraph(HELD_BUT(wrt=found.entry.wrt) if found.earlier else HELD)
    yield from _argument(found)


def hessian(found: Hessian, loss: Expr) -> Iterator[Block]:
    """All blocks of a Hessian, and its product with a vector."""
    yield Heading(HESSIAN(loss=loss))
    yield Paragraph(AGAIN)
    for target, lines in found.gradients:
        yield Equations(tuple(_rows(target, lines)))
    for n, row in enumerate(found.blocks):
        for block in row[n:]:
            yield Heading(BLOCK(symbol=block.symbol), 2)
            yield from _argument(block)
    if len(found.wrt) > 1:
        yield Paragraph(SYMMETRIC)
    if found.squares:
        yield from _definite(found)
    yield from _product(found)


def _argument(found: Jacobian | Second) -> Iterator[Block]:
    """The paths where there are several, the chain of equalities, the final form, also in matrices."""
    symbol, entry, lines = found.symbol, found.entry, found.lines
    if len(entry.paths) > 1:
        yield Paragraph(PATHS)
        yield Table(PATH, tuple(_path(entry, p) for p in entry.paths))
        yield Paragraph(RULES(rules=list(_rules(entry.paths))))
        yield Paragraph(ADD_UP)
    yield Equations(tuple(_rows(symbol, lines)))
    yield Equations((Row(symbol, lines[-1].terms),), boxed=True)
    if found.matrix is not None:
        yield Paragraph(MATRICES)
        yield Equations((Row(found.whole, found.matrix),), boxed=True)


def _rows(target: Expr, lines: Sequence[Line]) -> Iterator[Row]:
    for number, line in enumerate(lines):
        yield Row(target if number == 0 else None, line.terms, line.reason)


def _path(entry: Entry, path: Path) -> tuple[Any, ...]:
    """The stations of a path, and the product of its local partials."""
    return say.arrow([entry.wrt, *(link.user for link in reversed(path.links))]), path.term


def _rules(paths: Sequence[Path]) -> tuple[Text, ...]:
    """The rules that give the local partials, each once."""
    found = {r.pick("en"): r for path in paths for link in path.links for r in link.rules}
    return telling(tuple(found.values()))


def _definite(found: Hessian) -> Iterator[Block]:
    """v^T H v as a sum of squares, and why no weight is negative."""
    v = IndexedBase("v")
    left = InOrder(Transposed(v), IndexedBase("H"), v)
    yield Heading(DEFINITE, 2)
    yield Paragraph(FOR_ALL)
    rows = [Row(left, tuple(t for s in found.squares for t in _spread(s)), None)]
    if any(s.share is not None for s in found.squares):
        rows.append(Row(None, tuple(s.term for s in found.squares), VARIANCE))
    yield Equations(tuple(rows))
    for square in found.squares:
        if square.share is not None and square.over is not None:
            yield Paragraph(SHARES(share=square.share, total=sum_over(square.share, [square.over])))
        if not square.weight.is_number:
            yield Paragraph(_weight(square))
    yield Paragraph(CONVEX(quadratic=left, names=[w.generic for w in found.wrt]))


def _spread(square: Square) -> tuple[Term, ...]:
    """A square; a variance as the mean of the squares minus the square of the mean."""
    if square.share is None or square.over is None:
        return (square.term,)
    first = Term((square.weight, square.share, square.linear**2), (square.over, *square.sums))
    second = Term((-square.weight, square.mean**2), square.sums)
    return tuple(t._replace(factors=tuple(f for f in t.factors if f != 1)) for t in (first, second))


def _weight(square: Square) -> Text:
    if square.row is not None:
        return SLOPE(weight=square.weight, rule=square.row.rule, low=square.low, high=square.high)
    return NOT_NEGATIVE(weight=square.weight)


def _product(found: Hessian) -> Iterator[Block]:
    """D of everything that moves, in the order of computation."""
    last = [f"adjoint {w.name}" for w in found.wrt]
    yield Heading(PRODUCT, 2)
    yield Paragraph(NO_MATRIX(v=list(found.directions)))
    inner = [a for a in found.along if a.node.name not in last]
    if inner:
        yield Equations(
            tuple(Row(a.target, a.terms, say.listed(telling(a.rules)) if len(a.rules) < MANY else None) for a in inner)
        )
        yield Paragraph(LAST)
    final = {a.node.name: a for a in found.along if a.node.name in last}
    yield Equations(tuple(Row(final[n].target, final[n].terms) for n in last if n in final), boxed=True)


def _checked(report: Report | None, sentence: Text) -> Iterator[Block]:
    """What was compared, and how well it agreed."""
    if report is None:
        return
    yield Heading(say.CHECK)
    yield Paragraph(sentence(samples=str(report.samples)))
    if report.sizes:
        sizes = [[Known(name, n) for name, n in one] for one in dict.fromkeys(report.sizes)]
        yield Paragraph(say.CHECKED_SIZES(sizes=[say.both(s) if len(s) > 1 else s[0] for s in sizes]))
    yield table(report.rows)


def _why(rules: Sequence[Text]) -> Text | None:
    """The rules of one line, where the margin has room for them."""
    return say.listed(telling(rules)) if len(rules) < MANY else None
