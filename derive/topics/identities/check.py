"""Every line of an identity against the values that the model's own equations give, for random sizes and numbers."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from derive.chain.derivation import Derivation, Line
from derive.check.report import Report, Row, united
from derive.check.samples import Draw
from derive.language import Text
from derive.model.model import Node
from derive.topics.identities.identities import Identity

DRAWS = 6
POINTS = 20
CHECKED = Text(
    "Every line of every identity was compared with the values that the model's own equations give, at random points.",
    "等式两边的每一行都在随机点上与按模型方程算出的值作了比较。",
)


def verify_identities(derivation: Derivation, found: Sequence[Identity], seed: int = 0) -> Report:
    """A row for each side: its lines, and its value against that of the other side."""
    report = Report()
    for number in range(DRAWS if found else 0):
        draw = Draw(derivation, {}, seed + number, POINTS)
        store = draw.store(draw.numbers)
        with torch.no_grad():
            draw.sweeps.forward(store)
        rows = []
        for same in found:
            truth = store.whole(same.one.name)
            for node, lines in ((same.one, same.lines), (same.other, same.other_lines)):
                values = [draw.value(line.expr, store, node.indices) for line in lines]
                rows.append(_row(node, lines, values, truth))
        report = report.merged(Report(united(rows), notes=(CHECKED,)))
    return report


def _row(node: Node, lines: Sequence[Line], values: Sequence[torch.Tensor], truth: torch.Tensor) -> Row:
    worst, where = 0.0, ""
    for number, value in enumerate(values[: len(lines)], 1):
        error = float(((value - truth).abs() / truth.abs().clamp(min=1.0)).max())
        if not error <= worst:
            worst, where = (error if error == error else float("inf")), f"line {number}"
    return Row(node.generic, truth.numel(), worst, where)
