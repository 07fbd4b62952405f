"""Functions of a whole matrix: a function is one row here, as an elementwise one is in `functions`.

Each is a quantity that an equation defines, and is differentiated by that equation, not by a rule of its own:

    B = A^-1        A B = I           dB = -B dA B
    s = log |det A|                   ds = tr(A^-1 dA)    (Jacobi)
    d = det A                         dd = d tr(A^-1 dA)
    C C^T = A       C triangular      dC = C low(C^-1 dA C^-T), low = the lower half, half of the diagonal
    A v = l v       A symmetric       dl = v^T dA v, for v of length 1, where the eigenvalues differ
    A v = s u       u, v of length 1  ds = u^T dA v, where the singular values differ and s is not 0

A node is such a function as a whole (`OfMatrix`); what other formulas use are its elements. Where the author gives it
no name, its symbol (`Written`, `WrittenScalar`) prints as mathematics writes it: A^-1, det A. A family may hold many
matrices: its last two indices are rows and columns, and the others, which come first, say which matrix it is, S_k^-1.
Source: Petersen and Pedersen, The Matrix Cookbook (2012), sections 2.1 and 2.2; Murray, arXiv:1602.07527, for C;
Giles (2008), An extended collection of matrix derivative results, section 3.2, for s.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from sympy import Atom, Eq, Expr, Idx, Indexed, IndexedBase, KroneckerDelta, Min, Rational, Symbol, sqrt
from sympy.core.symbol import Str

from derive.errors import ModelError
from derive.expressions.indices import Limits, fresh, index, limits, sum_over
from derive.expressions.matrices import Diag, Eye, Named, Times, Transpose
from derive.language import Text
from derive.memo import memo

Element = Callable[..., Expr]  # an element of a family at a position
Slope = Callable[[Element, Sequence[Element], tuple[Expr, ...], Expr, Expr], Expr]


class MatrixRow(NamedTuple):
    """A function of a matrix.

    `slope(value, helpers, at, p, q)` is the slope of its element `at` in A[p, q]; `value` gives elements of the
    function, `helpers` those of the ones that are named so: of A or, where `by_value`, of the function itself.
    `axes` says how far its indices run: r as the rows of A, c as the columns, s as the shorter of the two; `square`
    that A has as many of both. A node that stands for it is called after the matrix with this `ending`; `latex` and
    `text` say how it is written, `torch` and `numpy` how it is computed, for the matrix {0}; `positive` is how it is
    written, in both, of a positive definite matrix. Its `meaning` is said on a page where the sign is not known to all.
    It may be `applied`, as in V(A): indices stand at its sign. If it is computed as `part_of` a decomposition, {0} is
    that decomposition, which code makes once for all of its parts.
    """

    name: str
    slope: Slope
    rule: Text
    ending: str
    latex: str
    text: str
    numpy: str
    torch: str
    axes: str = "rc"
    helpers: tuple[str, ...] = ("inverse",)
    by_value: bool = False
    positive: tuple[str, str] | None = None
    meaning: Text | None = None
    square: bool = True
    applied: bool = False
    part_of: str = ""

    @property
    def rank(self) -> int:
        """The number of its indices for one matrix."""
        return len(self.axes)

    def ends(self, rows: Expr, columns: Expr) -> tuple[Expr, ...]:
        """How far each of its indices runs, from 1."""
        return tuple({"r": rows, "c": columns, "s": Min(rows, columns)}[axis] for axis in self.axes)


def _low(value: Element, helpers: Sequence[Element], at: tuple[Expr, ...], p: Expr, q: Expr) -> Expr:
    """The slope of a Cholesky factor. As torch does, A[p, q] and A[q, p] get half of it each, for A is symmetric."""
    (i, j), (helper,) = at, helpers
    m = fresh(index("m", j.lower, j.upper), {i, j, p, q})
    half = 1 - KroneckerDelta(m, j) / 2
    both = helper(m, p) * helper(j, q) + helper(m, q) * helper(j, p)
    return sum_over(Rational(1, 2) * value(i, m) * half * both, [(m, j, j.upper)])


def _none(of: str) -> Slope:
    """No slope. Errors: ModelError: these vectors are there for the slope of the values alone."""

    def refuse(value: Element, helpers: Sequence[Element], at: tuple[Expr, ...], p: Expr, q: Expr) -> Expr:
        vectors = of.replace("values", "vectors")
        raise ModelError(f"a derivative of {vectors} is not known here: differentiate {of} once")

    return refuse


def _table() -> tuple[MatrixRow, ...]:
    return (
        MatrixRow(
            "inverse",
            lambda value, helpers, at, p, q: -value(at[0], p) * value(q, at[1]),
            Text("differentiate both sides of {identity}", "对 {identity} 两边求导"),
            "inv", "{0}^{{-1}}", "{0}⁻¹", '_inverse({0}, "{0}")', '_inverse({0}, "{0}")', helpers=(),
        ),
        MatrixRow(
            "logdet",
            lambda value, helpers, at, p, q: helpers[0](q, p),
            Text(
                "Jacobi's formula: the derivative of a log-determinant is the transpose of the inverse",
                "雅可比公式：对数行列式的导数是逆矩阵的转置",
            ),
            "logdet", r"\log\lvert\det {0}\rvert", "log|det {0}|", "np.linalg.slogdet({0})[1]",
            "torch.linalg.slogdet({0})[1]", axes="", positive=(r"\log\det {0}", "log det {0}"),
        ),
        MatrixRow(
            "det",
            lambda value, helpers, at, p, q: value() * helpers[0](q, p),
            Text(
                "Jacobi's formula: the derivative of a determinant is the determinant times the transpose of the "
                "inverse",
                "雅可比公式：行列式的导数等于它自身乘以逆矩阵的转置",
            ),
            "det", r"\det({0})", "det({0})", "np.linalg.det({0})", "torch.linalg.det({0})", axes="",
        ),
        MatrixRow(
            "cholesky",
            _low,
            Text(
                "differentiate both sides of {identity}; the differential of the factor is lower triangular",
                "对 {identity} 两边求导；分解因子的微分是下三角矩阵",
            ),
            "chol", r"\mathrm{{chol}}({0})", "chol({0})", '_cholesky({0}, "{0}")', '_cholesky({0}, "{0}")',
            by_value=True,
            meaning=Text(
                "{value} is the Cholesky factor of {matrix}: the lower triangular matrix with a positive diagonal "
                "whose product with its own transpose is {matrix}.",
                "{value} 是 {matrix} 的 Cholesky 因子：对角线为正的下三角矩阵，它与自身转置的乘积等于 {matrix}。",
            ),
        ),
        MatrixRow(
            "eigenvalues",
            lambda value, helpers, at, p, q: helpers[0](p, at[0]) * helpers[0](q, at[0]),
            Text(
                "differentiate {identity} for one unit eigenvector, whose eigenvalue is simple, and multiply by this "
                "eigenvector",
                "设该特征值为单特征值：对 {identity} 中一个单位特征向量的等式求导，再乘以该特征向量",
            ),
            "eigenvalues", r"\lambda({0})", "λ({0})", "{0}[0]", "{0}[0]", axes="r",
            helpers=("eigenvectors",), applied=True, part_of="eigh",
            meaning=Text(
                "{value} are the eigenvalues of {matrix} in ascending order.",
                "{value} 是 {matrix} 从小到大排列的特征值。"
            ),
        ),
        MatrixRow(
            "eigenvectors", _none("eigenvalues"), Text("no rule", "没有法则"), "eigenvectors", r"Q({0})", "Q({0})",
            "{0}[1]", "{0}[1]", helpers=(), applied=True, part_of="eigh",
            meaning=Text(
                "The columns of {value} are unit eigenvectors of {matrix}.",
                "{value} 的各列是 {matrix} 的单位特征向量。",
            ),
        ),
        MatrixRow(
            "singular_values",
            lambda value, helpers, at, p, q: helpers[0](p, at[0]) * helpers[1](q, at[0]),
            Text(
                "differentiate {identity} for one pair of singular vectors of length 1, whose singular value is not 0 "
                "and equal to no other, and multiply by the left one",
                "设该奇异值不为 0 且与其他奇异值不等：对 {identity} 中一对单位奇异向量的等式求导，再乘以左奇异向量",
            ),
            "singular_values", r"\sigma({0})", "σ({0})", "{0}[1]", "{0}[1]", axes="s", part_of="svd",
            helpers=("left_singular_vectors", "right_singular_vectors"),
            square=False, applied=True,
            meaning=Text(
                "{value} are the singular values of {matrix}, falling; to differentiate them one assumes that no two "
                "of them are equal and that none is 0.",
                "{value} 是 {matrix} 从大到小排列的奇异值；求导时假设它们互不相等，且都不为 0。",
            ),
        ),
        MatrixRow(
            "left_singular_vectors", _none("singular values"), Text("no rule", "没有法则"), "left", r"U({0})", "U({0})",
            "{0}[0]", "{0}[0]", axes="rs", helpers=(), square=False, applied=True, part_of="svd",
            meaning=Text(
                "The columns of {value} are the left singular vectors of {matrix}, of length 1.",
                "{value} 的各列是 {matrix} 的左单位奇异向量。",
            ),
        ),
        MatrixRow(
            "right_singular_vectors", _none("singular values"), Text("no rule", "没有法则"), "right", r"V({0})",
            "V({0})", "{0}[2].swapaxes(-1, -2)", "{0}[2].mT", axes="cs", helpers=(), square=False, applied=True,
            part_of="svd",
            meaning=Text(
                "The columns of {value} are the right singular vectors of {matrix}, of length 1.",
                "{value} 的各列是 {matrix} 的右单位奇异向量。",
            ),
        ),
    )  # fmt: skip


TABLE = _table()
DECOMPOSITIONS = {
    "eigh": ("np.linalg.eigh({0})", "torch.linalg.eigh({0})"),
    "svd": ("np.linalg.svd({0}, full_matrices=False)", "torch.linalg.svd({0}, full_matrices=False)"),
}  # in numpy and torch
BY_NAME = {row.name: row for row in TABLE}


class Aside(Atom):
    """Families that are only named: what stands around is not computed from them; and whether a matrix is positive."""

    families: tuple[IndexedBase, ...]
    positive: bool

    def __new__(cls, families: tuple[IndexedBase, ...], positive: bool) -> Aside:
        made: Aside = Atom.__new__(cls)
        made.families, made.positive = families, positive
        return made

    def _hashable_content(self) -> tuple[object, ...]:
        return self.families, self.positive

    def _sympystr(self, printer: object) -> str:
        return str(self.families)


class OfMatrix(Expr):
    """An element of a function of a matrix, as the whole definition of a node.

    Its arguments: the name of the row, the family of the matrix, the families of the helpers (an `Aside`, for the
    function is not computed from them), the rows and columns of the matrix, and the indices: first those that say which
    matrix it is.
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
    def helpers(self) -> tuple[IndexedBase, ...]:
        """The families in which its slope is written, beside its own."""
        found: tuple[IndexedBase, ...] = self.args[2].families
        return found

    @property
    def positive(self) -> bool:
        """Is the matrix positive definite?"""
        found: bool = self.args[2].positive
        return found

    @property
    def shape(self) -> tuple[Expr, Expr]:
        """The numbers of rows and columns of the matrix."""
        rows, columns = self.args[3:5]
        return rows, columns

    @property
    def indices(self) -> tuple[Expr, ...]:
        """Which element it is, of which matrix."""
        return self.args[5:]

    @property
    def batch(self) -> tuple[Expr, ...]:
        """Which matrix it is."""
        return self.indices[: self.many]

    @property
    def many(self) -> int:
        """How many indices say which matrix it is."""
        return len(self.indices) - self.row.rank

    @property
    def at(self) -> tuple[Expr, ...]:
        """Which element of the function it is."""
        return self.indices[len(self.batch) :]

    @property
    def read(self) -> tuple[Expr, ...]:
        """The elements of the matrix that it is computed from: all rows and columns, in letters of their own."""
        rows, columns = self.shape
        p = fresh(index("p", 1, rows), self.atoms(Idx))
        return *self.batch, p, fresh(index("q", 1, columns), {*self.atoms(Idx), p})

    @property
    def shared(self) -> tuple[tuple[int, Expr], ...]:
        """The axes of the matrix along which indices of the function run; one by itself numbers eigenvalues."""
        own = zip(self.row.axes, self.at, strict=True) if self.row.rank == 2 else ()
        rows = len(self.batch)
        return *enumerate(self.batch), *((rows + "rc".index(axis), place) for axis, place in own if axis in "rc")

    def _sympystr(self, printer: object) -> str:
        """As an author writes it: inverse(A)[i, j]."""
        places = f"[{', '.join(map(str, self.indices))}]" if self.indices else ""
        return f"{self.row.name}({self.matrix}){places}"


def of_matrix(
    row: MatrixRow, matrix: IndexedBase, helpers: Sequence[IndexedBase], shape: tuple[Expr, Expr],
    indices: Sequence[Expr], positive: bool = False,
) -> OfMatrix:  # fmt: skip
    """The element of a function at `indices`; `positive` says that the matrix is positive definite."""
    return OfMatrix(Str(row.name), matrix, Aside(tuple(helpers), positive), *shape, *indices)


class Differential(NamedTuple):
    """How a function changes with its matrix: by the factors times the change of the element at `position`, summed."""

    position: tuple[Expr, ...]
    factors: tuple[Expr, ...]
    sums: tuple[Limits, ...]
    rules: tuple[Text, ...]


def differential(expr: OfMatrix, value: Expr) -> Differential:
    """The slope of a function in its matrix; `value` is the node that it defines."""
    row, (*_, p, q) = expr.row, expr.read
    own = value.base if isinstance(value, Indexed) else value

    def elements(family: Expr) -> Element:
        return lambda *at: family[(*expr.batch, *at)] if expr.batch or at else family

    factor = row.slope(elements(own), tuple(map(elements, expr.helpers)), expr.at, p, q)
    rule = row.rule(identity=identity(expr, own))
    return Differential(expr.read, (factor,), tuple(map(limits, (p, q))), (rule,))


def identity(expr: OfMatrix, own: Expr) -> Expr:
    """The equation that defines the function: A B = I, C C^T = A."""
    rows, columns = expr.shape

    def named(family: Expr, *shape: Expr) -> Expr:
        return Named(family[expr.batch] if expr.batch else family, *shape)

    A = named(expr.matrix, rows, columns)
    if expr.row.name == "eigenvalues":
        Q = named(expr.helpers[0], rows, rows)
        return Eq(Times(A, Q), Times(Q, Diag(named(own, rows))), evaluate=False)
    if expr.row.name == "singular_values":
        least = Min(rows, columns)
        U, V = named(expr.helpers[0], rows, least), named(expr.helpers[1], columns, least)
        return Eq(Times(A, V), Times(U, Diag(named(own, least))), evaluate=False)
    B = named(own, rows, rows)
    if expr.row.by_value:
        return Eq(Times(B, Transpose(B)), A, evaluate=False)
    return Eq(Times(A, B), Eye(rows), evaluate=False)


class Function(IndexedBase):
    """A family that is a function of a matrix of this shape, or of each matrix of a family."""

    row: MatrixRow
    matrix: IndexedBase
    shape_of: tuple[Expr, Expr]
    positive: bool
    many: int  # of its indices say which matrix it is
    key: tuple[object, ...] = ()

    def _hashable_content(self) -> tuple[object, ...]:
        """A function of other matrices, or of another number of them, is another one, whatever its name."""
        return *super()._hashable_content(), self.key

    def norm(self, position: Sequence[Expr]) -> Expr:
        """The root of the sum of the squares of its elements, which is what an element's rounding error goes by."""
        batch = tuple(position[: self.many])
        own: list[Idx] = []
        for end in self.row.ends(*self.shape_of):
            taken = {*own, *(i for place in batch for i in place.atoms(Idx))}
            own.append(fresh(index("p", 1, end), taken))
        return sqrt(sum_over(self[(*batch, *own)] ** 2, tuple(map(limits, reversed(own)))))


class Written(Function):
    """One without a name of its own, written as the function that it is: A^-1."""


class WrittenScalar(Symbol):
    """A number without a name of its own, written as the function of a matrix that it is: det A."""

    row: MatrixRow
    matrix: IndexedBase
    shape_of: tuple[Expr, Expr]
    positive: bool
    many: int
    key: tuple[object, ...] = ()

    def _hashable_content(self) -> tuple[object, ...]:
        return *super()._hashable_content(), self.key


@memo
def function_symbol(
    row: MatrixRow, matrix: IndexedBase, shape: tuple[Expr, Expr], name: str, rank: int, own: bool = False,
    positive: bool = False,
) -> Function | WrittenScalar | Symbol:  # fmt: skip
    """The symbol of a function of a matrix; `name` is what code and data call it, and pages too if it is its `own`.

    `rank` is the number of its indices. `positive` says that the matrix is positive definite.
    """
    if own and rank == 0:
        return Symbol(name, real=True)
    made = (Function if own else Written)(name, real=True) if rank else Symbol.__xnew__(WrittenScalar, name, real=True)
    made.key = (row.name, matrix, shape, positive, rank)
    made.row, made.matrix, made.shape_of, made.positive, made.many = row, matrix, shape, positive, rank - row.rank
    return made
