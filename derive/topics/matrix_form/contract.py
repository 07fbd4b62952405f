"""Products under sums as matrix products: the sums are taken one by one, as einsum does.

The sum over an index s joins the factors that have it: a[s] b[s] is a^T b, A[r, s] v[s] is A v, A[r, s] v[s] B[s, c]
is A diag(v) B, A[r, s] B[r, s] is (A * B) 1. Factors with the same indices multiply entry by entry. The columns that
are left scale the rows and the columns of a matrix.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sympy import Expr, Idx, Mul, S

from derive.errors import NoMatrixForm
from derive.expressions.matrices import Diag, Lower, Ones, size
from derive.expressions.symbols import Partial
from derive.language import Text
from derive.topics.matrix_form.rules import hadamard, scaled, times, trace_of, transpose

MANY = Text("the quantity has more than two free indices", "它有两个以上的自由指标")


class Part:
    """A matrix with the indices of its rows and columns: two for a matrix, one for a column, none for a scalar."""

    def __init__(self, matrix: Expr, *order: Idx):
        self.matrix, self.order, self.indices = matrix, order, frozenset(order)


def joint(parts: Sequence[Part]) -> tuple[Idx, ...]:
    """The indices of several parts together, in the order of the part with most. Errors: NoMatrixForm for over two."""
    widest = sorted(parts, key=lambda p: -len(p.order))
    found = tuple(dict.fromkeys(i for p in widest for i in p.order))
    if len(found) > 2:
        raise NoMatrixForm(MANY)
    return found


def oriented(part: Part, order: tuple[Idx, ...]) -> Expr:
    """The matrix of a part with these indices for rows and columns: transposed, or repeated along one that it lacks."""
    if part.order == order:
        return part.matrix
    if len(part.order) == 2:
        return transpose(part.matrix)
    if not part.order:
        return scaled(part.matrix, ones(order))
    column, other = part.matrix, repeated(size(order[1 - order.index(part.order[0])]))
    return times(column, transpose(other)) if part.order[0] == order[0] else times(other, transpose(column))


def repeated(n: Expr) -> Expr:
    """The factor that repeats a row or a column n times: a column of ones, or 1 for n = 1."""
    return S.One if n == 1 else Ones(n)


def ones(order: tuple[Idx, ...]) -> Expr:
    """1, the column of ones, or a matrix of ones."""
    columns = [repeated(size(i)) for i in order]
    return S.One if not columns else columns[0] if len(columns) == 1 else times(columns[0], transpose(columns[1]))


def contracted(parts: Iterable[Part], over: Sequence[Idx]) -> Part:
    """The product of the parts, summed over the indices `over`. Errors: NoMatrixForm if over two others are left."""
    found: list[Part] = []
    scale: list[Part] = []
    left = list(over)
    for part in sorted(parts, key=lambda p: not p.matrix.has(Partial)):  # an adjoint first, as in the chain rule
        (found if part.indices else scale).append(part)
    while left:
        trace = _trace(found, left)
        if trace is not None:
            return Part(scaled(Mul(*(s.matrix for s in scale)), trace))
        idx = min(left, key=lambda s: len(_others(found, s)))
        left.remove(idx)
        for mask in (p for p in found if isinstance(p.matrix, Lower) and idx in p.indices):
            found = _within(found, mask.order)
        made = _summed([p for p in found if idx in p.indices], idx)
        found = [p for p in found if idx not in p.indices]
        (found if made.indices else scale).append(made)
    return _multiplied(found, Mul(*(s.matrix for s in scale)))


def _within(parts: list[Part], order: tuple[Idx, ...]) -> list[Part]:
    """Columns that stand beside a triangle as one matrix, of which it takes the triangle: a b^T."""
    columns = [p for p in parts if len(p.order) == 1 and p.order[0] in order]
    if not columns:
        return parts
    above, below = ([p.matrix for p in columns if p.order == (i,)] or [Ones(size(i))] for i in order)
    made = Part(times(hadamard(*above), transpose(hadamard(*below))), *order)
    return [*(p for p in parts if p not in columns), made]


def _others(parts: Sequence[Part], idx: Idx) -> set[Idx]:
    """The indices that a sum over this one leaves."""
    return {i for p in parts if idx in p.indices for i in p.indices} - {idx}


def _trace(parts: Sequence[Part], left: Sequence[Idx]) -> Expr | None:
    """sum A[r, c] B[r, c] over both is tr(A^T B)."""
    if len(left) != 2 or len(parts) < 2 or any(p.indices != set(left) for p in parts):
        return None
    first, *rest = [oriented(p, parts[0].order) for p in parts]
    return trace_of(first, hadamard(*rest))


def _summed(parts: Sequence[Part], idx: Idx) -> Part:
    """The product of the parts, which all have the index, summed over it."""
    columns = [p.matrix for p in parts if len(p.order) == 1]
    groups: dict[Idx, list[Expr]] = {}
    for p in (p for p in parts if len(p.order) == 2):
        (other,) = p.indices - {idx}
        groups.setdefault(other, []).append(oriented(p, (other, idx)))
    matrices = [(other, hadamard(*same)) for other, same in groups.items()]
    if len(matrices) > 2:
        raise NoMatrixForm(MANY)
    if not matrices:
        *rest, last = columns or [Ones(size(idx))]
        return Part(times(transpose(hadamard(*rest) if rest else Ones(size(idx))), last))
    if len(matrices) == 1:
        other, matrix = matrices[0]
        return Part(times(matrix, hadamard(*columns) if columns else Ones(size(idx))), other)
    (row, left), (column, right) = matrices
    middle = [Diag(hadamard(*columns))] if columns else []
    return Part(times(left, *middle, transpose(right)), row, column)


def _multiplied(parts: Sequence[Part], scale: Expr) -> Part:
    """The product of parts that have at most two indices together."""
    order = joint(parts)
    columns = {i: [p.matrix for p in parts if p.order == (i,)] for i in order}
    scales = {i: hadamard(*same) for i, same in columns.items() if same}
    if len(order) < 2:
        return Part(scaled(scale, scales[order[0]]) if order else scale, *order)
    whole = [oriented(p, order) for p in parts if len(p.order) == 2]
    if not whole:
        return Part(scaled(scale, times(scales[order[0]], transpose(scales[order[1]]))), *order)
    left, right = ([Diag(scales[i])] if i in scales else [] for i in order)
    return Part(scaled(scale, times(*left, hadamard(*whole), *right)), *order)
