"""A Jacobian or a block of a Hessian as matrices: diag(p) - p p^T, X^T diag(a (1 - a)) X, diag(1 - h_t^2) W_hh.

Times stay subscripts. If the rows of a batch do not influence each other, every term has a delta of two rows; what
stands beside the delta is then read as a matrix for one row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sympy import Add, Expr, Idx, KroneckerDelta, Mul, preorder_traversal

from derive.chain.derivation import Line
from derive.errors import NoMatrixForm
from derive.expressions.indices import limits, name_of, substitute
from derive.expressions.matrices import Eye, Matrix, Ones, Whole
from derive.expressions.symbols import Partial
from derive.model.model import Model
from derive.topics.matrix_form.read import Reader
from derive.topics.matrix_form.roles import Axis, roles

MOST = 2  # indices of a matrix
Rows = tuple[Idx, Idx]


class InMatrices(NamedTuple):
    """The equality `whole` = `matrix`. With `rows`, the two indices of a row of a batch, it holds for each row."""

    whole: Expr
    matrix: Expr
    rows: Rows | None = None


def in_matrices(model: Model, of: Expr, wrt: Expr, lines: Sequence[Line]) -> InMatrices | None:
    """Find the shortest matrix form of any line for d of / d wrt; None where there is none.

    `of` and `wrt` are elements of families; in a Hessian they are elements of the two parameters.
    """
    forms = [form for rows in (None, *_rows(of, wrt)) for line in lines for form in _form(model, of, wrt, line, rows)]
    return min(forms, key=_length, default=None)


def _length(form: InMatrices) -> tuple[bool, int, int]:
    """Order forms: one matrix before one for each row, then by the names that there are to read, then by the signs."""
    parts = [part for part in preorder_traversal(form.matrix) if isinstance(part, Matrix)]
    names = sum(isinstance(part, (Whole, Ones, Eye)) for part in parts)
    return form.rows is not None, names, len([*preorder_traversal(form.matrix)])


def _rows(of: Expr, wrt: Expr) -> Iterator[Rows]:
    """Yield pairs of indices that may be the rows of a batch: one of `of` and one of `wrt`, with the same range."""
    for a in _places(of):
        yield from ((a, b) for b in _places(wrt) if isinstance(a, Idx) and isinstance(b, Idx) and _alike(a, b))


def _places(element: Expr) -> tuple[Expr, ...]:
    return tuple(getattr(element, "indices", ()))


def _alike(a: Idx, b: Idx) -> bool:
    return bool(a != b and limits(a)[1:] == limits(b)[1:])


def _form(model: Model, of: Expr, wrt: Expr, line: Line, rows: Rows | None) -> Iterator[InMatrices]:
    """Yield the matrix form of one line, if there is one."""
    expr, batch = line.expr, frozenset[Axis]()
    if rows is not None:
        if not all(KroneckerDelta(*rows) in Mul.make_args(term) for term in Add.make_args(expr)):
            return
        batch = frozenset((name_of(e), n) for e in (of, wrt) for n, i in enumerate(_places(e)) if i in rows)
        expr, wrt = _one_row(expr, rows), substitute(wrt, {rows[1]: rows[0]})
    above, below = (_running(model, e, batch) for e in (of, wrt))
    own = (*above, *below)
    if any(isinstance(i, Idx) and i not in (*_places(of), *below) for i in _places(wrt)):  # another time: in no row
        return
    if not own or len(own) > MOST or not all(isinstance(i, Idx) for i in own):
        return
    try:
        matrix = Reader(model.nodes, roles(model, batch), expr, own).matrix()
    except NoMatrixForm:
        return
    if matrix.has(Matrix):
        wholes = (Whole(e, *indices) if indices else e for e, indices in ((of, above), (wrt, below)))
        yield InMatrices(Partial(*wholes), matrix, rows)


def _one_row(expr: Expr, rows: Rows) -> Expr:
    """Return what stands beside the delta of two rows, with the two indices made one."""
    delta = KroneckerDelta(*rows)
    rest = (Mul(*(f for f in Mul.make_args(term) if f != delta)) for term in Add.make_args(expr))
    return substitute(Add(*rest), {rows[1]: rows[0]})


def _running(model: Model, element: Expr, batch: frozenset[Axis]) -> tuple[Idx, ...]:
    """Return the indices of an element that run along rows and columns."""
    places = _places(element)
    return tuple(places[axis] for axis in roles(model, batch)[name_of(element)])  # type: ignore[misc]
