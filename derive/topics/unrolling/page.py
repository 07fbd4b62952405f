"""A measurement on the page: what was run, the table, and what all of its rows have in common."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Rational

from derive.language import Text
from derive.page import sentences as say
from derive.page.blocks import Block, Paragraph, Table
from derive.topics.unrolling.unrolling import Measured, law

RUN = Text(
    "The model was derived once in general. For each number of steps {size} in the table it was also written out "
    "step by step and derived again, and run once in torch, at numbers between −1 and 1 drawn at random (seed "
    "{seed}). Counted are the adjoints that are derived, the lines of the two passes as code, and the nodes that "
    "torch records during its forward pass:",
    "对模型作一次一般推导；再对表中的每个步数 {size} 把它逐步展开、重新推导，并用 torch 运行一次，数值在 −1 与 1 之间"
    "随机选取（种子为 {seed}）。统计推导的伴随量个数、两个传播过程的代码行数，以及 torch 在前向传播中记录的节点数：",
)
COLUMNS = {
    "adjoints": Text("Adjoints derived in general", "一般推导的伴随量个数"),
    "lines": Text("Lines of code in general", "一般推导的代码行数"),
    "unrolled_adjoints": Text("Adjoints derived unrolled", "展开后推导的伴随量个数"),
    "unrolled_lines": Text("Lines of code unrolled", "展开后的代码行数"),
    "recorded": Text("Nodes recorded by torch", "torch 记录的节点数"),
}
HEADS = {
    "adjoints": Text("adjoints, in general", "伴随量，一般"),
    "lines": Text("lines, in general", "代码行，一般"),
    "unrolled_adjoints": Text("adjoints, unrolled", "伴随量，展开"),
    "unrolled_lines": Text("lines, unrolled", "代码行，展开"),
    "recorded": Text("nodes of torch", "torch 节点"),
}
SAME = Text("{what}: {count} in every row, whatever {size} is.", "{what}：各行均为 {count}，与 {size} 无关。")
LINE = Text("{what}: {count} in every row.", "{what}：各行均为 {count}。")
GROWS = Text("{what}: from {first} to {last}.", "{what}：从 {first} 到 {last}。")
ONLY = Text(
    "This is what was counted at {size} = {steps}; it says nothing of other numbers of steps.",
    "以上是 {size} = {steps} 时的统计结果，不涉及其他步数。",
)
MEASURED = Text(
    "The counts of the measurement were made again for this page; they are no lines of a derivation.",
    "实测的计数是为本页重新统计的，并非推导中的等式。",
)


def measurement(found: Measured) -> Iterator[Block]:
    """What was run, the table, and what its rows have in common."""
    yield Paragraph(RUN(size=found.size, seed=str(found.seed)))
    rows = tuple((str(row.steps), *(str(getattr(row, name)) for name in HEADS)) for row in found.rows)
    yield Table((found.size, *HEADS.values()), rows, given=1)
    said = [_said(found, name) for name in COLUMNS]
    only = ONLY(size=found.size, steps=[str(row.steps) for row in found.rows])
    yield Paragraph(say.one_after_another([*said, only]))


def _said(found: Measured, name: str) -> Text:
    steps, counts = [row.steps for row in found.rows], [int(getattr(row, name)) for row in found.rows]
    line = law(steps, counts)
    if line is None:
        return GROWS(what=COLUMNS[name], first=str(counts[0]), last=str(counts[-1]))
    if line.slope == 0:
        return SAME(what=COLUMNS[name], count=str(counts[0]), size=found.size)
    start, slope = (Rational(x.numerator, x.denominator) for x in line)
    return LINE(what=COLUMNS[name], count=slope * found.size + start)
