"""Whole numbers of the program: sizes, range ends, lengths, and index arithmetic over letters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sympy import Add, Expr, Idx, Integer, Max, Min, Mul, Symbol

from derive.code.named_axes import Laid, Order, together
from derive.code.names import Identifiers
from derive.code.program import Apply, Name, Number, Times, Tree, plus
from derive.errors import ModelError
from derive.expressions.indices import name_of
from derive.expressions.intervals import Interval, at_least, enclosure, image


@dataclass(frozen=True)
class Scope:
    """The letters that stand free where an expression stands: their ranges, their order, and those of loops."""

    ranges: Mapping[Idx, Interval]
    order: Order
    loops: Mapping[Idx, str]

    def opened(self, idx: Idx, interval: Interval) -> Scope:
        """With one letter more, that of a sum."""
        order = self.order if idx in self.order else (*self.order, idx)
        loops = {k: v for k, v in self.loops.items() if k != idx}
        return replace(self, ranges={**self.ranges, idx: interval}, order=order, loops=loops)

    def ends(self, expr: Expr) -> Interval:
        """The least and greatest value of an index expression, or an interval around them if its indices depend on each
        other."""
        found = image(expr, self.ranges)
        if not any(e.atoms(Idx) for e in found):
            return found
        return enclosure(expr, self._known)

    def _known(self, expr: Expr) -> Interval | None:
        """An index lies between the least value of its lower end and the greatest of its upper end."""
        if isinstance(expr, Idx):
            low, high = (enclosure(end, self._known) for end in self.ranges[expr])
            return low[0], high[1]
        return (expr, expr) if isinstance(expr, Symbol) else None


class Wholes:
    """Index expressions as trees."""

    def __init__(self, names: Identifiers):
        self.names = names

    def whole(self, expr: Expr, scope: Scope) -> Laid:
        """An index expression: a plain number without letters, an integer array over those it has."""
        if isinstance(expr, Idx):
            if expr in scope.loops:
                return Laid(Name(scope.loops[expr]), (), True)
            return Laid(Apply("span", tuple(self.number(e) for e in scope.ranges[expr])), (expr,))
        if isinstance(expr, Symbol):
            return Laid(Name(self.names[name_of(expr)]), (), True)
        if isinstance(expr, Integer):
            return Laid(Number(expr), (), True)
        if isinstance(expr, Add):
            signed = [(-1, -a) if a.could_extract_minus_sign() else (1, a) for a in expr.args]
            signed.sort(key=lambda s: (s[0] < 0, isinstance(s[1], Integer)))
            parts = [self.whole(a, scope) for _, a in signed]
            signs = [s for s, _ in signed]
            return together(parts, scope.order, lambda *trees: plus(signs, trees))
        parts = [self.whole(a, scope) for a in expr.args]
        if isinstance(expr, Mul):
            return together(parts, scope.order, lambda *trees: Times(trees))
        if isinstance(expr, (Max, Min)):
            kind = ("greatest" if isinstance(expr, Max) else "least") + (" number" * all(p.plain for p in parts))
            return together(parts, scope.order, lambda *trees: Apply(kind, trees))
        raise ModelError(f"{expr} cannot be used as an index; use sums and whole multiples of indices and sizes")

    def number(self, expr: Expr) -> Tree:
        """A range end."""
        return self.whole(expr, NOWHERE).tree

    def natural(self, expr: Expr) -> Tree:
        """The same, but never below 0."""
        return self.number(expr if at_least(expr, Integer(0)) else Max(expr, Integer(0)))

    def length(self, interval: Interval) -> Tree:
        """How many values a range has."""
        return self.natural(interval[1] - interval[0] + 1)


NOWHERE = Scope({}, (), {})
