"""A formula of an answer becomes numbers: its names are those of a model, and what the answer has defined before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction as Exact
from functools import partial
from typing import Any

import numpy as np
from flint import arb, arb_series

from derive.judge import atoms, ball_functions, balls, definitions, derivatives, functions, powers, products, sums
from derive.judge.balls import ball, each
from derive.judge.conditions import Circumstances
from derive.judge.kinks import Met, literal
from derive.judge.meaning import Defined, Reading
from derive.judge.names import Names
from derive.judge.places import (
    NotWhole,
    OutOfRange,
    Scope,
    Span,
    unread,
    whole,
)
from derive.judge.value import Mismatch, Value, added, elementwise, scalar, transposed
from derive.judge.world import World
from derive.read.tree import (
    Added,
    Bars,
    Big,
    Bracketed,
    Call,
    Differential,
    Fraction,
    Multiplied,
    Node,
    Number,
    Relation,
    Root,
    Rows,
    Scripted,
    Symbol,
)
from derive.transcribe.occurrences import Occurrence, occurrence, places, written

STEPS = 50_000  # in which one line is computed at most
_ROUNDED = {"floor": "floor", "ceil": "ceiling"}  # by the brackets around it


@dataclass
class Formulas:
    """Evaluates formulas in one world."""

    world: World
    names: Names
    source: str
    defined: dict[tuple[str, tuple[str, ...]], list[Defined]] = field(default_factory=dict)
    how: Reading = field(default_factory=Reading)
    free_names: dict[str, Value] | None = None  # without a model, unknown names are random numbers
    depth: int = 0
    circumstances: Circumstances = field(default_factory=Circumstances)
    met: Met = field(default_factory=Met)
    budget: balls.Budget = field(default_factory=lambda: balls.Budget(STEPS))

    def __post_init__(self) -> None:
        self.sizes = {str(s): n for s, n in self.world.sizes.items()}

    def elsewhere(self, world: World) -> Formulas:
        """The same names and definitions in another world."""
        return replace(self, world=world, how=Reading(), met=Met())

    # -- the tree -------------------------------------------------------------------------------------------------

    def value(self, node: Node, scope: Scope) -> Value:
        """The value of a formula. Errors: ReadError for what has no meaning, Mismatch, OutOfRange, NoValue."""
        self.budget.take()
        form = _FORMS.get(type(node))
        if form is None:
            raise unread("this is no formula that has a value", self.source, node)
        try:
            return form(self, node, scope)
        except Mismatch as wrong:
            if not hasattr(wrong, "node"):
                wrong.node = node  # type: ignore[attr-defined]
            raise

    def _number(self, node: Number, scope: Scope) -> Value:
        return scalar(ball(Exact(node.digits)))

    def _added(self, node: Added, scope: Scope) -> Value:
        return added([self.value(t, scope) for t in node.terms], node.signs)

    def _bracketed(self, node: Bracketed, scope: Scope) -> Value:
        if len(node.items) == 1:
            item = node.items[0]
            found = self.truth(item, scope) if isinstance(item, Relation) else self.value(item, scope)
            rule = _ROUNDED.get(node.brackets)
            return (
                found if rule is None else replace(found, numbers=each(ball_functions.FUNCTIONS[rule], found.numbers))
            )
        parts = [self.value(item, scope) for item in node.items]
        if node.brackets == "[]" and all(len(p.dims) == 1 for p in parts):
            return Value(np.concatenate([p.numbers for p in parts], axis=0))
        if all(not p.dims for p in parts) and len(parts) > 1:
            return Value(np.stack(np.broadcast_arrays(*(p.numbers for p in parts))))
        raise unread("several things stand in this bracket", self.source, node)

    def truth(self, node: Relation, scope: Scope) -> Value:
        r"""`[z > 0]` is 1 where it holds."""
        return Value(each(lambda t: arb(int(bool(t))), self.holds(node, scope)))

    def holds(self, node: Relation, scope: Scope) -> Any:
        """Where a comparison holds, at each element and point."""
        found: Any = True
        for one, two, sign in zip(node.sides, node.sides[1:], node.signs, strict=False):
            if sign not in _COMPARED:
                raise unread("this is no comparison", self.source, node)
            here = self._compared(node, one, two, sign, scope)
            found = here if found is True else each(lambda a, b: bool(a) and bool(b), found, here)
        return found

    def _compared(self, node: Relation, one: Node, two: Node, sign: str, scope: Scope) -> Any:
        """Where two formulas compare so; which side was taken is remembered."""
        try:
            numbers = [self.whole(s, scope) for s in (one, two)]
        except NotWhole:
            left, right = self.value(one, scope), self.value(two, scope)
            compare = partial(ball_functions.compared, sign)
            here = elementwise(lambda a, b: each(compare, a, b), left, right).numbers
            if sign not in ("=", "!="):
                self.met.take(node, ~here.astype(bool), here, one.start)
            return here
        truth = np.array([_COMPARED[sign](*numbers)], dtype=object)
        if literal((one, two)):
            self.met.take(node, ~truth.astype(bool), truth, one.start)
        return truth

    def _differential(self, node: Differential, scope: Scope) -> Value:
        if derivatives.inline((node,), ("",)) is None:
            raise unread("a change alone has no value; write a derivative", self.source, node)
        return products.factor(self, (node,), ("",), scope)[0]

    def _root(self, node: Root, scope: Scope) -> Value:
        inner = self.value(node.body, scope)
        degree = 2 if node.degree is None else self.whole(node.degree, scope)
        return replace(inner, numbers=each(lambda v: balls.power(v, Exact(1, degree)), inner.numbers))

    def _call(self, node: Call, scope: Scope) -> Value:
        name = occurrence(node.function)
        items = [*node.argument.items] if isinstance(node.argument, Bracketed) else [node.argument]
        if name is None:
            raise unread("this is no name of a function", self.source, node.function)
        return functions.call(self, name, items, scope)

    def _bars(self, node: Bars, scope: Scope) -> Value:
        inner = self.value(node.body, scope)
        if node.strokes == 2:
            return functions.norm(inner, "")
        if len(inner.dims) == 2:
            return functions.of_matrix("det", inner)
        self.met.signs(node, inner.numbers)
        return replace(inner, numbers=each(ball_functions.FUNCTIONS["abs"], inner.numbers))

    def _rows(self, node: Rows, scope: Scope) -> Value:
        if node.kind in ("cases", "dcases", "rcases"):
            return functions.cases(self, node, scope)
        rows = [[self.value(item, scope) for item in row] for row in node.rows]
        table = np.stack([np.stack(np.broadcast_arrays(*(v.numbers for v in row))) for row in rows])
        if table.shape[1] == 1:
            return Value(table[:, 0])
        return Value(table[0], True) if table.shape[0] == 1 else Value(table)

    # -- names ----------------------------------------------------------------------------------------------------

    def _scripted(self, node: Scripted, scope: Scope) -> Value:
        name = occurrence(node)
        if name is not None:
            return self._name(name, scope)
        if isinstance(node.base, Bars) and node.base.strokes == 2:
            below = "" if node.below is None else written(node.below)
            value = functions.norm(self.value(node.base.body, scope), below)
            return value if node.above is None else self.power(value, node.above, scope)
        if isinstance(node.base, Call) and isinstance(node.base.function, Symbol) and node.below is not None:
            inner = self.value(node.base, scope)
            return self.scripts(inner, node, scope)
        return self.scripts(self.value(node.base, scope), node, scope)

    def scripts(self, inner: Value, node: Scripted, scope: Scope) -> Value:
        """What stands below a bracket are indices, what stands above a power or a transposition."""
        if node.above is not None:
            inner = self.power(inner, node.above, scope)
        if node.below is not None:
            for place in places(node.below):
                at = self.whole(place, scope) - 1
                if not inner.dims or not 0 <= at < inner.dims[0]:
                    raise OutOfRange
                inner = Value(inner.numbers[at])
        return inner

    def _symbol(self, node: Symbol, scope: Scope) -> Value:
        name = occurrence(node)
        assert name is not None
        return self._name(name, scope)

    def _name(self, name: Occurrence, scope: Scope) -> Value:
        name = self.names.whole(name)
        value = atoms.plain(self, name, scope)
        if name.transposed:
            if not value.dims and not value.ones and "T" in self.sizes and written(_above(name)) == "T":
                return self.power(value, _above(name), scope)
            value = transposed(value)
        return value if name.power is None else self.power(value, name.power, scope)

    def at(self, array: Any, places: tuple[Node, ...], scope: Scope, of: int = -1) -> Value:
        """The elements of a family at some indices, the first ones. OutOfRange where there are none."""
        numbers = array.numbers
        try:
            asked = [self.whole(p, scope) - low for p, low in zip(places, array.low, strict=False)]
        except NotWhole as wrong:
            raise unread(f"{written(wrong.node)} is no index here", self.source, wrong.node) from None
        for place in asked:
            if not 0 <= place < numbers.shape[0]:
                raise OutOfRange
            numbers = numbers[place]
        return Value(numbers, of=of)

    # -- indices --------------------------------------------------------------------------------------------------

    def whole(self, node: Node, scope: Scope) -> int:
        """The whole number that stands as an index, also one of the model's own, as the class y_i."""
        try:
            return whole(node, scope, self.sizes)
        except NotWhole:
            name = occurrence(node)
            if name is None or name.power is not None or self.names.find(name, set(scope)) is None:
                raise
            found = [balls.whole(x) for x in self._name(name, scope).numbers.ravel()]
            if not found or found[0] is None or len(set(found)) > 1:
                raise
            return found[0]

    def power(self, value: Value, above: Node, scope: Scope) -> Value:
        """A power, a transposition, an inverse."""
        return powers.power(self, value, above, scope)

    def ranges(self, node: Node, wished: Mapping[str, None] | None = None) -> dict[str, Span]:
        """The range of each index letter of a formula that nothing in it binds; of the `wished` ones only."""
        return definitions.ranges(self, node, wished)

    def slope(self, function: Callable[[Any], Any], value: Value) -> Value:
        """The derivative of a function at every element."""
        return replace(value, numbers=each(lambda v: _slope(function(arb_series([ball(v), 1]))), value.numbers))


def _slope(x: Any) -> Any:
    return x[1] if isinstance(x, arb_series) else arb(0)


def _above(name: Occurrence) -> Node:
    assert isinstance(name.node, Scripted) and name.node.above is not None
    return name.node.above


_COMPARED: dict[str, Callable[[Any, Any], Any]] = {
    "<": lambda a, b: a < b, ">": lambda a, b: a > b, "<=": lambda a, b: a <= b, ">=": lambda a, b: a >= b,
    "=": lambda a, b: a == b, "!=": lambda a, b: a != b,
}  # fmt: skip
_FORMS: dict[type[Node], Callable[[Formulas, Any, Scope], Value]] = {
    Number: Formulas._number, Added: Formulas._added, Bracketed: Formulas._bracketed, Multiplied: products.multiplied,
    Fraction: products.fraction, Root: Formulas._root, Call: Formulas._call, Bars: Formulas._bars,
    Differential: Formulas._differential,
    Rows: Formulas._rows, Big: sums.big, Scripted: Formulas._scripted, Symbol: Formulas._symbol,
}  # fmt: skip
