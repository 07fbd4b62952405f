"""What the check of a sheet says of statements about many steps: that they are proved in words, or not told here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from derive.language import Text

if TYPE_CHECKING:
    from derive.topics.stability.conditions import Analysis
    from derive.topics.stability.measurements import Measured

ARGUED = Text(
    "The statements about many steps, their bounds and their remedies are proved in words where they stand; they were "
    "not measured.",
    "关于多个时间步的结论、界以及缓解方法都在原处用文字证明，未作数值测量。",
)
MEASURED = Text(
    "The statements about many steps, their bounds and their remedies are proved in words where they stand, not "
    "compared line by line. The tables in those sections were measured with torch.autograd in {cells} random cells; "
    "they contradict none of the statements. Everything else there rests on the proofs alone.",
    "关于多个时间步的结论、界以及缓解方法都在原处用文字证明，未逐行比较。相应各节的表格由 torch.autograd 在 "
    "{cells} 个随机单元上测得，与各结论均不矛盾；其余内容仅以证明为据。",
)
MEASURED_BRIEF = Text(
    "Statements about many steps, bounds and remedies are proved in words where they stand, not compared line by "
    "line; measurements with torch.autograd in {cells} random cells contradict none of them, and the rest rests on "
    "the proofs alone.",
    "关于多个时间步的结论、界以及缓解方法都在原处用文字证明，未逐行比较；由 torch.autograd 在 {cells} "
    "个随机单元上测得的结果与各结论均不矛盾，其余内容仅以证明为据。",
)
NOT_HERE = Text(
    "The Jacobian of one step and the statements about many steps were not compared here; the sheet for a general "
    "number of steps has the proofs and the measurements.",
    "一步的雅可比矩阵以及关于多个时间步的结论未在此作比较；其证明与数值测量见步数为一般值时的推导。",
)


def argued(analysis: Analysis, measured: Measured | None, detail: str) -> Iterator[Text]:
    """Say that claims about many steps are no lines that were compared, and how many random cells were tried."""
    if analysis.conditions:
        cells = sum(s.draws for f in measured.findings for s in f.settings) if measured is not None else 0
        told = MEASURED if detail == "full" else MEASURED_BRIEF
        yield told(cells=str(cells)) if cells else ARGUED
