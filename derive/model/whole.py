"""Whole vectors and matrices in a formula, as numpy writes them: `W @ x`, `X.T`, `tanh(W @ x + b)`, `x.sum()`.

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
from derive.expressions.norms import Norm, SpectralRadius
from derive.model import axes

# The words that can be said of a whole thing, by name: filled where they are defined.
WORDS: dict[str, Callable[..., Expr]] = {}


class Whole(Expr):
    """What stands in a formula until it is read."""

    is_commutative = True
    is_real = True
    __iter__ = None
    __array_ufunc__ = None  # an array of numpy's on the left lets us refuse it

    def __getitem__(self, places: Any) -> Expr:
        """The same with new axes, `h[:, None]`. Errors: ModelError, which says how an element is read."""
        if (codes := axes.pattern(places)) is not None:
            return NewAxes(self, codes)
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


class NewAxes(Whole):
    """x[:, None]: what it is of, and for each place whether it is an axis, a new one, or all that are left."""

    def __new__(cls, of: Any, codes: Any) -> NewAxes:
        made: NewAxes = Expr.__new__(cls, of, Tuple(*codes))
        return made

    codes = property(lambda self: tuple(map(int, self.args[1])))

    def __getitem__(self, places: Any) -> Expr:
        """An element, mu[n, 1], is that of what it is of: mu has no index for a new axis."""
        typed = places if isinstance(places, tuple) else (places,)
        if axes.pattern(places) is None and isinstance(self.args[0], IndexedBase) and axes.REST not in self.codes:
            own = [p for p, code in zip(typed, self.codes, strict=False) if code == axes.FULL]
            return self.args[0][tuple(own)]  # type: ignore[no-any-return]
        return super().__getitem__(places)

    def _sympystr(self, printer: Any) -> str:
        typed = {axes.NEW: "None", axes.FULL: ":", axes.REST: "..."}
        return f"{printer._print(self.args[0])}[{', '.join(typed[c] for c in self.codes)}]"


class OfWhole(Whole):
    """A word of whole things, `softmax(z)`, `mean(X, axis=0)`: its name, what it is said of, its options by name."""

    def __new__(cls, name: Any, operands: Any, options: Any = ()) -> OfWhole:
        made: OfWhole = Expr.__new__(cls, Str(str(name)), Tuple(*operands), Tuple(*(Tuple(*pair) for pair in options)))
        return made

    name = property(lambda self: str(self.args[0]))
    operands = property(lambda self: tuple(self.args[1]))
    given = property(lambda self: {str(key): value for key, value in self.args[2]})
    axes = property(lambda self: self.given.get("axis"))
    keeps = property(lambda self: "keepdims" in self.given)
    options = property(lambda self: {k: v for k, v in self.given.items() if k not in ("axis", "keepdims")})

    def _sympystr(self, printer: Any) -> str:
        said = [*map(printer._print, self.operands)]
        if self.axes is not None:
            said.append(f"axis={self.axes[0] if len(self.axes) == 1 else self.axes}")
        return f"{self.name}({', '.join(said)})"


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


NUMBERS = (Indexed, OfMatrix, Norm, SpectralRadius)  # what holds a family and is a number


def is_whole(expr: Any) -> bool:
    """Whether a whole vector or matrix stands in an expression; that of an abstract function is its own matter."""
    if isinstance(expr, (IndexedBase, Whole)):
        return True
    if not isinstance(expr, Basic) or isinstance(expr, NUMBERS) or getattr(expr, "read_later", False):
        return False
    abstract = isinstance(expr, AppliedUndef)
    return any(is_whole(part) for part in expr.args if not (abstract and isinstance(part, IndexedBase)))
