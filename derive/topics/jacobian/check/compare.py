"""Every line of a matrix of derivatives, and its matrix form, against the numbers that autograd gives for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

import torch
from sympy import Expr, Idx

from derive.chain.derivation import Line
from derive.check.compare import Array, Error, line_errors, relative, worst_of
from derive.check.samples import Sample
from derive.errors import ShapeError
from derive.evaluate.store import Store
from derive.topics.jacobian.in_matrices import InMatrices, Rows
from derive.topics.matrix_form.check.evaluator import Evaluator


class Developed(Protocol):
    """A Jacobian or a block of a Hessian: a chain of equalities and, where there is one, a matrix form."""

    @property
    def lines(self) -> tuple[Line, ...]: ...
    @property
    def form(self) -> InMatrices | None: ...


class Evaluation(NamedTuple):
    """How a formula gets its numbers: the store, its own indices, those that are fixed, and what is read for it."""

    store: Store
    own: Sequence[Expr]
    fixed: Mapping[Idx, int] = {}
    stored: Callable[[Expr], Expr] = lambda expr: expr


def worst(sample: Sample, found: Developed, truth: Array, at: Evaluation) -> Error:
    """Return the worst relative error of all lines and of the matrix form, and where it is."""

    def error(expr: Expr) -> float:
        return relative(sample.value(at.stored(expr), at.store, at.own, at.fixed), truth)

    errors = [*line_errors(found.lines, error)]
    if found.form is not None:
        errors.append((_matrix(sample, found.form, truth, at), "the matrix form"))
    return worst_of(errors)


def _matrix(sample: Sample, form: InMatrices, truth: Array, at: Evaluation) -> float:
    """Return the relative error of a matrix form, for every row of a batch; infinite if its shape is another."""
    subscripts = [(i, n, n) for i, n in at.fixed.items()]
    wanted, lead = truth.movedim(-1, 0), 1
    if form.rows is not None:
        wanted, lead = _each(sample, form.rows, truth, at)
        if lead == 2:
            subscripts += sample.passes.over(form.rows[:1])
    try:
        with torch.no_grad():
            evaluator = Evaluator(sample.passes, at.store, torch.ones(sample.points, dtype=torch.bool))
            value = evaluator.value(form.matrix, subscripts)
            return relative(value, wanted.reshape(*wanted.shape[:lead], *value.shape[-2:]))
    except (ShapeError, RuntimeError):
        return float("inf")


def _each(sample: Sample, rows: Rows, truth: Array, at: Evaluation) -> tuple[Array, int]:
    """Return the entries where two rows are equal, (points, ...) or (rows, points, ...), and 1 or 2: these axes."""
    above, below = rows
    free = [i for i in at.own if i not in at.fixed]
    second = free.index(below)
    if above in at.fixed:  # a time: only its own
        return truth.select(second, at.fixed[above] - sample.passes.number(below.lower)).movedim(-1, 0), 1
    return truth.diagonal(dim1=free.index(above), dim2=second).movedim((-1, -2), (0, 1)), 2
