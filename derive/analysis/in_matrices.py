"""A Jacobian or a block of a Hessian as matrices: diag(p) - p p^T, X^T diag(a (1 - a)) X."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Expr, Idx, preorder_traversal

from derive.derivation import Line
from derive.errors import NoMatrixForm
from derive.matrix.algebra import Eye, Matrix, Ones, Whole
from derive.matrix.read import Reader
from derive.matrix.roles import roles
from derive.model import Model, Node


def in_matrices(model: Model, of: Node, wrt: Node, letters: Sequence[Expr], lines: Sequence[Line]) -> Expr | None:
    """The shortest matrix form of any line; None where there is none, or where an index is that of a time."""
    found = roles(model)
    if any(len(found[n.name]) < len(n.indices) for n in (of, wrt)) or not all(isinstance(i, Idx) for i in letters):
        return None
    forms = [form for line in lines if (form := _read(model, line.expr, letters)) is not None]
    return min(forms, key=_length, default=None)


def _length(form: Expr) -> tuple[int, int]:
    """How many names there are to read, and how many signs."""
    parts = [part for part in preorder_traversal(form) if isinstance(part, Matrix)]
    return sum(isinstance(part, (Whole, Ones, Eye)) for part in parts), len([*preorder_traversal(form)])


def _read(model: Model, expr: Expr, letters: Sequence[Expr]) -> Expr | None:
    own = tuple(i for i in letters if isinstance(i, Idx))
    try:
        form: Expr = Reader(model.nodes, roles(model), expr, own).matrix()
    except NoMatrixForm:
        return None
    return form if form.has(Matrix) else None
