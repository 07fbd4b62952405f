"""The integers of a program: sizes, ends and lengths of ranges, and index arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from sympy import Add, Expr, Function, Idx, Indexed, Integer, Max, Min, Mul, Symbol

from derive.code.named_axes import NamedArray, Order, elementwise, plain
from derive.code.names import Identifiers
from derive.code.trees import Apply, Name, Number, Power, Shape, Times, Tree, plus
from derive.errors import ModelError
from derive.expressions.blocks import Block, Place
from derive.expressions.indices import Positions, name_of
from derive.expressions.intervals import Interval, at_least, enclosure, image

Loops = Mapping[Idx, tuple[str, Interval]]  # the indices that loops step through: the variable and the range of each


@dataclass(frozen=True)
class Scope:
    """The free indices of an expression: the range of each, the order of their axes, and the variables of loops.

    An index that a loop steps through has a variable, which is a number, and no axis.
    """

    ranges: Mapping[Idx, Interval]
    order: Order
    loops: Mapping[Idx, str]

    def opened(self, idx: Idx, interval: Interval) -> Scope:
        """Return the scope inside a sum over one more index."""
        order = self.order if idx in self.order else (*self.order, idx)
        loops = {k: v for k, v in self.loops.items() if k != idx}
        return replace(self, ranges={**self.ranges, idx: interval}, order=order, loops=loops)

    def ends(self, expr: Expr) -> Interval:
        """Return the least and greatest value of an index expression, or wider bounds if its indices are dependent."""
        found = image(expr, self.ranges)
        if not any(e.atoms(Idx) for e in found):
            return found
        return enclosure(expr, self._known)

    def _known(self, expr: Expr) -> Interval | None:
        """Return bounds of an index: the least value of its lower end and the greatest of its upper end."""
        if isinstance(expr, Idx):
            low, high = (enclosure(end, self._known) for end in self.ranges[expr])
            return low[0], high[1]
        return (expr, expr) if isinstance(expr, Symbol) else None


def scope_of(own: Mapping[Idx, Interval], loops: Loops | None = None) -> Scope:
    """Return the scope of an expression with an axis for each of its own indices, and loops over others."""
    loops = loops or {}
    inside = {**own, **{i: interval for i, (_, interval) in loops.items()}}
    return Scope(inside, tuple(own), {i: name for i, (name, _) in loops.items()})


class Integers:
    """Makes trees of index expressions; `names` gives the identifier of each size, `read` the elements of a family."""

    def __init__(self, names: Identifiers):
        self.names = names
        self.read: Callable[[Expr, Scope], NamedArray]
        self.counted: dict[Expr, Expr] = {}  # positions as they are given, by symbols: the code counts from 0

    def index(self, expr: Expr, scope: Scope) -> NamedArray:
        """Lower an index expression: a plain number without indices, else an integer array with an axis for each."""
        if isinstance(expr, Idx):
            if expr in scope.loops:
                return plain(Name(scope.loops[expr]))
            return NamedArray(Apply("span", tuple(self.index(e, scope).tree for e in scope.ranges[expr])), (expr,))
        if expr in self.counted:
            read = self.read(self.counted[expr], scope)
            return NamedArray(Apply("whole", (read.tree,)), read.axes)
        if expr.has(Positions):
            return self.index(expr.xreplace({e: self._from_zero(e) + 1 for e in expr.atoms(Indexed)}), scope)
        if isinstance(expr, (Quotient, Rest)):
            parts, name = [self.index(a, scope) for a in expr.args], type(expr).__name__.lower()
            return elementwise(parts, scope.order, lambda *trees: Apply(name, trees))
        if expr.has(Block, Place):
            return self.index(expr.replace(Block, _block).replace(Place, _place), scope)
        if isinstance(expr, Symbol):
            return plain(Name(self.names[name_of(expr)]))
        if isinstance(expr, Integer):
            return plain(Number(expr))
        if isinstance(expr, Add):
            return self._sum(expr, scope)
        if expr.is_Pow and expr.exp.is_Integer and expr.exp > 0:
            return elementwise([self.index(expr.base, scope)], scope.order, lambda base: Power(base, Number(expr.exp)))
        parts = [self.index(a, scope) for a in expr.args]
        if isinstance(expr, Mul):
            return elementwise(parts, scope.order, lambda *trees: Times(trees))
        if isinstance(expr, (Max, Min)):
            kind = ("greatest" if isinstance(expr, Max) else "least") + (" number" * all(p.plain for p in parts))
            return elementwise(parts, scope.order, lambda *trees: Apply(kind, trees))
        raise ModelError(f"{expr} cannot be used as an index; use sums and whole multiples of indices and sizes")

    def _from_zero(self, element: Expr) -> Expr:
        found = Symbol(f"{element} from 0", integer=True)
        self.counted[found] = element
        return found

    def _sum(self, expr: Add, scope: Scope) -> NamedArray:
        signed = [(-1, -a) if a.could_extract_minus_sign() else (1, a) for a in expr.args]
        signed.sort(key=lambda s: (s[0] < 0, isinstance(s[1], Integer)))
        parts = [self.index(a, scope) for _, a in signed]
        return elementwise(parts, scope.order, lambda *trees: plus([s for s, _ in signed], trees))

    def number(self, expr: Expr) -> Tree:
        """Lower an index expression without indices, such as the end of a range."""
        return self.index(expr, NOWHERE).tree

    def natural(self, expr: Expr, scope: Scope | None = None) -> Tree:
        """Lower the same number, or 0 where it is negative; it may hold the indices of loops."""
        return self.index(expr if at_least(expr, Integer(0)) else Max(expr, Integer(0)), scope or NOWHERE).tree

    def length(self, interval: Interval, scope: Scope | None = None) -> Tree:
        """Return the number of values in a range."""
        return self.natural(interval[1] - interval[0] + 1, scope)

    def shape(self, intervals: Sequence[Interval]) -> Shape:
        """Return the lengths of the axes of an array."""
        return Shape(tuple(self.length(i) for i in intervals))


class Quotient(Function):
    """a // b, for numbers that count from 0."""

    is_integer = True
    is_nonnegative = True


class Rest(Function):
    """a % b."""

    is_integer = True
    is_nonnegative = True


def _block(value: Expr, length: Expr) -> Expr:
    return Quotient(value - 1, length) + 1


def _place(value: Expr, length: Expr) -> Expr:
    return Rest(value - 1, length) + 1


NOWHERE = Scope({}, (), {})
