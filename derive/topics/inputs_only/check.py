"""Every line of a gradient in what is given, against torch.autograd's gradient at the points of the check."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from sympy import Expr

from derive.check.compare import line_errors, relative, within, worst_of
from derive.check.report import Report, Row
from derive.check.steps import Checker
from derive.language import Text
from derive.topics.inputs_only.carried import Carried

SAY = Text(
    "The lines that express a gradient in given quantities were compared with the same gradients.",
    "把梯度化为已知量的每一行也与同样的梯度作了比较。",
)


@torch.no_grad()
def compare(found: Sequence[Carried], check: Checker) -> Report:
    """One row for each gradient that is written in what is given. A table lists these quantities already."""
    rows = tuple(_row(one, check) for one in found if one.lines)
    return Report(rows, notes=(SAY,) if rows else (), listed=False)


def _row(one: Carried, check: Checker) -> Row:
    ranges, where = check.region(one.step), "in what is given, "
    if ranges is None:
        return Row(one.step.target, 0, 0.0, where)
    part = within(ranges, check.passes.extent(one.step.node))
    truth = check.truth.adjoint(one.step.node.name)[part]

    def error(expr: Expr) -> float:
        value = check.passes.partials.evaluate(expr, check.truth.store, ranges)
        return relative(value, truth, check.truth.kept, terms=lambda: check.terms(one.step, ranges, [expr]))

    return Row(one.step.target, truth.numel(), *worst_of(line_errors(one.lines, error, where)))
