"""Expressions in index notation to trees of array operations, an axis for each letter."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial, reduce
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
    Max,
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

from derive.code.elements import Reading, Stored
from derive.code.integers import Scope
from derive.code.named_axes import Factor, Laid, contract, product, together, total
from derive.code.names import Identifiers
from derive.code.program import Apply, Call, Number, Power, Truth, plus
from derive.errors import ModelError
from derive.expressions.functions import row_of, unknown
from derive.expressions.indices import BINDERS, apart, bound, name_of
from derive.expressions.symbols import Partial

ONE = Laid(Number(1), (), True)
NEUTRAL = {"sum": Laid(Number(0), (), True), "prod": ONE}


class Arrays(Reading):
    """Lowers expressions; `stored` says where the values of the families are."""

    def __init__(self, names: Identifiers, sizes: set[Symbol], stored: Mapping[str, Stored]):
        super().__init__(names)
        self.sizes, self.stored = sizes, dict(stored)

    def element(self, expr: Partial) -> tuple[Stored, tuple[Expr, ...]]:
        """Where the values of a partial are, and at which position."""
        raise ModelError(f"{expr} has no value going forward")

    def lower(self, expr: Expr, scope: Scope) -> Laid:
        """Any expression."""
        if expr.is_Number or not (expr.free_symbols or expr.atoms(*BINDERS, Function)):
            return self._constant(expr)
        if isinstance(expr, Add):
            return self._sum(expr, scope)
        if isinstance(expr, Mul):
            return product(self._factors(expr, scope), scope.order)
        if isinstance(expr, (Idx, Symbol, Indexed, Partial)):
            return self._leaf(expr, scope)
        if isinstance(expr, BINDERS):
            return self._bound(expr, scope)
        if isinstance(expr, Piecewise):
            return self._piecewise(expr, scope)
        return self._function(expr, scope)

    def _constant(self, expr: Expr) -> Laid:
        if isinstance(expr, Rational) and not isinstance(expr, Integer):
            return product(self._factors(expr, None), ())
        return Laid(Number(expr if isinstance(expr, Integer) else float(expr)), (), True)  # type: ignore[arg-type]

    def _leaf(self, expr: Expr, scope: Scope) -> Laid:
        if isinstance(expr, Idx) or expr in self.sizes:
            return self._value(self.whole(expr, scope))
        if isinstance(expr, Partial):
            stored, position = self.element(expr)
        else:
            stored, position = self.stored[name_of(expr)], getattr(expr, "indices", ())
        return self.read(stored, position, scope)

    def _value(self, whole: Laid) -> Laid:
        """A whole number, or a truth, as a number of the arrays' own type."""
        return whole if whole.plain else self._cast(whole)

    def _cast(self, part: Laid) -> Laid:
        return Laid(Apply("array", (part.tree,)), part.axes)

    def _sum(self, expr: Add, scope: Scope) -> Laid:
        signed = [(-1, -a) if a.as_coeff_Mul()[0].is_negative else (1, a) for a in expr.args]
        signed.sort(key=lambda s: (s[0] < 0, isinstance(s[1], (Sum, Partial))))
        parts = [self.lower(a, scope) for _, a in signed]
        signs = [s for s, _ in signed]
        return together(parts, scope.order, lambda *trees: plus(signs, trees))

    def _factors(self, expr: Expr, scope: Scope | None) -> list[Factor]:
        """The factors of a product, those below the line with exponent -1."""
        found: list[Factor] = []
        for factor in _primitive(expr):
            if isinstance(factor, Rational):
                found += [(Laid(Number(Integer(n)), (), True), s) for n, s in ((factor.p, 1), (factor.q, -1)) if n != 1]
                continue
            assert scope is not None
            below = isinstance(factor, Pow) and isinstance(factor.exp, Rational) and factor.exp < 0
            found.append((self.lower(1 / factor if below else factor, scope), -1 if below else 1))
        return found

    def _bound(self, expr: Sum | Product, scope: Scope) -> Laid:
        """Over ranges with fixed ends at once; an end that moves with another letter becomes a mask."""
        letters: list[Idx] = []
        ragged: list[tuple[Idx, Expr, Expr]] = []
        body = apart(expr, scope.ranges)  # no letter of its own is one that stands around it
        while isinstance(body, type(expr)) and body.limits[-1][0] not in letters:
            *inner, (idx, low, high) = body.limits
            body = bound(expr.func, body.function, inner) if inner else body.function
            ends = scope.ends(low)[0], scope.ends(high)[1]
            if low.atoms(Idx) | high.atoms(Idx):
                ragged.append((idx, low, high))
            scope = scope.opened(idx, ends)
            letters.append(idx)
        kind = "sum" if isinstance(expr, Sum) else "prod"
        factors = self._factors(body, scope) if kind == "sum" and not ragged else [(self.lower(body, scope), 1)]
        for idx, low, high in ragged:
            truth = self._between(idx, low, high, scope)
            parts = [truth, self._value_of(product(factors, scope.order)), NEUTRAL[kind]]
            factors = [(together(parts, scope.order, lambda *trees: Apply("where", trees)), 1)]
        return self._over(kind, factors, letters, scope)

    def _over(self, kind: str, factors: list[Factor], letters: list[Idx], scope: Scope) -> Laid:
        """A letter that nothing depends on counts its values."""
        missing = [a for a in letters if not any(a in f.axes for f, _ in factors)]
        present = [a for a in letters if a not in missing]
        counts = [Laid(self.length(scope.ranges[a]), (), True) for a in missing]
        if kind == "sum":
            return contract([*factors, *((c, 1) for c in counts)], present, scope.order)
        part = product(factors, scope.order)
        if present:
            part = total(part, present, "prod")
        return reduce(lambda p, c: together([p, c], scope.order, Power), counts, part)

    def _value_of(self, part: Laid) -> Laid:
        return self._cast(part) if part.plain else part

    def _between(self, value: Expr, low: Expr, high: Expr, scope: Scope) -> Laid:
        parts = [self.whole(e, scope) for e in (value - low, high - value)]
        signs = [together([p, NEUTRAL["sum"]], scope.order, lambda a, b: Truth(">=", (a, b))) for p in parts]
        return together(signs, scope.order, lambda *trees: Truth("&", trees))

    def _piecewise(self, expr: Piecewise, scope: Scope) -> Laid:
        result = NEUTRAL["sum"]
        for value, condition in reversed(expr.args):
            part = self._value_of(self.lower(value, scope))
            if condition is S.true:
                result = part
            elif condition is not S.false:
                parts = [self._truth(condition, scope), part, result]
                result = together(parts, scope.order, lambda *trees: Apply("where", trees))
        return result

    def _truth(self, condition: Any, scope: Scope) -> Laid:
        if isinstance(condition, (ITE, Not)):
            return self._truth(condition.to_nnf(), scope)
        if isinstance(condition, (And, Or)):
            sign = "&" if isinstance(condition, And) else "|"
            parts = [self._truth(c, scope) for c in condition.args]
            return together(parts, scope.order, lambda *trees: Truth(sign, trees))
        if not isinstance(condition, Relational):
            raise ModelError(f"the condition {condition} is not a comparison of two expressions")
        parts = [self.lower(a, scope) for a in condition.args]
        if all(p.plain for p in parts):
            parts[0] = self._value_of(parts[0])
        return together(parts, scope.order, lambda *trees: Truth(condition.rel_op, trees))

    def _function(self, expr: Expr, scope: Scope) -> Laid:
        name = type(expr).__name__
        if name == "inside":
            value, low, high = expr.args
            return self._cast(self._between(value, low, high, scope))
        if name == "KroneckerDelta":
            parts = [self.whole(a, scope) for a in expr.args]
            return self._cast(together(parts, scope.order, lambda *trees: Truth("==", trees)))
        row = row_of(expr)
        if row is not None:
            return together([self._value_of(self.lower(expr.args[0], scope))], scope.order, partial(Call, row.name))
        if isinstance(expr, Max):
            parts = [self._value_of(self.lower(a, scope)) for a in expr.args]
            return together(parts, scope.order, lambda *trees: Apply("maximum", trees))
        if isinstance(expr, Pow):
            return self._power(expr, scope)
        raise unknown(expr)

    def _power(self, expr: Pow, scope: Scope) -> Laid:
        if isinstance(expr.exp, Rational) and expr.exp < 0:
            return product(self._factors(expr, scope), scope.order)
        parts = [self._value_of(self.lower(expr.base, scope)), self.lower(expr.exp, scope)]
        return together(parts, scope.order, Power)


def _primitive(expr: Expr) -> list[Expr]:
    """The factors of a product, whole numbers and signs taken out of its sums: -2x + 2m is -2 (x - m).

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
