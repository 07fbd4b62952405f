"""Matrix formulas that are said once: of a model they make sums over indices, of torch's tensors products of matrices.

A row writes `v.a.mT @ v.X @ v.b` by hand. With the words of a model this is Sum(a[i]*X[i, j]*b[j], i, j), the formula
that an author would write; with tensors, where a vector is a column, it is what torch computes.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import torch
from coverage_of_torch.table import Words
from sympy import Expr, Integer, KroneckerDelta, Piecewise, Rational, sympify

import derive
from derive.expressions.indices import index

ONE = Integer(1)
Indices = tuple[Any, ...]


class Formula:
    """A matrix in index notation: `at(i, j)` is a body and the letters that it is summed over. A vector is a column."""

    def __init__(self, rows: Any, columns: Any, at: Callable[[Any, Any], tuple[Expr, Indices]], family: Any = None):
        self.rows, self.columns, self._at, self.family = rows, columns, at, family

    def entry(self, i: Any = None, j: Any = None) -> Expr:
        """The entry at i, j; of a number the number."""
        body, letters = self._at(i, j)
        return derive.Sum(body, *letters) if letters else body

    @property
    def mT(self) -> Formula:
        return Formula(self.columns, self.rows, lambda i, j: self._at(j, i))

    def __matmul__(self, other: Formula) -> Formula:
        def at(i: Any, j: Any) -> tuple[Expr, Indices]:
            k = None if self.columns == 1 else letter(self.columns)
            (left, first), (right, second) = self._at(i, k), other._at(k, j)
            return left * right, (*first, *second, *(() if k is None else (k,)))

        return Formula(self.rows, other.columns, at)

    def entries(self, function: Callable[..., Expr], *others: Any) -> Formula:
        """A function of every entry, and of those of other matrices and numbers."""
        all_of = [self, *(o if isinstance(o, Formula) else number(o) for o in others)]
        shaped = next((o for o in all_of if (o.rows, o.columns) != (1, 1)), self)

        def at(i: Any, j: Any) -> tuple[Expr, Indices]:
            return function(*(o.entry(i, j) for o in all_of)), ()

        return Formula(shaped.rows, shaped.columns, at)

    def __add__(self, other: Any) -> Formula:
        return self.entries(lambda a, b: a + b, other)

    def __sub__(self, other: Any) -> Formula:
        return self.entries(lambda a, b: a - b, other)

    def __neg__(self) -> Formula:
        return self.entries(lambda a: -a)

    def __mul__(self, other: Any) -> Formula:
        return self.entries(lambda a, b: a * b, other)

    def __truediv__(self, other: Any) -> Formula:
        return self.entries(lambda a, b: a / b, other)

    def __pow__(self, power: Any) -> Formula:
        return self.entries(lambda a, b: a**b, power)

    __radd__, __rmul__ = __add__, __mul__


def number(value: Any) -> Formula:
    """A number as a formula."""
    return Formula(ONE, ONE, lambda i, j: (sympify(value), ()))


LETTERS = "ijklmpqrsuvwz"
_count = count()


def letter(dimension: Any) -> Any:
    """An index over a range that no other formula has."""
    n = next(_count)
    return index(LETTERS[n % len(LETTERS)] + (str(n // len(LETTERS)) if n >= len(LETTERS) else ""), 1, dimension)


class Model:
    """The words of a model, read as formulas."""

    def __init__(self, g: Any, leaves: str, constants: Any = ()):
        global _count
        _count = count()
        self.words = Words(g, leaves, constants)
        self.known: dict[str, Formula] = {}

    def __getattr__(self, name: str) -> Any:
        if name in self.known:
            return self.known[name]
        found = getattr(self.words, name)
        node = self.words._g._nodes.get(name)
        return found if node is None else family(found, node.indices)

    def name(self, name: str, formula: Formula) -> Formula:
        """A quantity with a name."""
        own = tuple(letter(d) for d in (formula.rows, formula.columns) if d != 1)
        found = self.words.node(name, formula.entry(*own), *own)
        self.known[name] = family(found, own)
        return self.known[name]


def family(symbol: Any, own: Indices) -> Formula:
    """A leaf or a node."""
    if len(own) > 2:  # an array: its letters are its own
        return Formula(ONE, ONE, lambda i, j: (symbol[own], own), symbol)
    dims = [i.upper for i in own] + [ONE] * (2 - len(own))

    def at(i: Any, j: Any) -> tuple[Expr, Indices]:
        return (symbol[(i, j)[: len(own)]] if own else symbol), ()

    return Formula(*dims, at, symbol)


class Tensors:
    """The tensors of a row: a vector is a column, a number 1 x 1."""

    def __init__(self, given: dict[str, Any]):
        self.given = given

    def __getattr__(self, name: str) -> Any:
        value = self.given[name]
        if not isinstance(value, torch.Tensor):
            return value
        return value[:, None] if value.ndim == 1 else value.reshape(1, 1) if value.ndim == 0 else value

    def name(self, name: str, value: Any) -> Any:
        self.given[name] = value
        return value


def _both(of_formula: Callable[..., Any], of_tensor: Callable[..., Any]) -> Callable[..., Any]:
    """A word for formulas and for tensors."""

    def word(*arguments: Any) -> Any:
        first = next(a for a in arguments if isinstance(a, (Formula, torch.Tensor)))
        return (of_formula if isinstance(first, Formula) else of_tensor)(*arguments)

    return word


def _trace(x: Formula) -> Formula:
    k = letter(x.rows)
    body, letters = x._at(k, k)
    return Formula(ONE, ONE, lambda i, j: (body, (*letters, k)))


def _all(x: Formula) -> Formula:
    own = tuple(letter(d) for d in (x.rows, x.columns) if d != 1)
    body, letters = x._at(*own, *[None] * (2 - len(own)))
    return Formula(ONE, ONE, lambda i, j: (body, (*letters, *own)))


def _scalar(word: Any) -> Callable[[Formula], Formula]:
    return lambda x: Formula(ONE, ONE, lambda i, j: (word(x.family), ()))


def _of(word: Any) -> Callable[..., Formula]:
    return lambda x, *more: Formula(x.rows, x.columns, lambda i, j: (word(x.family, *more)[i, j], ()))


tr = _both(_trace, lambda x: x.trace().reshape(1, 1))
inv = _both(_of(derive.inverse), torch.linalg.inv)
power = _both(_of(derive.matrix_power), torch.linalg.matrix_power)
det = _both(_scalar(derive.det), lambda x: torch.linalg.det(x).reshape(1, 1))
logdet = _both(_scalar(derive.logdet), lambda x: torch.linalg.slogdet(x)[1].reshape(1, 1))
total = _both(_all, lambda x: x.sum().reshape(1, 1))
eigenvalues = _both(
    lambda x: Formula(x.rows, ONE, lambda i, j: (derive.eigenvalues(x.family)[i], ())),
    lambda x: torch.linalg.eigvalsh(x)[:, None],
)


def each(name: str) -> Callable[[Any], Any]:
    """A function of every entry, by its name."""
    return _both(lambda x: x.entries(getattr(derive, name)), getattr(torch, name))


exp, log, sin, cos, tan, sqrt = map(each, ("exp", "log", "sin", "cos", "tan", "sqrt"))


cube_root = _both(lambda x: x ** Rational(1, 3), lambda x: x ** (1 / 3))


def norm(x: Any) -> Any:
    """The root of the sum of the squares of all entries."""
    return sqrt(total(x * x))


def eye(x: Any) -> Any:
    """The identity with as many rows as x."""
    if isinstance(x, Formula):
        return Formula(x.rows, x.rows, lambda i, j: (KroneckerDelta(i, j), ()))
    return torch.eye(len(x), dtype=x.dtype)


def diag(x: Any) -> Any:
    """The diagonal matrix of a column."""
    if isinstance(x, Formula):
        return Formula(x.rows, x.rows, lambda i, j: (KroneckerDelta(i, j) * x.entry(i, None), ()))
    return torch.diag(x[:, 0])


def _kron(weights: Formula, x: Formula, y: Formula) -> Formula:
    i, j, k, m = letter(x.rows), letter(x.columns), letter(y.rows), letter(y.columns)
    body = weights.family[i, k, j, m] * x.entry(i, j) * y.entry(k, m)
    return Formula(ONE, ONE, lambda a, b: (body, (i, j, k, m)))


def _outer(weights: Formula, *matrices: Formula) -> Formula:
    own = [letter(d) for x in matrices for d in (x.rows, x.columns)]
    body = weights.family[tuple(own)]
    for n, x in enumerate(matrices):
        body *= x.entry(*own[2 * n : 2 * n + 2])
    return Formula(ONE, ONE, lambda a, b: (body, tuple(own)))


def _weighed(weights: Formula, x: Formula, name: str = "") -> Formula:
    body, own = weights._at(None, None)
    entry = x.family[own]
    return Formula(ONE, ONE, lambda a, b: (body * (getattr(derive, name)(entry) if name else entry), own))


def _even(x: Formula) -> Formula:
    def at(i: Any, j: Any) -> tuple[Expr, Indices]:
        return Piecewise((x.entry(i - j + 1), i >= j), (x.entry(j - i + 1), True)), ()

    return Formula(x.rows, x.rows, at)


# The Kronecker product, weighed: its rows are pairs of rows, its columns pairs of columns.
kron = _both(_kron, lambda w, x, y: (w * torch.einsum("ij,km->ikjm", x, y)).sum().reshape(1, 1))
outer = _both(_outer, lambda w, a, b, c: torch.einsum("ijklmn,ij,kl,mn", w, a, b, c).reshape(1, 1))
# The sum of the entries of an array, or of a function of them, weighed.
weighed = _both(_weighed, lambda w, x, f="": (w * (getattr(torch, f)(x) if f else x)).sum().reshape(1, 1))
diagonal = _both(lambda x: Formula(x.rows, ONE, lambda i, j: x._at(i, i)), lambda x: x.diagonal()[:, None])
product_of = _both(
    lambda x: Formula(ONE, ONE, lambda i, j: (derive.Product(x.entry(k := letter(x.rows), None), (k, 1, x.rows)), ())),
    lambda x: x.prod().reshape(1, 1),
)
even_toeplitz = _both(
    _even, lambda x: torch.stack([torch.cat([x[1 : k + 1].flip(0), x[: len(x) - k]])[:, 0] for k in range(len(x))])
)
toeplitz = _both(
    lambda x: Formula(n := (x.rows + 1) / 2, n, lambda i, j: (x.entry(i - j + n), ())),
    lambda x: torch.stack([x[len(x) // 2 - k : len(x) - k, 0] for k in range(len(x) // 2 + 1)], dim=1),
)
