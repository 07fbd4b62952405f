"""Blocks of matrices: rows and columns from one to another, and matrices that are made of blocks.

A block belongs to the name that stands there, S_{1:P,P+1:P+Q} c; only a sum whose terms are the same rows and columns
is a block of the sum, (M + M^T)_{1:P,:}.
"""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Expr, Tuple

from derive.expressions.matrices import ONE, Plus, Scaled, Shape, Stacked, Submatrix, Times, Transpose, Zeros, shape
from derive.topics.matrix_form.rules import plus, scaled, times, transpose

Ends = tuple[Shape | None, Shape | None]


def block(matrix: Expr, rows: Shape | None, columns: Shape | None) -> Expr:
    """The rows and the columns of a matrix from one to another, None for all of them."""
    whole = [(ONE, n) for n in shape(matrix)]
    ends = [own or every for own, every in zip((rows, columns), whole, strict=True)]
    return matrix if ends == whole else Submatrix(matrix, *ends[0], *ends[1])


def stacked(rows: Sequence[Sequence[Expr]]) -> Expr:
    """The matrix of these blocks; of zeros alone it is zeros."""
    if len(rows) == 1 and len(rows[0]) == 1:
        return rows[0][0]
    made = Stacked(*(Tuple(*row) for row in _opened(rows)))
    return Zeros(*shape(made)) if all(isinstance(b, Zeros) for row in rows for b in row) else made


def _opened(rows: Sequence[Sequence[Expr]]) -> Sequence[Sequence[Expr]]:
    """Blocks below each other that are made of the same columns, or beside each other of the same rows, as one."""
    if len(rows) == 1:
        turned = _opened([[transpose(block)] for block in rows[0]]) if len(rows[0]) > 1 else rows
        return rows if len(turned[0]) == 1 else [[transpose(b) for b in row] for row in zip(*turned, strict=True)]
    if any(len(row) > 1 or not isinstance(row[0], Stacked) for row in rows):
        return rows
    inner = [row for (block,) in rows for row in block.args]
    return inner if len({tuple(shape(b)[1] for b in row) for row in inner}) == 1 else rows


def together(x: Expr) -> Expr:
    """The expression with every sum of blocks of the same rows and columns as the block of the sum."""
    if not x.has(Submatrix) or not x.args:
        return x
    inner = [together(a) for a in x.args]
    made = x.func(*inner) if any(a is not b for a, b in zip(inner, x.args, strict=True)) else x
    return _common(made) if isinstance(made, Plus) else made


def _common(total: Plus) -> Expr:
    """A_{1:P,:} B + C_{1:P,:} as (A B + C)_{1:P,:}, where no block is left inside."""
    found = [one for term in total.args if (one := _ends(term)) is not None]
    alike = {(ends, shape(matrix)) for matrix, ends in found}
    if len(found) < len(total.args) or len(alike) > 1 or any(matrix.has(Submatrix) for matrix, _ in found):
        return total
    (ends, _), *_ = alike
    return block(plus(*(matrix for matrix, _ in found)), *ends)


def _ends(x: Expr) -> tuple[Expr, Ends] | None:
    """The matrix of which x is a block, and the ends of its rows and columns; None where it is none."""
    if isinstance(x, Submatrix):
        whole = shape(x.args[0])
        rows, columns = (None if part == (ONE, n) else part for part, n in zip((x.rows, x.columns), whole, strict=True))
        return x.args[0], (rows, columns)
    if isinstance(x, Transpose) and isinstance(x.args[0], Submatrix):
        matrix, (rows, columns) = _ends(x.args[0]) or (x, (None, None))
        return transpose(matrix), (columns, rows)
    if isinstance(x, Scaled) and (inner := _ends(x.args[1])) is not None:
        return scaled(x.args[0], inner[0]), inner[1]
    return _of_product(x) if isinstance(x, Times) else None


def _of_product(x: Times) -> tuple[Expr, Ends] | None:
    """The rows are those of the first factor, the columns those of the last."""
    first, *_, last = x.args
    left, (rows, inner) = _ends(first) or (first, (None, None))
    right, (outer, columns) = _ends(last) or (last, (None, None))
    if (rows is None and columns is None) or inner is not None or outer is not None:
        return None
    return times(left, *x.args[1:-1], right), (rows, columns)
