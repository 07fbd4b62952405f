"""Functions of a whole matrix: a function is one row here, as an elementwise one is in `functions`.

Each is a quantity that an equation defines, and is differentiated by that equation, not by a rule of its own:

    B = A^-1        A B = I           dB = -B dA B
    s = log |det A|                   ds = tr(A^-1 dA)    (Jacobi)
    d = det A                         dd = d tr(A^-1 dA)
    C C^T = A       C triangular      dC = C low(C^-1 dA C^-T), low = the lower half, half of the diagonal
    A v = l v       A symmetric       dl = v^T dA v, for v of length 1, where the eigenvalues differ

A node is such a function as a whole (`OfMatrix`); what other formulas use are its elements. Where the author gives it
no name, its symbol (`Written`, `WrittenScalar`) prints as mathematics writes it: A^-1, det A.
Source: Petersen and Pedersen, The Matrix Cookbook (2012), sections 2.1 and 2.2; Murray, arXiv:1602.07527, for C.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from sympy import Atom, Eq, Expr, Idx, Indexed, IndexedBase, KroneckerDelta, Rational, Symbol, sqrt
from sympy.core.symbol import Str

from derive.errors import ModelError
from derive.expressions.indices import Limits, fresh, index, limits, sum_over
from derive.expressions.matrices import Diag, Eye, Named, Times, Transpose
from derive.language import Text
from derive.memo import memo

Element = Callable[..., Expr]  # an element of a family at a position
Slope = Callable[[Element, Element, tuple[Expr, ...], Expr, Expr], Expr]


class MatrixRow(NamedTuple):
    """A function of a square matrix.

    `slope(value, helper, at, p, q)` is the slope of its element `at` in A[p, q]; `value` gives elements of the
    function, `helper` those of another one, by its name: the inverse of A or, where `by_value`, of the function itself.
    It has `rank` indices. A node that stands for it is called after the matrix with this `ending`; `latex` and
    `text` say how it is written, `torch` and `numpy` how it is computed, for the matrix {0}; `positive` is how it is
    written, in both, of a positive definite matrix. Its `meaning` is said on a page where the sign is not known to all.
    """

    name: str
    slope: Slope
    rule: Text
    ending: str
    latex: str
    text: str
    numpy: str
    torch: str
    rank: int = 2
    helper: str = "inverse"
    by_value: bool = False
    positive: tuple[str, str] | None = None
    meaning: Text | None = None


def _low(value: Element, helper: Element, at: tuple[Expr, ...], p: Expr, q: Expr) -> Expr:
    """The slope of a Cholesky factor. As torch does, A[p, q] and A[q, p] get half of it each, for A is symmetric."""
    i, j = at
    m = fresh(index("m", j.lower, j.upper), {i, j, p, q})
    half = 1 - KroneckerDelta(m, j) / 2
    both = helper(m, p) * helper(j, q) + helper(m, q) * helper(j, p)
    return sum_over(Rational(1, 2) * value(i, m) * half * both, [(m, j, j.upper)])


def _none(value: Element, helper: Element, at: tuple[Expr, ...], p: Expr, q: Expr) -> Expr:
    """No slope. Errors: ModelError: eigenvectors are there for the slope of the eigenvalues alone."""
    raise ModelError("a derivative of eigenvectors is not known here: differentiate eigenvalues once")


def _table() -> tuple[MatrixRow, ...]:
    return (
        MatrixRow(
            "inverse",
            lambda value, helper, at, p, q: -value(at[0], p) * value(q, at[1]),
            Text("differentiate both sides of {identity}", "对 {identity} 两边求导"),
            "inv", "{0}^{{-1}}", "{0}⁻¹", "np.linalg.inv({0})", "torch.linalg.inv({0})", helper="",
        ),
        MatrixRow(
            "logdet",
            lambda value, helper, at, p, q: helper(q, p),
            Text(
                "Jacobi's formula: the derivative of a log-determinant is the transpose of the inverse",
                "雅可比公式：对数行列式的导数是逆矩阵的转置",
            ),
            "logdet", r"\log\lvert\det {0}\rvert", "log|det {0}|", "np.linalg.slogdet({0})[1]",
            "torch.linalg.slogdet({0})[1]", rank=0, positive=(r"\log\det {0}", "log det {0}"),
        ),
        MatrixRow(
            "det",
            lambda value, helper, at, p, q: value() * helper(q, p),
            Text(
                "Jacobi's formula: the derivative of a determinant is the determinant times the transpose of the "
                "inverse",
                "雅可比公式：行列式的导数等于它自身乘以逆矩阵的转置",
            ),
            "det", r"\det({0})", "det({0})", "np.linalg.det({0})", "torch.linalg.det({0})", rank=0,
        ),
        MatrixRow(
            "cholesky",
            _low,
            Text(
                "differentiate both sides of {identity}; the differential of the factor is lower triangular",
                "对 {identity} 两边求导；分解因子的微分是下三角矩阵",
            ),
            "chol", r"\mathrm{{chol}}({0})", "chol({0})", "np.linalg.cholesky({0})", "torch.linalg.cholesky({0})",
            by_value=True,
            meaning=Text(
                "{value} is the Cholesky factor of {matrix}: the lower triangular matrix with a positive diagonal "
                "whose product with its own transpose is {matrix}.",
                "{value} 是 {matrix} 的 Cholesky 因子：对角线为正的下三角矩阵，它与自身转置的乘积等于 {matrix}。",
            ),
        ),
        MatrixRow(
            "eigenvalues",
            lambda value, helper, at, p, q: helper(p, at[0]) * helper(q, at[0]),
            Text(
                "differentiate {identity} for one unit eigenvector, whose eigenvalue is simple, and multiply by this "
                "eigenvector",
                "设该特征值为单特征值：对 {identity} 中一个单位特征向量的等式求导，再乘以该特征向量",
            ),
            "eigenvalues", r"\lambda({0})", "λ({0})", "np.linalg.eigvalsh({0})", "torch.linalg.eigvalsh({0})", rank=1,
            helper="eigenvectors",
            meaning=Text(
                "{value} are the eigenvalues of {matrix} in ascending order.",
                "{value} 是 {matrix} 从小到大排列的特征值。"
            ),
        ),
        MatrixRow(
            "eigenvectors", _none, Text("no rule", "没有法则"), "eigenvectors", r"V({0})", "V({0})",
            "np.linalg.eigh({0})[1]", "torch.linalg.eigh({0})[1]", helper="",
            meaning=Text(
                "The columns of {value} are unit eigenvectors of {matrix}.",
                "{value} 的各列是 {matrix} 的单位特征向量。",
            ),
        ),
    )  # fmt: skip


TABLE = _table()
BY_NAME = {row.name: row for row in TABLE}


class Aside(Atom):
    """A family that is only named: what stands around it is not computed from it; and whether a matrix is positive."""

    family: IndexedBase | None
    positive: bool

    def __new__(cls, family: IndexedBase | None, positive: bool) -> Aside:
        made: Aside = Atom.__new__(cls)
        made.family, made.positive = family, positive
        return made

    def _hashable_content(self) -> tuple[object, ...]:
        return self.family, self.positive

    def _sympystr(self, printer: object) -> str:
        return str(self.family)


class OfMatrix(Expr):
    """An element of a function of a matrix, as the whole definition of a node.

    Its arguments: the name of the row, the family of the matrix, the family of the helper (an `Aside`, for the function
    is not computed from it), the size of the matrix, and the indices.
    """

    is_commutative = True
    is_real = True

    @property
    def row(self) -> MatrixRow:
        """The function."""
        return BY_NAME[self.args[0].name]

    @property
    def matrix(self) -> IndexedBase:
        """The family that it is a function of."""
        return self.args[1]

    @property
    def positive(self) -> bool:
        """Is the matrix positive definite?"""
        found: bool = self.args[2].positive
        return found

    @property
    def size(self) -> Expr:
        """The number of rows of the matrix."""
        return self.args[3]

    @property
    def indices(self) -> tuple[Expr, ...]:
        """Which element it is."""
        return self.args[4:]

    def _sympystr(self, printer: object) -> str:
        """As an author writes it: inverse(A)[i, j]."""
        places = f"[{', '.join(map(str, self.indices))}]" if self.indices else ""
        return f"{self.row.name}({self.matrix}){places}"


def of_matrix(
    row: MatrixRow, matrix: IndexedBase, helper: IndexedBase | None, size: Expr, indices: Sequence[Expr],
    positive: bool = False,
) -> OfMatrix:  # fmt: skip
    """The element of a function at `indices`; `positive` says that the matrix is positive definite."""
    return OfMatrix(Str(row.name), matrix, Aside(helper, positive), size, *indices)


class Differential(NamedTuple):
    """How a function changes with its matrix: by the factors times the change of the element at `position`, summed."""

    position: tuple[Expr, Expr]
    factors: tuple[Expr, ...]
    sums: tuple[Limits, ...]
    rules: tuple[Text, ...]


def differential(expr: OfMatrix, value: Expr) -> Differential:
    """The slope of a function in its matrix; `value` is the node that it defines."""
    row, n = expr.row, expr.size
    taken = expr.atoms(Idx) | value.atoms(Idx)
    p = fresh(index("p", 1, n), taken)
    q = fresh(index("q", 1, n), taken | {p})
    own = value.base if isinstance(value, Indexed) else value
    family = expr.args[2].family
    factor = row.slope(lambda *at: own[at] if at else own, lambda *at: family[at], expr.indices, p, q)
    return Differential((p, q), (factor,), tuple(map(limits, (p, q))), (row.rule(identity=identity(expr, own)),))


def identity(expr: OfMatrix, own: Expr) -> Expr:
    """The equation that defines the function: A B = I, C C^T = A."""
    A, B = (Named(f, expr.size, expr.size) for f in (expr.matrix, own))
    if expr.row.name == "eigenvalues":
        V = Named(expr.args[2].family, expr.size, expr.size)
        return Eq(Times(A, V), Times(V, Diag(Named(own, expr.size))), evaluate=False)
    if expr.row.by_value:
        return Eq(Times(B, Transpose(B)), A, evaluate=False)
    return Eq(Times(A, B), Eye(expr.size), evaluate=False)


class Function(IndexedBase):
    """A family that is a function of a matrix with `size` rows."""

    row: MatrixRow
    matrix: IndexedBase
    size: Expr
    positive: bool

    def norm(self) -> Expr:
        """The root of the sum of the squares of its elements, which is what an element's rounding error goes by."""
        own = [index(letter, 1, self.size) for letter in "pq"[: self.row.rank]]
        return sqrt(sum_over(self[tuple(own)] ** 2, tuple(map(limits, reversed(own)))))


class Written(Function):
    """One without a name of its own, written as the function that it is: A^-1."""


class WrittenScalar(Symbol):
    """A number without a name of its own, written as the function of a matrix that it is: det A."""

    row: MatrixRow
    matrix: IndexedBase
    size: Expr
    positive: bool


@memo
def function_symbol(
    row: MatrixRow, matrix: IndexedBase, size: Expr, name: str, own: bool = False, positive: bool = False
) -> Function | WrittenScalar | Symbol:
    """The symbol of a function of a matrix; `name` is what code and data call it, and pages too if it is its `own`.

    `positive` says that the matrix is positive definite.
    """
    if own and row.rank == 0:
        return Symbol(name, real=True)
    made = (WrittenScalar if row.rank == 0 else Function if own else Written)(name, real=True)
    made.row, made.matrix, made.size, made.positive = row, matrix, size, positive
    return made
