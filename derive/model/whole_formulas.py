"""Formulas of whole vectors and matrices are read here: the shape is that which numpy gives, the elements have indices.

`@` sums over the last axis of the left and the first of the right; of one axis it has no rows, or no columns. All else
is elementwise; shapes meet at their last axes, and an axis of length 1 stretches, as `x[:, None]` and keepdims make it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sympy import Basic, Expr, Idx, IndexedBase, Mul, Symbol
from sympy.core.function import AppliedUndef

import derive.model.author_sum
import derive.model.words  # noqa: F401 - with them expressions have @, .T, .sum(axis=0)
from derive.errors import ModelError
from derive.expressions.indices import BINDERS, apart, fresh, index, limits, name_of, substitute, sum_over
from derive.expressions.traverse import free_indices
from derive.model.axes import ONE, Ends, Shape, counted, own_places, reduced, stretched, with_new
from derive.model.model import Node
from derive.model.whole import WORDS, MatrixOf, NewAxes, OfWhole, Product, Transpose, Whole, is_whole

KEEPING = ("softmax", "log_softmax", "normalize")  # they make a vector of a vector; the other words a number


class Formulas:
    """Reads the whole formulas of one definition: `known` are the families so far, `letters` the declared indices."""

    def __init__(self, name: str, known: Mapping[str, Node | Symbol], letters: Iterable[Idx]):
        self.name, self.known, self.letters = name, known, tuple(letters)
        self.own: list[Idx] = []  # the indices of what is defined, which no sum in it has for its own

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
        if (found := stretched([shape for _, shape in parts])) is None:
            largest, most = max(parts, key=lambda part: len(part[1]))
            part, other = next((p, shape) for p, shape in parts if stretched([shape, most]) is None)
            hint = f"; {part}[:, None] has its numbers along the rows" if (len(other), len(most)) == (1, 2) else ""
            raise self._error(
                f"{part} is {_said(other)} and {largest} is {_said(most)}; what is elementwise is of equal shapes, or "
                f"with a number, or with the last axes of the larger one{hint}; write the rest with indices"
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
        shape = self.shape(expr)
        return expr.func(*(self.element(part, own_places(places, self.shape(part), shape)) for part in expr.args))

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

    def define(self, expr: Any, own: Sequence[Expr]) -> Any:
        """The element of a whole formula at its own places. Errors: ModelError where it has indices besides."""
        if isinstance(expr, Basic) and (loose := free_indices(expr)):
            raise self._error(
                f"the index {next(iter(loose))} stands in a formula of whole vectors and matrices; write it without "
                f"indices, or all of it with them, as in g.node({self.name!r}, ..., over={next(iter(loose))})"
            )
        self.own = self._letters(own)
        return self.element(expr, own)

    def _of_whole(self, expr: Any) -> Shape:
        if isinstance(expr, Product):
            left, right = map(self.shape, expr.args)
            self._fit(expr, left, right)
            return left[:-1] + right[1:]
        if isinstance(expr, Transpose):
            return self.shape(expr.args[0])[::-1]
        if isinstance(expr, MatrixOf):
            return self._of_matrix(expr)
        if isinstance(expr, NewAxes):
            shape = self.shape(expr.args[0])
            return tuple(ONE if axis < 0 else shape[axis] for axis in self._spread(expr))
        axes, shape = self._along(expr)
        if not shape:
            raise self._error(f"{expr.operands[0]} is a number already; leave {expr.name} out")
        return shape if expr.name in KEEPING else reduced(shape, axes, expr.keeps)

    def _along(self, expr: OfWhole) -> tuple[tuple[int, ...], Shape]:
        """The axes along which a word is said, and the shape of what it is said of."""
        first, *others = map(self.shape, expr.operands)
        if any(other != first for other in others):
            shapes = " and ".join(map(_said, (first, *others)))
            raise self._error(f"{expr} is of equal shapes, found {shapes}")
        if (axes := counted(expr.axes, len(first))) is None:
            there = " and ".join(map(str, range(len(first))))
            raise self._error(f"{expr}: {expr.operands[0]} is {_said(first)}, its axes are {there}")
        if len(first) != 1 and expr.axes is None and (expr.name in KEEPING or expr.name == "dot"):
            of, name = expr.operands[0], expr.name
            along = f"{name}({of}, axis=1)" if name in KEEPING else f"Sum({of} * ..., axis=1)"
            raise self._error(
                f"{expr} is of a vector, and {of} is {_said(first)}; say along which axis, {along}, or over which "
                f"index, as in {name}(z[n, c], c) in g.node({self.name!r}, ..., over=(n, c))"
            )
        return axes, first

    def _spread(self, expr: NewAxes) -> list[int]:
        count = len(self.shape(expr.args[0]))
        if (found := with_new(expr.codes, count)) is None:
            raise self._error(f"{expr}: {expr.args[0]} is {_said(self.shape(expr.args[0]))}, and has no more axes")
        return found

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

    def _element(self, expr: Any, places: tuple[Expr, ...]) -> Expr:
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
        if isinstance(expr, NewAxes):
            kept = [place for place, axis in zip(places, self._spread(expr), strict=True) if axis >= 0]
            return self.element(expr.args[0], kept)  # type: ignore[no-any-return]
        return self._said(expr, places)

    def _said(self, expr: OfWhole, places: tuple[Expr, ...]) -> Expr:
        """The element of a word: its letters run along its axes, and those of the element stand on the others."""
        axes, shape = self._along(expr)
        keeping = expr.name in KEEPING
        own = [place for a, place in enumerate(places) if keeping and a in axes]
        named = keeping and all(isinstance(place, Idx) for place in own)
        letters = own if named else self._free([shape[a] for a in sorted(axes)], places, expr)
        inside = dict(zip(sorted(axes), letters, strict=True))
        rest = iter([p for a, p in enumerate(places) if a not in axes or not (expr.keeps or keeping)])
        inner = [inside[a] if a in inside else next(rest) for a in range(len(shape))]
        around = self._letters((*places, *letters))
        parts = (apart(self.element(part, inner), around, self.letters) for part in expr.operands)
        found = WORDS[expr.name](*parts, *letters, **expr.options)
        return found if named or not keeping else substitute(found, dict(zip(letters, own, strict=True)))

    def _letters(self, places: Iterable[Expr]) -> list[Idx]:
        """The letters in these places, which a sum inside must not have for its own."""
        return [i for place in places for i in (place, *place.free_symbols) if isinstance(i, Idx)]

    def _free(self, ends: Iterable[Ends], places: Iterable[Expr], expr: Basic) -> list[Idx]:
        """Letters over these ranges that nothing else here has, declared ones first."""
        taken: list[Basic] = [*self.own, *self._letters(places), *free_indices(expr)]
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


def _said(shape: Shape) -> str:
    """A shape in words: a number, a vector (D), a matrix (H x D)."""
    if not shape:
        return "a number"
    lengths = " x ".join(str(high - low + 1) for low, high in shape)
    return f"{'a vector' if len(shape) == 1 else 'a matrix' if len(shape) == 2 else 'a family'} ({lengths})"
