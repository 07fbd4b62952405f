"""Matrix forms in numbers: evaluated as they are written, by torch's own matrix products, and compared like a line.

A matrix is an array of shape (*subscripts, points, rows, columns), a number one of shape (..., 1, 1). Only the names
are read from the index notation; every product, transpose and sum is carried out here, and each result must have the
shape that the form claims for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import add, mul

import torch
from sympy import Add, Expr, Max, Mul, Pow

from derive.errors import ShapeError
from derive.evaluate.at_zero import OrInfinity
from derive.evaluate.passes import Passes, Range
from derive.evaluate.store import Store
from derive.expressions.functions import EXTREMA, row_of
from derive.expressions.matrices import Matrix, Summed, shape

Array = torch.Tensor
POINTS = 24  # a wrong form differs at almost every point


class Evaluator:
    """Evaluates matrix expressions for the values in a store, at the first good points.

    Errors: ShapeError where an array is not as claimed.
    """

    def __init__(self, passes: Passes, store: Store, good: Array):
        self.passes, self.store, self.backend = passes, store, passes.backend
        self.points = good.nonzero().flatten()[:POINTS]

    def value(self, expr: Expr, at: Sequence[Range]) -> Array:
        """The numbers of a matrix for all values of the subscripts `at`."""
        if not expr.has(Matrix):
            return self._read(expr, at)[..., None, None]
        if isinstance(expr, Matrix):
            found = getattr(self, f"_{type(expr).__name__.lower()}")(expr, at)
        elif isinstance(expr, (Add, Mul)):
            found = reduce(add if isinstance(expr, Add) else mul, [self.value(a, at) for a in expr.args])
        else:
            found = self._applied(expr, [self.value(a, at) for a in expr.args])
        wanted = tuple(max(0, self.passes.number(n)) for n in shape(expr))  # of a block beyond the end nothing is left
        if tuple(found.shape[-2:]) != wanted:
            raise ShapeError(f"{type(expr).__name__}: {tuple(found.shape[-2:])}, where {wanted} is claimed")
        return found

    def _read(self, expr: Expr, ranges: Sequence[Range]) -> Array:
        """What has no matrix inside, over subscripts, shape (*lengths, points)."""
        return self.at_points(self.passes.partials.evaluate(expr, self.store, list(ranges)))

    def at_points(self, array: Array) -> Array:
        """The numbers at these points; what is the same at every point stays as it is."""
        return array[..., self.points] if array.shape[-1] > 1 else array

    def _all(self, expr: Expr, at: Sequence[Range]) -> list[Array]:
        return [self.value(a, at) for a in expr.args]

    def _numbers(self, expr: Expr) -> list[int]:
        return [self.passes.number(n) for n in shape(expr)]

    def _applied(self, function: Expr, arguments: list[Array]) -> Array:
        """A function of the table, a power or a maximum, entry by entry."""
        row = row_of(function)
        if isinstance(function, OrInfinity):
            return torch.where(arguments[0] == 0, torch.inf, arguments[0])
        if row is not None:
            found: Array = self.backend.apply(row, *(arguments[:1] if isinstance(function, Pow) else arguments))
        elif isinstance(function, Pow):
            found = self.backend.power(arguments[0], function.exp)
        else:
            assert isinstance(function, EXTREMA), function
            join = self.backend.maximum if isinstance(function, Max) else self.backend.minimum
            found = join(*arguments)
        return found

    # one method for each kind of matrix
    def _whole(self, expr: Expr, at: Sequence[Range]) -> Array:
        axes = expr.args[1:]
        found = self._read(expr.args[0], [*at, *self.passes.over(axes)]).movedim(-1, len(at))
        return found if len(axes) == 2 else found.unsqueeze(-1)

    def _symmetric(self, expr: Expr, at: Sequence[Range]) -> Array:
        return self._whole(expr, at)

    def _power(self, expr: Expr, at: Sequence[Range]) -> Array:
        return torch.linalg.matrix_power(self.value(expr.args[0], at), int(expr.args[1]))

    def _ones(self, expr: Expr, at: Sequence[Range]) -> Array:
        return torch.ones(self._numbers(expr), dtype=torch.float64)

    def _zeros(self, expr: Expr, at: Sequence[Range]) -> Array:
        return torch.zeros(self._numbers(expr), dtype=torch.float64)

    def _eye(self, expr: Expr, at: Sequence[Range]) -> Array:
        return torch.eye(self._numbers(expr)[0], dtype=torch.float64)

    def _unit(self, expr: Expr, at: Sequence[Range]) -> Array:
        found = torch.zeros(self._numbers(expr), dtype=torch.float64)
        place = self.passes.number(expr.args[0])
        found[place - 1 : place] = 1.0  # of a column that ends before it every entry is one of the others, 0
        return found

    def _transpose(self, expr: Expr, at: Sequence[Range]) -> Array:
        return self.value(expr.args[0], at).mT

    def _times(self, expr: Expr, at: Sequence[Range]) -> Array:
        return reduce(torch.matmul, self._all(expr, at))

    def _scaled(self, expr: Expr, at: Sequence[Range]) -> Array:
        return reduce(mul, self._all(expr, at))

    def _plus(self, expr: Expr, at: Sequence[Range]) -> Array:
        return reduce(add, self._same(expr, at))

    def _hadamard(self, expr: Expr, at: Sequence[Range]) -> Array:
        return reduce(mul, self._same(expr, at))

    def _same(self, expr: Expr, at: Sequence[Range]) -> list[Array]:
        """Parts of one shape; torch would repeat a row or a column in silence."""
        found = self._all(expr, at)
        if len({a.shape[-2:] for a in found}) > 1:
            raise ShapeError(f"{type(expr).__name__} of {', '.join(str(tuple(a.shape[-2:])) for a in found)}")
        return found

    def _entrywise(self, expr: Expr, at: Sequence[Range]) -> Array:
        if len(expr.args) == 1:  # a function of numbers, the same in every entry
            return self._read(expr.args[0], at)[..., None, None]
        return self._applied(expr.args[0], [self.value(a, at) for a in expr.args[1:]])

    def _diag(self, expr: Expr, at: Sequence[Range]) -> Array:
        return torch.diag_embed(self.value(expr.args[0], at).squeeze(-1))

    def _kron(self, expr: Expr, at: Sequence[Range]) -> Array:
        found = torch.einsum("...ij,...kl->...ikjl", *self._all(expr, at))
        return found.flatten(-4, -3).flatten(-2)

    def _vec(self, expr: Expr, at: Sequence[Range]) -> Array:
        return self.value(expr.args[0], at).mT.flatten(-2).unsqueeze(-1)

    def _unvec(self, expr: Expr, at: Sequence[Range]) -> Array:
        rows, columns = self._numbers(expr)
        return self.value(expr.args[0], at).squeeze(-1).unflatten(-1, (columns, rows)).mT

    def _submatrix(self, expr: Expr, at: Sequence[Range]) -> Array:
        matrix, *ends = expr.args
        first, last, left, right = map(self.passes.number, ends)
        last, right = max(last, first - 1), max(right, left - 1)  # where the end comes first, there is nothing
        return self.value(matrix, at)[..., first - 1 : last, left - 1 : right]

    def _stacked(self, expr: Expr, at: Sequence[Range]) -> Array:
        """Blocks beside and below each other; a number, which has no subscripts, is one place of all of them."""
        rows = [self._all(row, at) for row in expr.args]
        lead = torch.broadcast_shapes(*(block.shape[:-2] for row in rows for block in row))
        return torch.cat([torch.cat([b.expand(*lead, *b.shape[-2:]) for b in row], -1) for row in rows], -2)

    def _diagonalof(self, expr: Expr, at: Sequence[Range]) -> Array:
        return self.value(expr.args[0], at).diagonal(dim1=-2, dim2=-1).unsqueeze(-1)

    def _low(self, expr: Expr, at: Sequence[Range]) -> Array:
        found = self.value(expr.args[0], at)
        return (torch.tril(found) + torch.tril(found, -1)) / 2

    def _trace(self, expr: Expr, at: Sequence[Range]) -> Array:
        return self._diagonalof(expr, at).sum(dim=-2, keepdim=True)

    def _length(self, expr: Expr, at: Sequence[Range]) -> Array:
        return torch.linalg.matrix_norm(self.value(expr.args[0], at), keepdim=True)

    def _softmax(self, expr: Expr, at: Sequence[Range]) -> Array:
        column = shape(expr.args[0])[1] == 1
        return torch.softmax(self.value(expr.args[0], at), dim=-2 if column else -1)

    def _summed(self, expr: Summed, at: Sequence[Range]) -> Array:
        ends = ((i, self.passes.number(a), self.passes.number(b)) for i, a, b in reversed(expr.limits))
        own = [(i, first, max(last, first - 1)) for i, first, last in ends]  # t = 3, ..., T is empty for T = 1 too
        found = self.value(expr.args[0], [*at, *own])
        full = found.expand(*(b - a + 1 for _, a, b in (*at, *own)), *found.shape[-3:])
        return full.sum(dim=tuple(range(len(at), len(at) + len(own))))
