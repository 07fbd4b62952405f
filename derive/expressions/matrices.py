"""Matrices as data: every expression knows its shape, and one whose shapes disagree cannot be made.

A vector is a column, D x 1; what is 1 x 1 is an ordinary sympy scalar, and so is everything that is computed from such.
`derive.topics.matrix_form.rules` holds the functions that make these; here they are only named, with their shapes.
"""

from __future__ import annotations

from functools import reduce
from typing import Any

from sympy import Add, Expr, Idx, Integer, Symbol, Tuple
from sympy.core.symbol import Str

from derive.errors import ShapeError
from derive.expressions.indices import Limits
from derive.expressions.matrix_text import written
from derive.expressions.products import minus_in_front

Shape = tuple[Expr, Expr]
ONE = Integer(1)
SCALAR: Shape = (ONE, ONE)
HOLE = Symbol("x")  # the argument of an entrywise function: exp(x), 1/x


class Matrix(Expr):
    """Anything with rows and columns. Errors: ShapeError where the shapes of the parts do not agree."""

    is_commutative = True  # as a scalar, for then sympy sees it; the order of a product is that of `Times`

    def __new__(cls, *args: Expr) -> Matrix:
        made: Matrix = Expr.__new__(cls, *args)
        made.shape = made._shape()
        return made

    shape: Shape

    def _sympystr(self, printer: Any) -> str:
        """X.T*(h - y)/m, as in `matrix_text`."""
        return written(type(self).__name__, self.args, printer._print)

    def _shape(self) -> Shape:
        return SCALAR


def shape(expr: Expr) -> Shape:
    """(rows, columns); (1, 1) for what is no matrix."""
    return expr.shape if isinstance(expr, Matrix) else SCALAR


def is_scalar(expr: Expr) -> bool:
    """One row, one column, by definition and not by chance of a size."""
    return shape(expr) == SCALAR


def size(idx: Idx) -> Expr:
    """How many values an index has."""
    return idx.upper - idx.lower + 1


def _equal(kind: str, shapes: list[Shape]) -> Shape:
    if any(s != shapes[0] for s in shapes):
        raise ShapeError(f"{kind}: the shapes {', '.join(f'{a} x {b}' for a, b in shapes)} differ")
    return shapes[0]


class Whole(Matrix):
    """A family as a matrix or a column: an element of it and the one or two indices that run; others are subscripts.

    `Whole(x[t, d], d)` is the column x_t; the element may be an adjoint.
    """

    @property
    def element(self) -> Expr:
        """The element at the running indices."""
        return self.args[0]

    @property
    def axes(self) -> tuple[Idx, ...]:
        """The index of the rows, and that of the columns where there are any."""
        return self.args[1:]

    def _shape(self) -> Shape:
        rows, *columns = (size(i) for i in self.axes)
        return rows, columns[0] if columns else ONE


class Symmetric(Whole):
    """A family that is its own transpose, as a matrix."""


class Named(Matrix):
    """A matrix or a column of which only the name and the shape are known: `Named(J[t], n, n)`, `Named(v, n)`."""

    def __new__(cls, name: Expr, rows: Expr, columns: Expr = ONE) -> Named:
        return super().__new__(cls, name, rows, columns)  # type: ignore[return-value]

    def _shape(self) -> Shape:
        return self.args[1], self.args[2]


class Dots(Matrix):
    """The factors that are left out in the middle of a product; they make a matrix of this many rows and columns."""

    def _shape(self) -> Shape:
        return self.args[0], self.args[1]


class Ones(Matrix):
    """The column of n ones."""

    def _shape(self) -> Shape:
        return self.args[0], ONE


class Zeros(Matrix):
    """A matrix of zeros."""

    def _shape(self) -> Shape:
        return self.args[0], self.args[1]


class Eye(Matrix):
    """The identity, n x n."""

    def _shape(self) -> Shape:
        return self.args[0], self.args[0]


class Unit(Matrix):
    """The unit vector e_k, a column of n entries: `Unit(k, n)`."""

    def _shape(self) -> Shape:
        return self.args[1], ONE


class Transpose(Matrix):
    """Rows and columns exchanged."""

    def _shape(self) -> Shape:
        rows, columns = shape(self.args[0])
        return columns, rows


class Times(Matrix):
    """The matrix product, in order: the columns of one are the rows of the next."""

    def _shape(self) -> Shape:
        return reduce(self._joined, map(shape, self.args))

    @staticmethod
    def _joined(a: Shape, b: Shape) -> Shape:
        if a[1] != b[0]:
            raise ShapeError(f"a product of {a[0]} x {a[1]} and {b[0]} x {b[1]}")
        return a[0], b[1]


class Power(Matrix):
    """A power of a square matrix; the power -1 is its inverse."""

    def _shape(self) -> Shape:
        rows, columns = shape(self.args[0])
        if rows != columns:
            raise ShapeError(f"a power of a matrix of {rows} x {columns}, which is not square")
        return rows, columns


class Scaled(Matrix):
    """A scalar times a matrix."""

    def _shape(self) -> Shape:
        return shape(self.args[1])

    def could_extract_minus_sign(self) -> bool:
        """Is the scalar written with a minus?"""
        return minus_in_front(self.args[0])


class Plus(Matrix):
    """A sum of matrices of one shape."""

    def _shape(self) -> Shape:
        return _equal("a sum", [shape(a) for a in self.args])


class Hadamard(Matrix):
    """The product entry by entry of matrices of one shape."""

    def _shape(self) -> Shape:
        return _equal("a product entry by entry", [shape(a) for a in self.args])


class Entrywise(Matrix):
    """A function of every entry: of HOLE, or of x1, x2, ... for several matrices of one shape (a maximum)."""

    def _shape(self) -> Shape:
        return _equal("a function of entries", [shape(a) for a in self.args[1:]])


class Lower(Matrix):
    """The lower triangle of a square matrix of ones, n x n."""

    def _shape(self) -> Shape:
        return self.args[0], self.args[0]


class Low(Matrix):
    """The lower triangle of a square matrix, with half of its diagonal."""

    def _shape(self) -> Shape:
        return shape(self.args[0])


class Diag(Matrix):
    """The diagonal matrix of a column."""

    def _shape(self) -> Shape:
        return shape(self.args[0])[0], shape(self.args[0])[0]


class Kron(Matrix):
    """The Kronecker product: every entry of the first times the whole second."""

    def _shape(self) -> Shape:
        (rows, columns), (others, more) = map(shape, self.args)
        return rows * others, columns * more


class Vec(Matrix):
    """The columns of a matrix below each other."""

    def _shape(self) -> Shape:
        rows, columns = shape(self.args[0])
        return rows * columns, ONE


class Unvec(Matrix):
    """The matrix of this many rows and columns whose columns below each other are a column."""

    def _shape(self) -> Shape:
        column, *own = self.args
        _equal("the columns of a matrix below each other", [shape(column), (own[0] * own[1], ONE)])
        return own[0], own[1]


class Submatrix(Matrix):
    """The block of a matrix from row a to b and from column c to d, counted from 1: `Submatrix(A, a, b, c, d)`."""

    def _shape(self) -> Shape:
        _, a, b, c, d = self.args
        return b - a + 1, d - c + 1

    @property
    def rows(self) -> tuple[Expr, Expr]:
        """The first row and the last one."""
        return self.args[1], self.args[2]

    @property
    def columns(self) -> tuple[Expr, Expr]:
        """The first column and the last one."""
        return self.args[3], self.args[4]


class Stacked(Matrix):
    """A matrix made of blocks: `Stacked(Tuple(A, B), Tuple(C, D))`; the blocks of one row have as many rows."""

    def _shape(self) -> Shape:
        for row in self.args:
            _equal("blocks beside each other", [(shape(block)[0], ONE) for block in row])
        columns = [[shape(block)[1] for block in row] for row in self.args]
        _equal("blocks below each other", [(Tuple(*row), ONE) for row in columns])
        return Add(*(shape(row[0])[0] for row in self.args)), Add(*columns[0])


class DiagonalOf(Matrix):
    """The diagonal of a square matrix, as a column."""

    def _shape(self) -> Shape:
        return shape(self.args[0])[0], ONE


class Trace(Matrix):
    """The sum of the diagonal."""


class Length(Matrix):
    """The Euclidean norm of a column, the Frobenius norm of a matrix."""

    is_real = True
    is_nonnegative = True


class Softmax(Matrix):
    """The softmax of every row, of the whole of a column."""

    def _shape(self) -> Shape:
        return shape(self.args[0])


class Summed(Matrix):
    """A sum over a subscript: `Summed(body, (t, 1, T))`."""

    def _shape(self) -> Shape:
        return shape(self.args[0])

    @property
    def limits(self) -> tuple[Limits, ...]:
        """(index, first, last) of every sum, the outermost last."""
        return tuple(tuple(limit) for limit in self.args[1:])


class Entry(Matrix):
    """An entry of a matrix: its row, and its column where it has several."""


class Operator(Matrix):
    """A sign by itself, to be explained: "times" or "divide"."""

    def __new__(cls, name: str) -> Operator:
        made: Operator = Expr.__new__(cls, Str(name))
        return made


class Signature(Matrix):
    """The shapes of the parts of a matrix expression and what they make: (N x D)^T (N x H) -> D x H."""


def summed(body: Expr, limits: tuple[Limits, ...]) -> Expr:
    """A sum over subscripts; the body itself where there are none."""
    return Summed(body, *(Tuple(*limit) for limit in limits)) if limits else body
