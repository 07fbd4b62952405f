"""Bounds that hold for all inputs: intervals of values, and gains, the bounds of a path's local partials.

Where a function's range does (a sigmoid lies in (0, 1)), the functions table is read. A gate that multiplies a state
directly is bounded sharper, by its largest pre-activation, for only a bound below 1 lets the state forget; a state that
feeds itself, |c_t| <= a |c_{t-1}| + b, is bounded by b / (1 - a). Scalars give absolute values, matrices norms.
"""

from __future__ import annotations

from collections.abc import Collection

from sympy import Abs, Add, Dummy, Expr, Idx, Indexed, Max, Mul, Pow, S, Sum, Symbol, oo

from derive.expressions.functions import row_of
from derive.expressions.indices import name_of, substitute
from derive.expressions.norms import Norm
from derive.model.model import Model, Node

Interval = tuple[Expr, Expr]
UNBOUNDED: Interval = (-oo, oo)


class Bounds:
    """Bounds for one recurrence, `time` its index.

    `sharp` names the gates that are bounded by their pre-activation; `order` is the norm of a matrix, "2" or "rows".

    `known` are the bounds that were given a name: f_max = sigma(|w_fh| + ...), in the order in which they were made.
    """

    def __init__(self, model: Model, time: Idx, sharp: Collection[str] = (), order: str = "2"):
        self.model, self.time, self.sharp, self.order = model, time, frozenset(sharp), order
        self.known: dict[Symbol, Expr] = {}
        self._kept: dict[str, Interval] = {}
        self._open: dict[str, Expr] = {}

    def _leaf(self, factor: Expr) -> bool:
        node = self.model.nodes.get(name_of(factor)) if isinstance(factor, (Symbol, Indexed)) else None
        return node is not None and node.kind in ("parameter", "constant")

    def magnitude(self, expr: Expr) -> Expr:
        """The largest absolute value of an expression."""
        low, high = self.interval(expr)
        if high == -low or low.is_nonnegative:
            return high
        return -low if high.is_nonpositive else Max(-low, high)

    def interval(self, expr: Expr) -> Interval:
        """The least and largest value of an expression."""
        if expr.is_number:
            return expr, expr
        if isinstance(expr, Idx):
            return expr.lower, expr.upper
        if isinstance(expr, (Symbol, Indexed)):
            return self._element(expr)
        if isinstance(expr, Add):
            lows, highs = zip(*(self.interval(a) for a in expr.args), strict=True)
            return Add(*lows), Add(*highs)
        if isinstance(expr, Mul):
            return self._product(expr)
        if isinstance(expr, Pow) and expr.exp.is_Integer and expr.exp > 0:
            top = _power(self.magnitude(expr.base), expr.exp)
            return (S.Zero if expr.exp.is_even else -top, top)
        if isinstance(expr, Sum):
            return self._sum(expr)
        row = row_of(expr)
        return UNBOUNDED if row is None else (S(row.value_range[0]), S(row.value_range[1]))

    def _product(self, expr: Mul) -> Interval:
        number, rest = expr.as_coeff_Mul()
        if number != 1:
            low, high = (times(number, end) for end in self.interval(rest))
            return (low, high) if number > 0 else (high, low)
        parts = [self.interval(a) for a in expr.args]
        top = times(*(self.magnitude(a) for a in expr.args))
        return (S.Zero if all(low.is_nonnegative for low, _ in parts) else -top, top)

    def _sum(self, expr: Sum) -> Interval:
        """A matrix times a vector: at most the largest row sum times the largest entry."""
        factors = Mul.make_args(expr.function)
        matrices = [f for f in factors if isinstance(f, Indexed) and self._leaf(f) and len(f.indices) == 2]
        if len(expr.limits) != 1 or len(matrices) != 1 or matrices[0].indices[1] != expr.limits[0][0]:
            return UNBOUNDED
        top = times(Norm(matrices[0].base, "rows"), *(self.magnitude(f) for f in factors if f is not matrices[0]))
        return -top, top

    def _element(self, expr: Expr) -> Interval:
        name = name_of(expr)
        node = self.model.nodes.get(name)
        if name in self._open:
            return -self._open[name], self._open[name]
        if node is None:
            return expr, expr
        if name in self._kept:
            return self._kept[name]
        found = self._given(node) if node.is_leaf else self._computed(node)
        if not self._depends(*found):
            self._kept[name] = found
        return found

    def _depends(self, *ends: Expr) -> bool:
        """Does a bound rest on that of a state whose own is still being sought?"""
        return any(end.has(own) for end in ends for own in self._open.values())

    def _given(self, node: Node) -> Interval:
        if node.domain in ("probability", "binary"):
            return S.Zero, S.One
        top = Norm(node.symbol, "largest") if node.indices else Abs(node.symbol)
        return (S.Zero if node.domain == "positive" else -top, top)

    def _computed(self, node: Node) -> Interval:
        expr = node.cases[0].expr
        row = row_of(expr)
        inner = self.magnitude(expr.args[0]) if row is not None and row.symmetric and node.name in self.sharp else oo
        if row is not None and not inner.has(oo) and not self._depends(inner):
            top = self._named(node, row.value(inner))
            return S(row.value_range[0]) + S(row.value_range[1]) - top, top
        own = Dummy("bound", nonnegative=True)
        self._open[node.name] = own
        try:
            found = self.interval(expr) if row is not None else self._lawful(node, own)
        finally:
            del self._open[node.name]
        return UNBOUNDED if any(e.has(own) for e in found) else found

    def _lawful(self, node: Node, own: Expr) -> Interval:
        """A node by its law; where it feeds itself, a bound that no step can leave."""
        corners = [self.magnitude(e) for e in self._corners(node.cases[0].expr)]
        if not any(c.has(own) for c in corners):
            return self.interval(node.cases[0].expr)
        tops = [self.magnitude(c.expr) for c in node.cases[1:] if c.expr != 0]
        for corner in corners:
            slope = corner.coeff(own)
            rest = corner - slope * own
            if corner.has(oo) or rest.has(own) or not (slope in self.known or (slope.is_number and slope <= 1)):
                return UNBOUNDED
            if slope != 1:
                tops.append(rest / (1 - slope))
            elif rest != 0:
                return UNBOUNDED
        top = self._named(node, Max(*tops))
        return -top, top

    def _corners(self, expr: Expr) -> list[Expr]:
        """The expression with every mixing gate (z in (1 - z) a + z b, affine in z) at its two ends."""
        for atom in sorted(expr.atoms(Indexed), key=str):
            node = self.model.nodes[name_of(atom)]
            row = row_of(node.cases[0].expr) if node.cases else None
            terms = [a for a in Add.make_args(expr) if a.has(atom)]
            if len(terms) > 1 and row is not None and oo not in row.value_range and -oo not in row.value_range:
                return [c for end in row.value_range for c in self._corners(substitute(expr, {atom: S(end)}))]
        return [expr]

    def _named(self, node: Node, value: Expr) -> Expr:
        """A bound by the name of its node, unless it is a number."""
        if value.is_number:
            return value
        symbol = Symbol(f"{node.name}_max", nonnegative=True)
        self.known[symbol] = value
        return symbol


def times(*factors: Expr) -> Expr:
    """A product of bounds, in which zero times unbounded is zero."""
    return S.Zero if any(f == 0 for f in factors) else Mul(*factors)


def _power(base: Expr, exponent: Expr) -> Expr:
    return oo if base == oo else base**exponent
