"""Every line of a matrix of derivatives, and its matrix form, against the numbers that autograd gives for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial, reduce
from typing import NamedTuple, Protocol

import torch
from sympy import Expr, Idx

from derive.chain.derivation import Line
from derive.check.compare import Array, Error, line_errors, relative, worst_of
from derive.check.rounding import terms
from derive.check.samples import Sample
from derive.errors import ShapeError
from derive.evaluate.at_zero import norms_in_matrices
from derive.evaluate.store import Store
from derive.expressions.indices import name_of
from derive.expressions.matrices import Whole
from derive.topics.jacobian.in_matrices import InMatrices, Rows
from derive.topics.matrix_form.check.evaluator import Evaluator


class Developed(Protocol):
    """A Jacobian or a block of a Hessian: a chain of equalities and, where there is one, a matrix form."""

    @property
    def lines(self) -> tuple[Line, ...]: ...
    @property
    def form(self) -> InMatrices | None: ...


class Evaluation(NamedTuple):
    """How a formula gets its numbers: the store, its own indices, those that are fixed, and what is read for it.

    `sizes` gives a store with the size of what every derivative adds up, where the formula reads derivatives; if it
    has that of `whole`, the derivative itself, this counts too.
    """

    store: Store
    own: Sequence[Expr]
    fixed: Mapping[Idx, int] = {}
    stored: Callable[[Expr], Expr] = lambda expr: expr
    sizes: Callable[[], Store] | None = None
    whole: Expr | None = None

    def value(self, sample: Sample, expr: Expr) -> Array:
        """The value of an expression over its own indices."""
        return sample.value(self.stored(expr), self.store, self.own, self.fixed)

    def added(self, sample: Sample, exprs: Iterable[Expr], truth: Array) -> Array:
        """How large the terms are that these expressions add up, in the shape of `truth`."""
        store = self.store if self.sizes is None else self.sizes()
        asked = [self.stored(e) for e in exprs]
        if self.whole is not None and name_of(self.stored(self.whole)) in store.low:
            asked.append(self.stored(self.whole))
        found = (sample.value(terms(e), store, self.own, self.fixed) for e in asked)
        return reduce(torch.maximum, found).expand_as(truth)


def worst(sample: Sample, found: Developed, truth: Array, at: Evaluation) -> Error:
    """Return the worst relative error of all lines and of the matrix form, and where it is."""

    first = found.lines[0].expr  # what autograd adds up too

    def error(expr: Expr) -> float:
        return relative(at.value(sample, expr), truth, terms=lambda: at.added(sample, (first, expr), truth))

    errors = [*line_errors(found.lines, error)]
    if found.form is not None:
        size = partial(at.added, sample, [line.expr for line in found.lines], truth)
        errors.append((_matrix(sample, found.form, truth, at, size), "the matrix form"))
    return worst_of(errors)


def _matrix(sample: Sample, form: InMatrices, truth: Array, at: Evaluation, size: Callable[[], Array]) -> float:
    """Return the relative error of a matrix form, for every row of a batch; infinite if its shape is another."""
    subscripts = [(i, n, n) for i, n in at.fixed.items()]

    def arranged(array: Array) -> tuple[Array, int]:
        return _apart(form, array, at) if form.rows is None else _each(sample, form.rows, array, at)

    wanted, lead = arranged(truth)
    if form.rows is None:
        subscripts += sample.passes.over(_subscripts(form, at))
    elif lead == 2:
        subscripts += sample.passes.over(form.rows[:1])
    try:
        with torch.no_grad():
            evaluator = Evaluator(sample.passes, at.store, torch.ones(sample.points, dtype=torch.bool))
            value = evaluator.value(norms_in_matrices(form.matrix, sample.passes.model.nodes), subscripts)
            shape = (*wanted.shape[:lead], *value.shape[-2:])
            return relative(value, wanted.reshape(shape), terms=lambda: arranged(size())[0].reshape(shape))
    except (ShapeError, RuntimeError):
        return float("inf")


def _subscripts(form: InMatrices, at: Evaluation) -> list[Idx]:
    """The indices that run along no row and no column: the form holds for each of their values."""
    running = {i for whole in form.whole.atoms(Whole) for i in whole.args[1:]}
    return [i for i in at.own if isinstance(i, Idx) and i not in at.fixed and i not in running]


def _apart(form: InMatrices, array: Array, at: Evaluation) -> tuple[Array, int]:
    """The entries with the axes of the subscripts first, then that of the points; and how many axes these are."""
    free = [i for i in at.own if isinstance(i, Idx) and i not in at.fixed]
    lead = [free.index(i) for i in _subscripts(form, at)]
    rest = [n for n in range(len(free)) if n not in lead]
    return array.permute(*lead, -1, *rest), len(lead) + 1


def _each(sample: Sample, rows: Rows, truth: Array, at: Evaluation) -> tuple[Array, int]:
    """Return the entries where two rows are equal, (points, ...) or (rows, points, ...), and 1 or 2: these axes."""
    above, below = rows
    free = [i for i in at.own if isinstance(i, Idx) and i not in at.fixed]
    second = free.index(below)
    if above in at.fixed:  # a time: only its own
        return truth.select(second, at.fixed[above] - sample.passes.number(below.lower)).movedim(-1, 0), 1
    return truth.diagonal(dim1=free.index(above), dim2=second).movedim((-1, -2), (0, 1)), 2
