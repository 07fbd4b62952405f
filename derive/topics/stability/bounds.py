"""Bounds of the values in a recurrence that hold for all inputs, in absolute values of scalars and norms of matrices.

Where the range of a function is enough (a sigmoid lies between 0 and 1), it is read from the functions table. A gate
that multiplies a state directly is bounded more sharply, by its largest pre-activation, because only a bound below 1
lets the state forget. A state that feeds itself, |c_t| <= a |c_{t-1}| + b, is bounded by b / (1 - a).

The arithmetic is that of `derive.expressions.intervals.enclosure`; what is particular here is what a name is worth: its
norm, a symbol, where `derive.model.ranges` has only the numbers of its domain.
"""

from __future__ import annotations

from collections.abc import Collection

from sympy import Abs, Add, Dummy, Expr, Idx, Indexed, Max, Mul, S, Sum, Symbol, oo

from derive.expressions.functions import row_of
from derive.expressions.indices import name_of, substitute
from derive.expressions.intervals import UNBOUNDED, Interval, enclosure, magnitude, times
from derive.expressions.norms import Norm
from derive.model.model import Model, Node
from derive.model.ranges import declared


class Bounds:
    """Bounds of the values in one recurrence that hold for all inputs.

    `time` is the index of the recurrence; `sharp` names the gates that are bounded by their pre-activation; `order` is
    the norm that a matrix is measured by, "2" or "rows". `known` holds the bounds that were given a name, such as
    f_max = sigma(|w_fh| + ...), in the order in which they were made.
    """

    def __init__(self, model: Model, time: Idx, sharp: Collection[str] = (), order: str = "2"):
        self.model, self.time, self.sharp, self.order = model, time, frozenset(sharp), order
        self.known: dict[Symbol, Expr] = {}
        self._kept: dict[str, Interval] = {}
        self._open: dict[str, Expr] = {}
        self._widened: set[Expr] = set()  # by a start, so that the bound of a sigmoid need not be below 1

    def magnitude(self, expr: Expr) -> Expr:
        """A bound of the absolute value of an expression."""
        return magnitude(self.interval(expr))

    def interval(self, expr: Expr) -> Interval:
        """An interval in which the expression lies for all inputs; its ends are made of norms and absolute values."""
        return enclosure(expr, self._known)

    def is_given(self, factor: Expr) -> bool:
        """True if this is an element of a parameter or of a constant."""
        node = self.model.nodes.get(name_of(factor)) if isinstance(factor, (Symbol, Indexed)) else None
        return node is not None and node.kind in ("parameter", "constant")

    def _known(self, expr: Expr) -> Interval | None:
        if isinstance(expr, (Symbol, Indexed)):
            return self._element(expr)
        return self._matrix_times_vector(expr) if isinstance(expr, Sum) else None

    def _matrix_times_vector(self, expr: Sum) -> Interval | None:
        """|sum_j W_ij v_j| is at most the largest row sum of |W| times the largest entry of |v|."""
        factors = Mul.make_args(expr.function)
        matrices = [f for f in factors if isinstance(f, Indexed) and self.is_given(f) and len(f.indices) == 2]
        if len(expr.limits) != 1 or len(matrices) != 1 or matrices[0].indices[1] != expr.limits[0][0]:
            return None
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
        found = self._leaf(node) if node.is_leaf else self._with_starts(node, self._computed(node))
        if not self._depends(*found):
            self._kept[name] = found
        return found

    def _depends(self, *ends: Expr) -> bool:
        """True if one of these bounds depends on the bound of a state that is still being computed."""
        return any(end.has(own) for end in ends for own in self._open.values())

    def _leaf(self, node: Node) -> Interval:
        low, high = declared(node)
        top = Norm(node.symbol, "largest") if node.indices else Abs(node.symbol)
        return (-top if low == -oo else low, top if high == oo else high)

    def _with_starts(self, node: Node, found: Interval) -> Interval:
        """The interval, widened where a start may lie outside of it: tanh is at most 1, but h_0 may be 5."""
        if found == UNBOUNDED or not self._recurs(node):
            return found
        tops = [t for c in node.cases[1:] if (t := self.magnitude(c.expr)) != 0 and not self._inside(c.expr, found)]
        if oo in tops:
            return UNBOUNDED
        if not tops:
            return found
        own = magnitude(found)
        top = self._named(node, Max(self.known.pop(own, own), *tops))
        self._widened.add(top)
        return -top, top

    def _recurs(self, node: Node) -> bool:
        """True for a function of the table whose start is read; where a node feeds itself its starts are counted."""
        used = (e for n in self.model.nodes.values() if n.cases for e in n.cases[0].expr.atoms(Indexed))
        read = any(name_of(e) == node.name and self.time not in e.indices for e in used)
        return read and len(node.cases) > 1 and row_of(node.cases[0].expr) is not None

    def _inside(self, start: Expr, found: Interval) -> bool:
        low, high = self.interval(start)
        return bool((low - found[0]).is_nonnegative and (found[1] - high).is_nonnegative)

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
            found = self.interval(expr) if row is not None else self._defined(node, own)
        finally:
            del self._open[node.name]
        return UNBOUNDED if any(e.has(own) for e in found) else found

    def _defined(self, node: Node, own: Expr) -> Interval:
        """The interval of a node by its definition; if it feeds itself, |c_t| <= a |c_{t-1}| + b gives b / (1 - a)."""
        corners = [self.magnitude(e) for e in self._corners(node.cases[0].expr)]
        if not any(c.has(own) for c in corners):
            return self.interval(node.cases[0].expr)
        tops = [self.magnitude(c.expr) for c in node.cases[1:] if c.expr != 0]
        for corner in corners:
            slope = corner.coeff(own)
            rest = corner - slope * own
            below = slope in self.known and slope not in self._widened
            if corner.has(oo) or rest.has(own) or not (below or (slope.is_number and slope <= 1)):
                return UNBOUNDED
            if slope != 1:
                tops.append(rest / (1 - slope))
            elif rest != 0:
                return UNBOUNDED
        top = self._named(node, Max(*tops))
        return -top, top

    def _corners(self, expr: Expr) -> list[Expr]:
        """The expressions that arise if every mixing gate takes the two ends of its range.

        A mixing gate is z in (1 - z) a + z b. Such an expression is affine in z, so its extremes lie at the ends.
        """
        for atom in sorted(expr.atoms(Indexed), key=str):
            node = self.model.nodes[name_of(atom)]
            row = row_of(node.cases[0].expr) if len(node.cases) == 1 else None
            terms = [a for a in Add.make_args(expr) if a.has(atom)]
            if len(terms) > 1 and row is not None and oo not in row.value_range and -oo not in row.value_range:
                return [c for end in row.value_range for c in self._corners(substitute(expr, {atom: S(end)}))]
        return [expr]

    def _named(self, node: Node, value: Expr) -> Expr:
        """Give the bound of a node a name, unless the bound is a number."""
        if value.is_number:
            return value
        symbol = Symbol(f"{node.name}_max", nonnegative=True)
        self.known[symbol] = value
        return symbol
