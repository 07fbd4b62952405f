"""Every matrix form against the same numbers as its index form: the model's values, and autograd's adjoints."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import torch

from derive.check.compare import relative, within
from derive.check.report import Report, Row
from derive.check.rounding import defined_on, definition_terms
from derive.check.steps import Checker
from derive.errors import ShapeError
from derive.evaluate.at_zero import norms_in_matrices
from derive.evaluate.passes import Range
from derive.language import Text
from derive.model.model import Node
from derive.topics.matrix_form.check.evaluator import Evaluator
from derive.topics.matrix_form.form import Form, Forms

Array = torch.Tensor
MATRICES = Text(
    "Every matrix form was evaluated as written, with products of matrices, and agrees with the same numbers.",
    "每个矩阵形式都按所写的矩阵运算求值，并与同样的数值作了比较，全部一致。",
)


@torch.no_grad()
def compare(forms: Forms, check: Checker) -> Report:
    """Every matrix form at the points of a check. A table lists these quantities already, in index notation."""
    evaluator = Evaluator(check.passes, check.truth.store, check.truth.finite)
    rows = (*_definitions(evaluator, check, forms), *_steps(evaluator, check, forms))
    return Report(rows, notes=(MATRICES,) if rows else (), listed=False)


def _definitions(evaluator: Evaluator, check: Checker, forms: Forms) -> Iterator[Row]:
    """The matrix form of every definition, against the values of the model."""
    for node, case, form in forms.laws:
        if form.matrix is not None:
            ranges = defined_on(check.passes, node, case)
            part = within(ranges, check.passes.ranges(node))
            whole, added = check.truth.store.whole(node.name)[part], partial(_added, check, node, part)
            yield _compared(evaluator, form, ranges, whole, "the matrix form of its definition", added)


def _added(check: Checker, node: Node, part: tuple[slice, ...]) -> Array:
    return definition_terms(check.passes, check.truth.store, node)[part]


def _steps(evaluator: Evaluator, check: Checker, forms: Forms) -> Iterator[Row]:
    """The matrix form of every step, against autograd's adjoints; no numbers for a step that supposes other sizes."""
    for step, form in forms.steps:
        where, ranges = f"the matrix form of step {step.number}", check.region(step)
        if form.matrix is None:
            continue
        if ranges is None:
            yield Row(form.element, 0, 0.0, where)
            continue
        part = within(ranges, check.passes.extent(step.node))
        added = partial(check.terms, step, ranges, [line.expr for line in step.lines])
        yield _compared(evaluator, form, ranges, check.truth.adjoint(step.node.name)[part], where, added)


def _compared(
    evaluator: Evaluator,
    form: Form,
    ranges: Sequence[Range],
    whole: Array,
    where: str,
    added: Callable[[], Array],
) -> Row:
    """One form on one box of index values, `whole` holding what it should be, shape (*lengths, points).

    `added` gives the size of the terms in the same shape, as for `relative`.
    """
    assert form.matrix is not None
    at = [n for n, r in enumerate(ranges) if r[0] not in form.indices]
    axes = [n for n in range(len(ranges)) if n not in at]

    def arranged(array: Array) -> Array:
        array = evaluator.at_points(array).permute(*at, -1, *axes)
        return array.reshape(*array.shape[: len(at) + 1], *found.shape[-2:])

    try:
        found = evaluator.value(norms_in_matrices(form.matrix, evaluator.passes.model.nodes), [ranges[n] for n in at])
        wanted = arranged(whole)
    except (ShapeError, RuntimeError):  # torch refuses a product of other shapes
        return Row(form.element, 0, float("inf"), where)
    error = relative(found, wanted, terms=lambda: arranged(added()))
    return Row(form.element, wanted.numel(), error, where)
