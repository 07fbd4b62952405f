"""A Jacobian on the page, with its check."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Indexed

from derive.check.report import Report
from derive.language import Text
from derive.page import sentences as say
from derive.page.blocks import Block, Heading, Paragraph
from derive.page.spans import Known
from derive.page.verdicts import table
from derive.topics.jacobian.jacobian import Jacobian
from derive.topics.jacobian.page.paths import chained

JACOBIAN = Text("The Jacobian {symbol}", "雅可比矩阵 {symbol}")
FOLLOW = Text(
    "Follow every path from {wrt} to {of} and multiply the local partial derivatives along it.",
    "沿每一条从 {wrt} 到 {of} 的路径，把局部偏导数相乘。",
)
DELTA = Text(
    "At the end of a path, the derivative of an element with respect to an element of the same family is the "
    "Kronecker delta: 1 if the two elements are the same, and 0 otherwise.",
    "路径终点处，同一族中一个元素对另一个元素的导数是克罗内克符号：同一元素为 1，其余为 0。",
)
HELD = Text(
    "This is the Jacobian of one step of the recurrence: the values of earlier steps are held fixed.",
    "这里只看递推的一步：更早各步的值视为固定。",
)
HELD_BUT = Text(
    "This is the Jacobian of one step of the recurrence: among the earlier values only {wrt} varies.",
    "这里只看递推的一步：更早的值中只有 {wrt} 变动。",
)
AUTOGRAD = Text(
    "Every line above was compared with torch.autograd in float64 at {samples} random points.",
    "以上每一行都在 {samples} 个随机点上（float64）与 torch.autograd 作了比较。",
)


def jacobian(found: Jacobian) -> Iterator[Block]:
    """Show one Jacobian."""
    yield Heading(JACOBIAN(symbol=found.symbol))
    follow = FOLLOW(of=found.entry.of, wrt=found.entry.wrt)
    yield Paragraph(say.one_after_another([follow, DELTA]) if isinstance(found.entry.wrt, Indexed) else follow)
    if found.held:
        yield Paragraph(HELD_BUT(wrt=found.entry.wrt) if found.earlier else HELD)
    yield from chained(found)


def checked(report: Report | None, sentence: Text) -> Iterator[Block]:
    """Show what was compared, and how well it agreed."""
    if report is None:
        return
    yield Heading(say.CHECK)
    yield Paragraph(sentence(samples=str(report.samples)))
    if report.sizes:
        sizes = [[Known(name, n) for name, n in one] for one in dict.fromkeys(report.sizes)]
        yield Paragraph(say.CHECKED_SIZES(sizes=[say.both(s) if len(s) > 1 else s[0] for s in sizes]))
    yield table(report.rows)
