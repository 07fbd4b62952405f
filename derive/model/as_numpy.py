"""sympy's expressions behave as arrays of numpy do: `W @ x`, `X.T`, `X.sum(axis=0)`, `x[:, None]`.

What is made stands for a whole vector or matrix (`derive/model/whole.py`). What numpy would do with a formula, which it
takes for one number, is refused, with what to write.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from sympy import Expr, Indexed, IndexedBase
from sympy.functions.elementary.miscellaneous import MinMaxBase

from derive.errors import ModelError
from derive.model import axes
from derive.model.whole import NewAxes, OfWhole, Product, Transpose, is_whole

AXES = {"axis", "dim", "keepdims", "keepdim"}
WITH_ORDER = ("norm", "normalize")  # their second argument is p, in numpy and in torch, and no axis


def of_whole(name: str, given: Sequence[Any], options: Mapping[str, Any]) -> OfWhole:
    """A word as numpy or torch call it: `softmax(Z, axis=1)`, `softmax(Z, dim=1)`, `softmax(Z, 1)`.

    Errors: ModelError where an axis is none, or what it is said of is no whole thing.
    """
    if len(given) == 2 and name not in WITH_ORDER and isinstance(given[1], int) and "axis" not in options:
        given, options = given[:1], {"axis": given[1], **options}
    found = axes.options(name, options)
    if not any(map(is_whole, given)):
        raise ModelError(
            f"{name}: {given[0]} is a number, or an element, and has no axes; over an index it is {name}(x[i], i)"
        )
    return OfWhole(name, given, found.items())


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


def _transposed(expr: Any, *order: Any) -> Expr:
    """x.t(), x.transpose(), and of a matrix x.transpose(0, 1), which is the same."""
    if order and sorted(order) != [0, 1] and sorted(order) != [-2, -1]:
        raise ModelError(f"transpose{order}: of a matrix it is X.T; of more axes write it with indices, X[k, j, i]")
    if not is_whole(expr):
        return expr  # sympy asks its own expressions, which are numbers
    return Transpose(expr)


def _method(name: str, word: str) -> property:
    """A method x.sum(...) that is a word. Numbers have none, for numpy would call theirs."""

    def bound(self: Expr) -> Callable[..., Expr]:
        if not self.free_symbols:
            raise AttributeError(f"{self} is a number", name=name, obj=self)
        return partial(_called, word, self)

    return property(bound)


def _called(word: str, formula: Expr, *given: Any, **options: Any) -> Expr:
    if len(given) > 1 or (given and not isinstance(given[0], int | tuple | list | type(None))):
        raise ModelError(f"{formula}.{word}{given}: it takes axis= and keepdims=, as in {word}({formula}, axis=0)")
    return of_whole(word, (formula,), {"axis": given[0], **options} if given else options)


def _element_of_family(self: IndexedBase, places: Any, **assumptions: Any) -> Expr:
    """x[i, j] as sympy has it; x[:, None] has new axes. Errors: ModelError for a part of an axis."""
    many = places if isinstance(places, tuple) else (places,)
    if not any(p is None or p is ... or isinstance(p, slice) for p in many):
        return _of_family(self, places, **assumptions)
    if (codes := axes.pattern(places)) is not None:
        return NewAxes(self, codes)
    raise ModelError(
        f"{self}[{', '.join(map(_typed, many))}]: a slice is a part of an axis, which is written with indices from 1: "
        f"the second column is g.node('c', {self}[i, 2], over=i), all but the first Sum({self}[t], (t, 2, N))"
    )


def _typed(place: Any) -> str:
    if not isinstance(place, slice):
        return "..." if place is ... else str(place)
    ends = ["" if end is None else str(end) for end in (place.start, place.stop)]
    return ":".join(ends if place.step is None else [*ends, str(place.step)])


def _extreme(cls: Any, *given: Any, **options: Any) -> Any:
    """Max and Min are of several arguments, each of its own; sympy would take Max(Z, axis=1) for Z."""
    if options.keys() & {"axis", "dim", "keepdims"} or (len(given) == 1 and is_whole(given[0])):
        word = "amax" if cls.__name__ == "Max" else "amin"
        raise ModelError(
            f"{cls.__name__} is elementwise, of several arguments, {cls.__name__}(Z, 0); over an axis it is "
            f"{word}(Z, axis=1), over all elements {word}(Z)"
        )
    return _extreme_of_sympy(cls, *given, **options)


def _of_numpy(self: Expr, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
    """numpy takes a formula for one number: np.dot(W, x) would be W * x, and np.mean(z) would be z.

    Errors: ModelError.
    """
    if any(isinstance(arg, Expr) and arg.free_symbols for arg in args):
        name, formula = function.__name__, next(a for a in args if isinstance(a, Expr) and a.free_symbols)
        word = FOR_NUMPY.get(name, "a word of derive")
        raise ModelError(f"numpy's {name} takes arrays, and {formula} is a formula; write {word}")
    return function._implementation(*args, **kwargs)


FOR_NUMPY = {
    "dot": "W @ x", "matmul": "W @ x", "vdot": "x @ y", "inner": "x @ y", "transpose": "W.T",
    "outer": "x[:, None] * y", "sum": "Sum(Z, axis=0)", "prod": "Product(Z, axis=0)", "mean": "mean(Z, axis=0)",
    "max": "amax(Z, axis=0)", "min": "amin(Z, axis=0)", "amax": "amax(Z, axis=0)", "amin": "amin(Z, axis=0)",
    "var": "var(Z, axis=0)", "std": "std(Z, axis=0)", "norm": "norm(Z)", "inv": "inverse(A)", "det": "det(A)",
    "slogdet": "logdet(A)", "solve": "solve(A, b)", "trace": "trace(A)", "clip": "clip(Z, low, high)",
    "where": "Piecewise((a, Z > 0), (b, True))", "einsum": "@, or a Sum over indices",
}  # fmt: skip

# sympy's expressions have neither @ nor .T, and what is elementwise of a matrix, tanh(W), is one of them.
Expr.__matmul__ = _matmul
Expr.__rmatmul__ = lambda self, other: _matmul(other, self)
Expr.T = Expr.mT = property(_transpose)
Expr.t = Expr.transpose = _transposed
METHODS = {"sum": "Sum", "prod": "Product", "max": "amax", "min": "amin"}
for method in (
    "sum",
    "prod",
    "max",
    "min",
    "amax",
    "amin",
    "mean",
    "var",
    "std",
    "logsumexp",
    "softmax",
    "log_softmax",
):
    setattr(Expr, method, _method(method, METHODS.get(method, method)))
Expr.dot = Expr.matmul = Expr.mm = Expr.mv = lambda self, other: self @ other
_of_family, IndexedBase.__getitem__ = IndexedBase.__getitem__, _element_of_family
_extreme_of_sympy, MinMaxBase.__new__ = MinMaxBase.__new__, _extreme
IndexedBase.__iter__ = None  # list(W) would ask for W[0], W[1], ... without an end
IndexedBase.__array_ufunc__ = None
Expr.__array_function__ = _of_numpy
