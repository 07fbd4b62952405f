"""Whole vectors and matrices in a formula, as numpy writes them: `W @ x`, `X.T`, `tanh(W @ x + b)`, `softmax(z)`.

A family without its indices stands for the whole of it. Products, transposes and words of whole things stand in a
formula as they are written, until a graph reads it (`derive/model/whole_formulas.py`): then every element is written
with indices. All else is elementwise, and sympy has it already.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sympy import Basic, Expr, Indexed, IndexedBase, Tuple
from sympy.core.function import AppliedUndef
from sympy.core.symbol import Str

from derive.errors import ModelError
from derive.expressions.matrix_functions import OfMatrix

# The words that can be said of a whole thing, by name: filled where they are defined.
WORDS: dict[str, Callable[..., Expr]] = {}


class Whole(Expr):
    """What stands in a formula until it is read."""

    is_commutative = True
    is_real = True
    __iter__ = None
    __array_ufunc__ = None  # an array of numpy's on the left lets us refuse it

    def __getitem__(self, places: Any) -> Expr:
        """Errors: ModelError, which says how an element is read."""
        raise ModelError(f"{self}[{places}]: give it a name, h = g.define('h', {self}), and read h[{places}]")


class Product(Whole):
    """a @ b."""

    def _sympystr(self, printer: Any) -> str:
        return "({} @ {})".format(*map(printer._print, self.args))


class Transpose(Whole):
    """a.T."""

    def _sympystr(self, printer: Any) -> str:
        inner = printer._print(self.args[0])
        return f"{inner}.T" if isinstance(self.args[0], (IndexedBase, Product)) else f"({inner}).T"


class OfWhole(Whole):
    """A word of whole things, `softmax(z)`, `dot(a, b)`: its name, what it is said of, its options by name."""

    def __new__(cls, name: Any, operands: Any, options: Any = ()) -> OfWhole:
        made: OfWhole = Expr.__new__(cls, Str(str(name)), Tuple(*operands), Tuple(*(Tuple(*pair) for pair in options)))
        return made

    name = property(lambda self: str(self.args[0]))
    operands = property(lambda self: tuple(self.args[1]))
    options = property(lambda self: {str(key): value for key, value in self.args[2]})

    def _sympystr(self, printer: Any) -> str:
        return f"{self.name}({', '.join(map(printer._print, self.operands))})"


class MatrixOf(Whole):
    """A matrix, or a column, that a word makes of others; it is read by its indices, `inverse(A)[i, j]`, or whole."""

    def __new__(cls, name: Any, *operands: Expr) -> MatrixOf:
        made: MatrixOf = Expr.__new__(cls, Str(str(name)), *operands)
        return made

    name = property(lambda self: str(self.args[0]))
    operands = property(lambda self: tuple(self.args[1:]))
    element: Callable[[MatrixOf, Any], Expr]  # set where the words are read: derive/model/matrix_words.py

    def __getitem__(self, places: Any) -> Expr:
        return MatrixOf.element(self, places if isinstance(places, tuple) else (places,))

    def _sympystr(self, printer: Any) -> str:
        word, _, power = self.name.partition(" ")  # "power -2" is written matrix_power(A, -2)
        inner = ", ".join([*map(str, self.operands), *([power] if power else [])])
        return f"{'matrix_power' if power else word}({inner})"


def is_whole(expr: Any) -> bool:
    """Whether a whole vector or matrix stands in an expression; that of an abstract function is its own matter."""
    if isinstance(expr, (IndexedBase, Whole)):
        return True
    if not isinstance(expr, Basic) or isinstance(expr, (Indexed, OfMatrix)) or getattr(expr, "read_later", False):
        return False
    abstract = isinstance(expr, AppliedUndef)
    return any(is_whole(part) for part in expr.args if not (abstract and isinstance(part, IndexedBase)))


def _matmul(left: Any, right: Any) -> Any:
    for side, other in ((left, right), (right, left)):
        if not isinstance(side, Expr):
            if not is_whole(other):
                return NotImplemented
            raise ModelError(
                f"@ with {other}: expected a family of the graph or a formula of such on the other side, found "
                f"{' '.join(str(side).split())[:60]} ({type(side).__name__}); declare it by g.input, g.parameter or "
                "g.constant"
            )
    for side in (left, right):
        if getattr(side, "is_Matrix", False):
            return NotImplemented
        if not is_whole(side):
            kind = "an element; elements" if side.has(Indexed) else "a number; numbers"
            raise ModelError(f"@ multiplies whole vectors and matrices, and {side} is {kind} multiply by *")
    return Product(left, right)


def _transpose(expr: Any) -> Expr:
    if not is_whole(expr):
        raise AttributeError(
            f"{expr} is a number, or an element; the transpose .T is that of a whole matrix, as in W.T"
        )
    return Transpose(expr)


def _of_numpy(self: Expr, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
    """numpy takes a formula for one number: np.dot(W, x) would be W * x, and np.mean(z) would be z.

    Errors: ModelError.
    """
    if any(isinstance(arg, Expr) and arg.free_symbols for arg in args):
        name = function.__name__
        word = {"dot": "W @ x", "matmul": "W @ x", "transpose": "W.T", "sum": "Sum(z)", "where": "Piecewise"}.get(name)
        raise ModelError(f"numpy's {name} takes arrays, and {args[0]} is a formula; write {word or 'a word of derive'}")
    return function._implementation(*args, **kwargs)


# sympy's expressions have neither @ nor .T, and what is elementwise of a matrix, tanh(W), is one of them.
Expr.__matmul__ = _matmul
Expr.__rmatmul__ = lambda self, other: _matmul(other, self)
Expr.T = property(_transpose)
IndexedBase.__iter__ = None  # list(W) would ask for W[0], W[1], ... without an end
IndexedBase.__array_ufunc__ = None
Expr.__array_function__ = _of_numpy
