"""Every line of a matrix of derivatives, and its matrix form, against the numbers that autograd gives for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

import torch
from sympy import Expr, Idx

from derive.chain.derivation import Line
from derive.check.samples import Array, Draw, relative
from derive.errors import ShapeError
from derive.evaluate.store import Store
from derive.topics.jacobian.in_matrices import InMatrices, Rows
from derive.topics.matrix_form.check.evaluator import Evaluator


class Derived(Protocol):
    """A Jacobian or a block of a Hessian: a chain of equalities and, where there is one, a matrix form."""

    @property
    def lines(self) -> tuple[Line, ...]: ...
    @property
    def form(self) -> InMatrices | None: ...


class Numbers(NamedTuple):
    """Where the numbers of a formula are: the store, its own indices, those that are fixed, and how it is read."""

    store: Store
    own: Sequence[Expr]
    fixed: Mapping[Idx, int] = {}
    stored: Callable[[Expr], Expr] = lambda expr: expr


def worst(draw: Draw, found: Derived, truth: Array, numbers: Numbers) -> tuple[float, str]:
    """The worst relative error of all lines and of the matrix form, and where it is."""
    worst, where = 0.0, ""
    for number, line in enumerate(found.lines, 1):
        error = relative(draw.value(numbers.stored(line.expr), numbers.store, numbers.own, numbers.fixed), truth)
        if not error <= worst:
            worst, where = error, f"line {number}"
    error = _matrix(draw, found.form, truth, numbers) if found.form is not None else 0.0
    return (worst, where) if error <= worst else (error, "the matrix form")


def _matrix(draw: Draw, form: InMatrices, truth: Array, numbers: Numbers) -> float:
    """The relative error of a matrix form, of every row of a batch; infinite where its shape is another."""
    at = [(i, n, n) for i, n in numbers.fixed.items()]
    wanted, lead = truth.movedim(-1, 0), 1
    if form.rows is not None:
        wanted, lead = _each(draw, form.rows, truth, numbers)
        if lead == 2:
            at.append((form.rows[0], *(draw.sweeps.number(e) for e in (form.rows[0].lower, form.rows[0].upper))))
    try:
        with torch.no_grad():
            evaluator = Evaluator(draw.sweeps, numbers.store, torch.ones(draw.points, dtype=torch.bool))
            value = evaluator.value(form.matrix, at)
            return relative(value, wanted.reshape(*wanted.shape[:lead], *value.shape[-2:]))
    except (ShapeError, RuntimeError):
        return float("inf")


def _each(draw: Draw, rows: Rows, truth: Array, numbers: Numbers) -> tuple[Array, int]:
    """The entries where two rows are the same, points first, or rows and points; and how many axes these are."""
    above, below = rows
    letters = [i for i in numbers.own if i not in numbers.fixed]
    second = letters.index(below)
    if above in numbers.fixed:  # a time: only its own
        return truth.select(second, numbers.fixed[above] - draw.sweeps.number(below.lower)).movedim(-1, 0), 1
    return truth.diagonal(dim1=letters.index(above), dim2=second).movedim((-1, -2), (0, 1)), 2
