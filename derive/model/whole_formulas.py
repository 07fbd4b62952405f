"""Formulas of whole vectors and matrices are read here: the shape is that which numpy gives, the elements have indices.

`@` sums over the last axis of the left and the first of the right; of one axis it has no rows, or no columns. All else
is elementwise, between equal shapes, or with the last axes of the larger one. Not read: axes of length 1 that stretch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sympy import Basic, Expr, Idx, IndexedBase, Mul, Symbol
from sympy.core.function import AppliedUndef

from derive.errors import ModelError
from derive.expressions.indices import BINDERS, apart, fresh, index, limits, name_of, sum_over
from derive.expressions.traverse import free_indices
from derive.model.model import Node
from derive.model.whole import WORDS, MatrixOf, Product, Transpose, Whole, is_whole

Ends = tuple[Expr, Expr]
Shape = tuple[Ends, ...]
KEEPING = ("softmax", "log_softmax", "normalize")  # they make a vector of a vector; the other words a number


class Formulas:
    """Reads the whole formulas of one definition: `known` are the families so far, `letters` the declared indices."""

    def __init__(self, name: str, known: Mapping[str, Node | Symbol], letters: Iterable[Idx]):
        self.name, self.known, self.letters = name, known, tuple(letters)

    def shape(self, expr: Basic) -> Shape:
        """The ranges of the axes of a formula, none of a number. Errors: ModelError where shapes do not fit."""
        if isinstance(expr, Whole):
            return self._of_whole(expr)
        if isinstance(expr, IndexedBase):
            return _ends(self._node(expr).indices)
        if isinstance(expr, BINDERS) and is_whole(expr):
            raise self._error(f"{expr} sums elements and holds whole vectors or matrices; write all of it with indices")
        if not is_whole(expr) or isinstance(expr, AppliedUndef):
            return ()
        parts = [(part, self.shape(part)) for part in expr.args]
        largest, found = max(parts, key=lambda part: len(part[1]))
        for part, other in parts:
            if other != found[len(found) - len(other) :]:
                raise self._error(
                    f"{part} is {_said(other)} and {largest} is {_said(found)}; what is elementwise is of equal "
                    "shapes, or with a number, or with the last axes of the larger one; write the rest with indices"
                )
        return found

    def element(self, expr: Basic, places: Sequence[Expr]) -> Any:
        """The element at those places."""
        if not is_whole(expr):
            return expr
        if isinstance(expr, Whole):
            return self._element(expr, tuple(places))
        if isinstance(expr, IndexedBase):
            return self._node(expr).at(*places)
        if isinstance(expr, AppliedUndef):
            return expr
        return expr.func(*(self.element(part, _last(places, len(self.shape(part)))) for part in expr.args))

    def number(self, expr: Any, over: Sequence[Idx]) -> Any:
        """A formula of one number, or of one element, whose whole parts are read. Errors: ModelError."""
        if not is_whole(expr):
            return expr
        if not (shape := self.shape(expr)):
            return self.element(expr, ())
        if expr.has(Whole) or not (over or free_indices(expr)):
            named = "" if isinstance(expr, IndexedBase) else f", or name it, as in h = g.define('h', {expr})"
            raise self._error(f"{expr} is {_said(shape)}, not a number; Sum({expr}) is one{named}")
        return expr  # a family that lacks its indices, which is said where families are seen

    def define(self, expr: Any, own: Sequence[Idx]) -> Any:
        """The element of a whole formula at its own indices. Errors: ModelError where it has indices besides."""
        if isinstance(expr, Basic) and (loose := free_indices(expr)):
            raise self._error(
                f"the index {next(iter(loose))} stands in a formula of whole vectors and matrices; write it without "
                f"indices, or all of it with them, as in g.node({self.name!r}, ..., over={next(iter(loose))})"
            )
        return self.element(expr, own)

    def _of_whole(self, expr: Whole) -> Shape:
        if isinstance(expr, Product):
            left, right = map(self.shape, expr.args)
            self._fit(expr, left, right)
            return left[:-1] + right[1:]
        if isinstance(expr, Transpose):
            return self.shape(expr.args[0])[::-1]
        if isinstance(expr, MatrixOf):
            return self._of_matrix(expr)
        first, *others = map(self.shape, expr.operands)
        if any(other != first for other in others):
            shapes = " and ".join(map(_said, (first, *others)))
            raise self._error(f"{expr} is of equal shapes, found {shapes}")
        if expr.name not in KEEPING and expr.name != "dot":
            return ()
        if len(first) != 1:
            letter = expr.operands[0]
            raise self._error(
                f"{expr} is of a vector, and {letter} is {_said(first)}; say over which index, as in "
                f"{expr.name}(z[n, c], c) in g.node({self.name!r}, ..., over=(n, c))"
            )
        return first if expr.name in KEEPING else ()

    def _fit(self, expr: Product, left: Shape, right: Shape) -> None:
        for side, shape in zip(expr.args, (left, right), strict=True):
            if len(shape) not in (1, 2):
                remark = "numbers multiply by *" if not shape else "write it with indices and a Sum"
                raise self._error(f"{expr}: @ multiplies vectors and matrices, and {side} is {_said(shape)}; {remark}")
        if left[-1] != right[0]:
            raise self._error(
                f"{expr}: {expr.args[0]} is {_said(left)} and {expr.args[1]} is {_said(right)}; as in numpy the last "
                "axis on the left has to be the first on the right"
            )

    def _of_matrix(self, expr: MatrixOf) -> Shape:
        if expr.name == "singular_values":
            raise self._error(f"{expr} is read by its index, as in singular_values(A)[k]")
        shape = self.shape(expr.operands[-1])  # a solution is as the right side
        return shape[:1] if expr.name == "eigenvalues" else shape

    def _element(self, expr: Whole, places: tuple[Expr, ...]) -> Expr:
        if isinstance(expr, Product):
            left = self.shape(expr.args[0])
            (k,) = self._free([left[-1]], places, expr)
            rows, columns = places[: len(left) - 1], places[len(left) - 1 :]
            inner = self.element(expr.args[0], (*rows, k)), self.element(expr.args[1], (k, *columns))
            product = Mul(*(apart(e, self._letters((*places, k)), self.letters) for e in inner))
            number, rest = product.as_coeff_Mul()  # -y @ log(p) is -Sum(y[c]*log(p[c]), c)
            return number * sum_over(rest, (limits(k),))
        if isinstance(expr, Transpose):
            return self.element(expr.args[0], places[::-1])  # type: ignore[no-any-return]
        if isinstance(expr, MatrixOf):
            return expr[places]
        letters = places if expr.name in KEEPING else self._free(self.shape(expr.operands[0]), places, expr)
        around = self._letters((*places, *letters))
        parts = (apart(self.element(part, letters), around, self.letters) for part in expr.operands)
        return WORDS[expr.name](*parts, *letters, **expr.options)

    def _letters(self, places: Iterable[Expr]) -> list[Idx]:
        """The letters in these places, which a sum inside must not have for its own."""
        return [i for place in places for i in (place, *place.free_symbols) if isinstance(i, Idx)]

    def _free(self, ends: Iterable[Ends], places: Iterable[Expr], expr: Basic) -> list[Idx]:
        """Letters over these ranges that nothing else here has, declared ones first."""
        taken: list[Basic] = [*self._letters(places), *free_indices(expr)]
        found: list[Idx] = []
        for low, high in ends:
            found.append(fresh(index("i", low, high), [*taken, *found], self.letters))
        return found

    def _node(self, symbol: IndexedBase) -> Node:
        node = self.known.get(name_of(symbol))
        if not isinstance(node, Node) or node.symbol != symbol:
            raise self._error(f"{symbol} is no family of this graph so far")
        return node

    def _error(self, words: str) -> ModelError:
        return ModelError(f"{self.name}: {words}")


def _ends(indices: Iterable[Idx]) -> Shape:
    return tuple((i.lower, i.upper) for i in indices)


def _last(places: Sequence[Expr], count: int) -> Sequence[Expr]:
    return places[len(places) - count :]


def _said(shape: Shape) -> str:
    """A shape in words: a number, a vector (D), a matrix (H x D)."""
    if not shape:
        return "a number"
    lengths = " x ".join(str(high - low + 1) for low, high in shape)
    return f"{'a vector' if len(shape) == 1 else 'a matrix' if len(shape) == 2 else 'a family'} ({lengths})"
