"""Products under sums as matrix products: the letters that are summed are taken away one by one, as einsum does.

A summed letter s joins what carries it: a[s] b[s] is a^T b, A[r, s] v[s] is A v, A[r, s] v[s] B[s, c] is
A diag(v) B, A[r, s] B[r, s] is (A * B) 1. Equal letters multiply entry by entry; columns that are left scale the rows
and the columns of a matrix.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sympy import Expr, Idx, Mul, S

from derive.errors import NoMatrixForm
from derive.expressions.matrices import Diag, Ones, size
from derive.expressions.symbols import Partial
from derive.language import Text
from derive.topics.matrix_form.rules import hadamard, scaled, times, trace_of, transpose

MANY = Text("more than two indices run at once", "有两个以上的指标同时变化")


class Part:
    """A matrix with the letters of its rows and columns: none for a scalar, one for a column."""

    def __init__(self, matrix: Expr, *order: Idx):
        self.matrix, self.order, self.letters = matrix, order, frozenset(order)


def joint(parts: Sequence[Part]) -> tuple[Idx, ...]:
    """The letters of several parts, rows first; those of a matrix decide. Errors: NoMatrixForm for more than two."""
    widest = sorted(parts, key=lambda p: -len(p.order))
    found = tuple(dict.fromkeys(i for p in widest for i in p.order))
    if len(found) > 2:
        raise NoMatrixForm(MANY)
    return found


def oriented(part: Part, order: tuple[Idx, ...]) -> Expr:
    """The matrix of a part with these letters for rows and columns: turned, or repeated by ones where it lacks one."""
    if part.order == order:
        return part.matrix
    if len(part.order) == 2:
        return transpose(part.matrix)
    if not part.order:
        return scaled(part.matrix, ones(order))
    column, other = part.matrix, repeated(size(order[1 - order.index(part.order[0])]))
    return times(column, transpose(other)) if part.order[0] == order[0] else times(other, transpose(column))


def repeated(n: Expr) -> Expr:
    """What repeats a row or a column n times: ones; once, nothing."""
    return S.One if n == 1 else Ones(n)


def ones(order: tuple[Idx, ...]) -> Expr:
    """1, the column of ones, or a matrix of ones."""
    columns = [repeated(size(i)) for i in order]
    return S.One if not columns else columns[0] if len(columns) == 1 else times(columns[0], transpose(columns[1]))


def contracted(parts: Iterable[Part], over: Sequence[Idx]) -> Part:
    """The product of the parts, summed over letters. Errors: NoMatrixForm where more than two letters are left."""
    found: list[Part] = []
    scale: list[Part] = []
    left = list(over)
    for part in sorted(parts, key=lambda p: not p.matrix.has(Partial)):  # an adjoint first, as in the chain rule
        (found if part.letters else scale).append(part)
    while left:
        trace = _trace(found, left)
        if trace is not None:
            return Part(scaled(Mul(*(s.matrix for s in scale)), trace))
        letter = min(left, key=lambda s: len(_others(found, s)))
        left.remove(letter)
        made = _summed([p for p in found if letter in p.letters], letter)
        found = [p for p in found if letter not in p.letters]
        (found if made.letters else scale).append(made)
    return _multiplied(found, Mul(*(s.matrix for s in scale)))


def _others(parts: Sequence[Part], letter: Idx) -> set[Idx]:
    """The letters that are left when this one is summed."""
    return {i for p in parts if letter in p.letters for i in p.letters} - {letter}


def _trace(parts: Sequence[Part], left: Sequence[Idx]) -> Expr | None:
    """sum A[r, c] B[r, c] over both is tr(A^T B)."""
    if len(left) != 2 or len(parts) < 2 or any(p.letters != set(left) for p in parts):
        return None
    first, *rest = [oriented(p, parts[0].order) for p in parts]
    return trace_of(first, hadamard(*rest))


def _summed(parts: Sequence[Part], letter: Idx) -> Part:
    """The product of what carries the letter, summed over it."""
    columns = [p.matrix for p in parts if len(p.order) == 1]
    groups: dict[Idx, list[Expr]] = {}
    for p in (p for p in parts if len(p.order) == 2):
        (other,) = p.letters - {letter}
        groups.setdefault(other, []).append(oriented(p, (other, letter)))
    matrices = [(other, hadamard(*same)) for other, same in groups.items()]
    if len(matrices) > 2:
        raise NoMatrixForm(MANY)
    if not matrices:
        *rest, last = columns or [Ones(size(letter))]
        return Part(times(transpose(hadamard(*rest) if rest else Ones(size(letter))), last))
    if len(matrices) == 1:
        other, matrix = matrices[0]
        return Part(times(matrix, hadamard(*columns) if columns else Ones(size(letter))), other)
    (row, left), (column, right) = matrices
    middle = [Diag(hadamard(*columns))] if columns else []
    return Part(times(left, *middle, transpose(right)), row, column)


def _multiplied(parts: Sequence[Part], scale: Expr) -> Part:
    """The product of parts that have at most two letters together."""
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
