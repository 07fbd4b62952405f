"""Lowers expressions in index notation to trees of array operations, with an axis for each free index."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import reduce
from math import inf
from typing import Any

from sympy import (
    ITE,
    Add,
    And,
    Expr,
    Function,
    Idx,
    Indexed,
    Integer,
    Min,
    Mod,
    Mul,
    Not,
    Or,
    Piecewise,
    Pow,
    Product,
    Rational,
    S,
    Sum,
    Symbol,
)  # fmt: skip
from sympy.core.relational import Relational

from derive.code.elements import Element, Elements
from derive.code.exponents import Greatest, Peak
from derive.code.integers import Integers, Loops, Scope, scope_of
from derive.code.named_axes import Factor, NamedArray, contract, elementwise, plain, product, rearrange, reduced
from derive.code.names import Identifiers
from derive.code.trees import Apply, Call, Condition, Number, Plus, Power, Tree, plus
from derive.errors import ModelError
from derive.evaluate.at_zero import OrInfinity
from derive.expressions.elementwise import Compared, share
from derive.expressions.extremes import Amax, Amin
from derive.expressions.functions import EXTREMA, arguments, row_of, unknown
from derive.expressions.indices import BINDERS, apart, bound, is_position, limits
from derive.expressions.intervals import Interval
from derive.expressions.matrix_functions import OfMatrix
from derive.expressions.symbols import Partial

NEUTRAL = {
    "sum": plain(Number(0)), "prod": plain(Number(1)), "max": plain(Number(-inf)), "min": plain(Number(inf)),
}  # fmt: skip
Ragged = tuple[Idx, Expr, Expr]  # an index with ends that depend on others
REDUCTIONS = {Sum: "sum", Product: "prod", Amax: "max", Amin: "min"}


class Lowering:
    """Lowers expressions; `element` gives the variable of a symbol, an element or a partial, and its position there.

    `evaluated` says how an expression is evaluated, `finite` that it is never infinite.
    """

    def __init__(
        self,
        names: Identifiers,
        sizes: Collection[Symbol],
        element: Callable[[Expr], Element],
        evaluated: Callable[[Expr], Expr] = lambda expr: expr,
        finite: Callable[[Expr], bool] = lambda expr: False,
    ):
        self.evaluated, self.finite = evaluated, finite
        self.sizes, self.element, self.integers = set(sizes), element, Integers(names)
        self.elements = Elements(self.integers)
        self.integers.read = lambda expr, scope: self.elements.read(*self.element(expr), scope)

    def full(self, expr: Expr, own: Mapping[Idx, Interval], loops: Loops | None = None) -> Tree:
        """Return the array of an expression over its own indices, every axis at its full length."""
        value = self.value(expr, scope_of(own, loops))
        if not value.plain and set(value.axes) == set(own):
            return rearrange(value, list(own))
        zeros = Apply("zeros", (self.integers.shape(list(own.values())),))
        if value.tree == Number(0):
            return zeros
        return Plus(((1, zeros), (1, rearrange(value, list(own))))) if own else Apply("array", (value.tree,))

    def value(self, expr: Expr, scope: Scope) -> NamedArray:
        """Return the tree of an expression of the model, as it is evaluated without an overflow."""
        return self.lower(self.evaluated(expr), scope)

    def lower(self, expr: Expr, scope: Scope) -> NamedArray:
        """Return the tree of an expression. Errors: ModelError for a function without a row in the table."""
        if expr.is_Number or not (expr.free_symbols or expr.atoms(*BINDERS, Function)):
            return self._constant(expr)
        if isinstance(expr, Add):
            return self._sum(expr, scope)
        if isinstance(expr, Mul):
            return product(self._factors(expr, scope), scope.order)
        if isinstance(expr, (Idx, Symbol, Indexed, Partial)):
            return self._leaf(expr, scope)
        if isinstance(expr, BINDERS):
            return self._bound(expr, scope, REDUCTIONS[expr.func])
        if isinstance(expr, Piecewise):
            return self._piecewise(expr, scope)
        return self._function(expr, scope)

    def _constant(self, expr: Expr) -> NamedArray:
        if isinstance(expr, Rational) and not isinstance(expr, Integer):
            return product(self._factors(expr, None), ())
        return plain(Number(expr if isinstance(expr, Integer) else float(expr)))  # type: ignore[arg-type]

    def _leaf(self, expr: Expr, scope: Scope) -> NamedArray:
        if isinstance(expr, Idx) or expr in self.sizes or is_position(expr):
            integer = self.integers.index(expr, scope)
            return integer if integer.plain else self._cast(integer)
        return self.elements.read(*self.element(expr), scope)

    def _cast(self, part: NamedArray) -> NamedArray:
        """Return integers, or truth values, as numbers of the arrays' own type."""
        return NamedArray(Apply("array", (part.tree,)), part.axes)

    def _sum(self, expr: Add, scope: Scope) -> NamedArray:
        signed = [(-1, -a) if a.as_coeff_Mul()[0].is_negative else (1, a) for a in expr.args]
        signed.sort(key=lambda s: (s[0] < 0, isinstance(s[1], (Sum, Partial))))
        parts = [self.lower(a, scope) for _, a in signed]
        signs = [s for s, _ in signed]
        return elementwise(parts, scope.order, lambda *trees: plus(signs, trees))

    def _factors(self, expr: Expr, scope: Scope | None) -> list[Factor]:
        """Yield the factors of a product; those below the fraction line have the exponent -1."""
        found: list[Factor] = []
        for factor in _primitive(expr):
            if isinstance(factor, Rational):
                found += [(plain(Number(Integer(n))), s) for n, s in ((factor.p, 1), (factor.q, -1)) if n != 1]
                continue
            assert scope is not None
            below = isinstance(factor, Pow) and isinstance(factor.exp, Rational) and factor.exp < 0
            found.append((self.lower(1 / factor if below else factor, scope), -1 if below else 1))
        return found

    def _bound(self, expr: Expr, scope: Scope, kind: str) -> NamedArray:
        """Lower a sum, a product or an extreme over fixed ranges; an end that depends on an index becomes a mask."""
        indices: list[Idx] = []
        ragged: list[Ragged] = []
        body = apart(expr, scope.ranges)  # no index of its own is one of those around it
        while isinstance(body, type(expr)) and body.limits[-1][0] not in indices:
            *inner, (idx, low, high) = body.limits
            body = bound(expr.func, body.function, inner) if inner else body.function
            ends, around = (scope.ends(low)[0], scope.ends(high)[1]), low.atoms(Idx) | high.atoms(Idx)
            if around and around <= scope.loops.keys() and kind == "sum":
                ends = low, high  # numbers, in every step of the loops
            elif around:
                ragged.append((idx, low, high))
            scope = scope.opened(idx, ends)
            indices.append(idx)
        if ragged:
            return self._over(kind, self._masked(kind, body, ragged, scope), indices, scope)
        factors = self._factors(body, scope) if kind == "sum" else [(self.lower(body, scope), 1)]
        return self._over(kind, factors, indices, scope)

    def _masked(self, kind: str, body: Expr, ragged: list[Ragged], scope: Scope) -> list[Factor]:
        """Return the factors of a body that is neutral outside of its ranges; what is finite stands beside the mask.

        So the sum of K_jd dS_ij over the j up to i remains a matrix product.
        """
        outside = [f for f in Mul.make_args(body) if kind == "sum" and self.finite(f)]
        inside = [f for f in Mul.make_args(body) if f not in outside]
        part = self.lower(Mul(*inside) if inside and outside else body, scope)
        for idx, low, high in ragged:
            parts = [self._between(idx, low, high, scope), self._array(part), NEUTRAL[kind]]
            part = elementwise(parts, scope.order, lambda *trees: Apply("where", trees))
        return [(part, 1), *(self._factors(Mul(*outside), scope) if inside and outside else [])]

    def _over(self, kind: str, factors: list[Factor], indices: list[Idx], scope: Scope) -> NamedArray:
        """Return the sum or product over indices; one that no factor depends on counts its values."""
        missing = [a for a in indices if not any(a in f.axes for f, _ in factors)]
        present = [a for a in indices if a not in missing]
        counts = [plain(self.integers.length(scope.ranges[a], scope)) for a in missing]
        if kind == "sum":
            return contract([*factors, *((c, 1) for c in counts)], present, scope.order)
        part = product(factors, scope.order)
        if present:
            part = reduced(part, present, kind)
        if kind != "prod":
            return part
        return reduce(lambda p, c: elementwise([p, c], scope.order, Power), counts, part)

    def _array(self, part: NamedArray) -> NamedArray:
        """Return a plain number as an array."""
        return self._cast(part) if part.plain else part

    def _between(self, value: Expr, low: Expr, high: Expr, scope: Scope) -> NamedArray:
        parts = [self.integers.index(e, scope) for e in (value - low, high - value)]
        signs = [elementwise([p, NEUTRAL["sum"]], scope.order, lambda a, b: Condition(">=", (a, b))) for p in parts]
        return elementwise(signs, scope.order, lambda *trees: Condition("&", trees))

    def _piecewise(self, expr: Piecewise, scope: Scope) -> NamedArray:
        result = NEUTRAL["sum"]
        for value, condition in reversed(expr.args):
            part = self._array(self.lower(value, scope))
            if condition is S.true:
                result = part
            elif condition is not S.false:
                parts = [self._condition(condition, scope), part, result]
                result = elementwise(parts, scope.order, lambda *trees: Apply("where", trees))
        return result

    def _condition(self, condition: Any, scope: Scope) -> NamedArray:
        if isinstance(condition, (ITE, Not)):
            return self._condition(condition.to_nnf(), scope)
        if isinstance(condition, (And, Or)):
            sign = "&" if isinstance(condition, And) else "|"
            parts = [self._condition(c, scope) for c in condition.args]
            return elementwise(parts, scope.order, lambda *trees: Condition(sign, trees))
        if not isinstance(condition, Relational):
            raise ModelError(f"the condition {condition} is not a comparison of two expressions")
        parts = [self.lower(a, scope) for a in condition.args]
        if all(p.plain for p in parts):
            parts[0] = self._array(parts[0])
        return elementwise(parts, scope.order, lambda *trees: Condition(condition.rel_op, trees))

    def _function(self, expr: Expr, scope: Scope) -> NamedArray:
        name = type(expr).__name__
        if name == "inside":
            value, low, high = expr.args
            return self._cast(self._between(value, low, high, scope))
        if name == "KroneckerDelta":
            parts = [self.integers.index(a, scope) for a in expr.args]
            return self._cast(elementwise(parts, scope.order, lambda *trees: Condition("==", trees)))
        if isinstance(expr, OfMatrix):
            return self._of_matrix(expr, scope)
        row = row_of(expr)
        if row is not None:
            if row.name == "sqrt" and expr.args[0].is_nonnegative and (of := self.lower(expr.args[0], scope)).plain:
                return plain(Apply("root", (of.tree,)))
            lower = self._difference if isinstance(expr, share) else self.lower
            parts = [self._array(lower(a, scope)) for a in arguments(expr)]
            return elementwise(parts, scope.order, lambda *trees: Call(row.name, trees))
        if isinstance(expr, Peak):
            return self._bound(expr.args[0], scope, "max")
        if isinstance(expr, OrInfinity):
            parts = [self._array(self.lower(expr.args[0], scope)), self._array(plain(Number(S.Infinity)))]
            return elementwise(parts, scope.order, _or_infinity)
        if isinstance(expr, (*EXTREMA, Greatest)):
            kind = "minimum" if isinstance(expr, Min) else "maximum"
            parts = [self._array(self.lower(a, scope)) for a in expr.args]
            return elementwise(parts, scope.order, lambda *trees: Apply(kind, trees))
        if isinstance(expr, Mod):
            parts = [self._array(self.lower(a, scope)) for a in expr.args]
            return elementwise(parts, scope.order, lambda *trees: Apply("remainder", trees))
        if isinstance(expr, Pow):
            return self._power(expr, scope)
        raise unknown(expr)

    def _difference(self, expr: Expr, scope: Scope) -> NamedArray:
        """Lower two arguments of a maximum, each summed by itself, which a sum with one negative term is already."""
        above, below = share.sides(expr)
        if not isinstance(expr, Compared) and (above == 0 or not isinstance(below, Add)):
            return self.lower(expr, scope)
        parts = [self.lower(above, scope), self.lower(below, scope)]
        return elementwise(parts, scope.order, lambda *trees: plus((1, -1), trees))

    def _of_matrix(self, expr: OfMatrix, scope: Scope) -> NamedArray:
        """Return a function of a matrix, which is read as a whole; of many matrices, those that are asked for."""
        *_, p, q = expr.read
        inside = scope.opened(p, limits(p)[1:]).opened(q, limits(q)[1:])
        matrix = self.elements.read(self.element(expr.matrix)[0], expr.read, inside)
        batch = [i for i in matrix.axes if i not in (p, q)]
        tree = rearrange(matrix, [*batch, p, q])
        tree = Apply(expr.row.part_of, (tree,)) if expr.row.part_of else tree
        tree = Apply(expr.row.name, (tree,))
        return NamedArray(tree, (*batch, *expr.at))

    def _power(self, expr: Pow, scope: Scope) -> NamedArray:
        if isinstance(expr.exp, Rational) and expr.exp < 0:
            return product(self._factors(expr, scope), scope.order)
        parts = [self._array(self.lower(expr.base, scope)), self.lower(expr.exp, scope)]
        return elementwise(parts, scope.order, Power)


def _or_infinity(tree: Tree, infinity: Tree) -> Tree:
    return Apply("where", (Condition("!=", (tree, Number(0))), tree, infinity))


def _primitive(expr: Expr) -> list[Expr]:
    """Split a product into factors, with whole numbers and signs taken out of its sums: -2x + 2m is -2 (x - m).

    A number costs nothing on a plain number, and what is left is found again elsewhere.
    """
    found, number = [], Integer(1)
    for factor in Mul.make_args(expr):
        content, rest = (
            factor.primitive() if isinstance(factor, Add) and isinstance(expr, Mul) else (Integer(1), factor)
        )
        if isinstance(rest, Add) and (content != 1 or number.is_negative) and rest.could_extract_minus_sign():
            content, rest = -content, -rest
        number *= content
        if isinstance(rest, Rational):
            number *= rest
        else:
            found.append(rest)
    return found if number == 1 and found else [number, *found]
