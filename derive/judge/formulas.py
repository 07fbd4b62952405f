"""A formula of an answer becomes numbers: its names are those of a model, and what the answer has defined before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction as Exact
from typing import Any

import numpy as np
from flint import arb, arb_series

from derive.judge import balls, definitions, derivatives, functions, slopes, sums
from derive.judge.balls import ball, each
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
from derive.judge.value import Mismatch, Value, added, elementwise, eye, product, quotient, scalar, shown, transposed
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
from derive.transcribe.occurrences import ONES, TRANSPOSED, Occurrence, occurrence, written

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
    budget: balls.Budget = field(default_factory=lambda: balls.Budget(STEPS))

    def __post_init__(self) -> None:
        self.sizes = {str(s): n for s, n in self.world.sizes.items()}

    def elsewhere(self, world: World) -> Formulas:
        """The same names and definitions in another world."""
        return replace(self, world=world, how=Reading())

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
            found = self._truth(item, scope) if isinstance(item, Relation) else self.value(item, scope)
            rule = _ROUNDED.get(node.brackets)
            return found if rule is None else replace(found, numbers=each(balls.FUNCTIONS[rule], found.numbers))
        parts = [self.value(item, scope) for item in node.items]
        if node.brackets == "[]" and all(len(p.dims) == 1 for p in parts):
            return Value(np.concatenate([p.numbers for p in parts], axis=0))
        if all(not p.dims for p in parts) and len(parts) > 1:
            return Value(np.stack(np.broadcast_arrays(*(p.numbers for p in parts))))
        raise unread("several things stand in this bracket", self.source, node)

    def _truth(self, node: Relation, scope: Scope) -> Value:
        r"""`[z > 0]` is 1 where it holds."""
        return Value(each(lambda t: arb(int(bool(t))), self.holds(node, scope)))

    def holds(self, node: Relation, scope: Scope) -> Any:
        """Where a comparison holds, at each element and point."""
        found: Any = True
        for one, two, sign in zip(node.sides, node.sides[1:], node.signs, strict=False):
            if sign not in _COMPARED:
                raise unread("this is no comparison", self.source, node)
            try:
                here: Any = np.array([_COMPARED[sign](*(self.whole(s, scope) for s in (one, two)))], dtype=object)
            except NotWhole:
                left, right = self.value(one, scope), self.value(two, scope)
                here = elementwise(lambda a, b, s=sign: each(_COMPARED[s], a, b), left, right).numbers  # type: ignore[misc]
            found = here if found is True else each(lambda a, b: bool(a) and bool(b), found, here)
        return found

    def _differential(self, node: Differential, scope: Scope) -> Value:
        if derivatives.inline((node,), ("",)) is None:
            raise unread("a change alone has no value; write a derivative", self.source, node)
        return self._factor((node,), ("",), scope)[0]

    def _multiplied(self, node: Multiplied, scope: Scope) -> Value:
        try:
            return self._product(node, scope)
        except OutOfRange:
            if any(functions.vanishes(self, factor, scope) for factor in node.factors):
                return scalar(arb(0))
            raise

    def _product(self, node: Multiplied, scope: Scope) -> Value:
        factors, signs = node.factors, node.signs
        found: Value | None = None
        place = 0
        while place < len(factors):
            sign = signs[place] if place else ""
            value, count = self._factor(factors[place:], signs[place:], scope)
            place += count
            if found is None:
                found = value
            elif sign == "/":
                found = self.over(found, value)
            else:
                found = product(found, value, sign, self.how.vectors)
        assert found is not None
        return found

    def _factor(self, factors: tuple[Node, ...], signs: tuple[str, ...], scope: Scope) -> tuple[Value, int]:
        """The value at the beginning of a product, and how many factors it took: a function takes its bracket."""
        taken = derivatives.inline(factors, signs)
        if taken is not None and self._of_a_name(taken.derivative.of):
            value = self.derivative(taken.derivative, scope)
            for rest in taken.rest:
                value = product(value, self.value(rest, scope), "", self.how.vectors)
            return value, taken.taken
        behind = factors[1] if len(factors) > 1 and not signs[1] else None
        bracket = behind.base if isinstance(behind, Scripted) else behind
        if isinstance(bracket, Bracketed) and (found := self._applied(factors[0], bracket, scope)) is not None:
            return self._scripts(found, behind, scope) if isinstance(behind, Scripted) else found, 2
        if self._change(factors, signs):
            name = occurrence(factors[1])
            assert name is not None
            return self.derivative(derivatives.Derivative(factors[0], factors[0], name), scope, loss=True), 2
        return self.value(factors[0], scope), 1

    def _change(self, factors: tuple[Node, ...], signs: tuple[str, ...]) -> bool:
        """Whether `dW` stands here for dL/dW, as programs call it."""
        if len(factors) < 2 or signs[1] or not isinstance(factors[0], Symbol) or factors[0].name != "d":
            return False
        name = occurrence(factors[1])
        return name is not None and self._resolved(occurrence(factors[0])) is None and self._resolved(name) is not None

    def _resolved(self, name: Occurrence | None) -> Any:
        return None if name is None else self.names.find(name)

    def _of_a_name(self, node: Node) -> bool:
        return occurrence(node) is not None

    def _applied(self, head: Node, bracket: Bracketed, scope: Scope) -> Value | None:
        """A function with its bracket, or the loss with its arguments; None if the head is a quantity."""
        name = occurrence(head)
        if name is None:
            if isinstance(head, Number) and head.digits == "1" and isinstance(bracket.items[0], Relation):
                return self._bracketed(bracket, scope)
            return None
        if name.power is not None or name.transposed:
            return None
        if name.base == "delta" and len(name.places) == 2:
            return None
        if name.base == ONES:
            return self._bracketed(bracket, scope) if isinstance(bracket.items[0], Relation) else None
        if self.names.is_loss(name) and len(bracket.items) > 1:
            return self.value(head, scope)
        if self._known(name):
            return None
        return functions.call(self, name, [*bracket.items], scope)

    def _known(self, name: Occurrence) -> bool:
        plain = name._replace(marks=tuple(m for m in name.marks if m != "prime"))
        return self._resolved(plain) is not None or (name.base, name.marks) in self.defined

    def over(self, one: Value, other: Value) -> Value:
        """A quotient, element by element; a number over a matrix is refused."""
        if other.dims and one.dims != other.dims and len(other.dims) > 1 and one.dims:
            raise Mismatch(f"{shown(one)} cannot be divided by {shown(other)}")
        return elementwise(quotient, one, other, "divided")

    def _fraction(self, node: Fraction, scope: Scope) -> Value:
        found = derivatives.fraction(node)
        if found is not None:
            return self.derivative(found, scope)
        return self.over(self.value(node.numerator, scope), self.value(node.denominator, scope))

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
        return replace(inner, numbers=each(balls.FUNCTIONS["abs"], inner.numbers))

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
            return self._scripts(inner, node, scope)
        return self._scripts(self.value(node.base, scope), node, scope)

    def _scripts(self, inner: Value, node: Scripted, scope: Scope) -> Value:
        """What stands below a bracket are indices, what stands above a power or a transposition."""
        if node.above is not None:
            inner = self.power(inner, node.above, scope)
        if node.below is not None:
            from derive.transcribe.occurrences import places

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
        value = self._plain(name, scope)
        if name.transposed:
            if not value.dims and not value.ones and "T" in self.sizes and written(_above(name)) == "T":
                return self.power(value, _above(name), scope)
            value = transposed(value)
        return value if name.power is None else self.power(value, name.power, scope)

    def _plain(self, name: Occurrence, scope: Scope) -> Value:
        """A name without its power."""
        if name.base in scope and not name.places and not name.marks:
            return scalar(arb(scope[name.base]))
        if isinstance(name.node, Symbol | Scripted) and name.base == ONES:
            return self._ones(name, scope)
        found = self.names.find(name, set(scope))
        if found is not None:
            return self.at(self.world.value(found.name), found.places, scope)
        if (name.base, name.marks) in self.defined and (value := definitions.own(self, name, scope)) is not None:
            return value
        if (size := self.names.size(name)) is not None:
            return scalar(arb(self.sizes[size]))
        if not name.places and name.base in ("pi", "e"):
            return scalar(arb.pi() if name.base == "pi" else arb(1).exp())
        if self.names.is_loss(name) and self.world.derivation.model.has_loss:
            return self.at(self.world.value(self.names.loss), (), scope)
        if name.base == "I" or (name.base in ("delta", "1") and len(name.places) == 2):
            return self._identity(name, scope)
        if self.free_names is not None:
            return self._free(name)
        raise unread("this name is not in the model, and nothing before defines it", self.source, name.node)

    def _free(self, name: Occurrence) -> Value:
        assert self.free_names is not None
        word = written(name.node if name.power is None else Scripted(0, 0, *_parts(name)))
        if word not in self.free_names:
            n = len(self.free_names)
            at = [ball(Exact(7919 + 104 * n * n + 977 * k, 5113 + 17 * n - 1301 * k)) for k in range(3)]
            self.free_names[word] = Value(np.array(at, dtype=object))
        return self.free_names[word]

    def _ones(self, name: Occurrence, scope: Scope) -> Value:
        if name.places and isinstance(name.places[0], Relation):
            return self._truth(name.places[0], scope)
        if name.places:
            return Value(np.full((self.whole(name.places[0], scope), 1), arb(1), dtype=object))
        return Value(np.array([arb(1)], dtype=object), ones="1")

    def _identity(self, name: Occurrence, scope: Scope) -> Value:
        """I, I_n, and Kronecker's delta."""
        if len(name.places) == 2:
            one, two = (self.whole(p, scope) for p in name.places)
            return scalar(arb(int(one == two)))
        return (
            eye(self.whole(name.places[0], scope)) if name.places else Value(np.array([arb(1)], dtype=object), ones="I")
        )

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

    # -- powers and derivatives -----------------------------------------------------------------------------------

    def power(self, value: Value, above: Node, scope: Scope) -> Value:
        """A power, a transposition, an inverse."""
        if isinstance(above, Symbol) and above.name in TRANSPOSED and (value.dims or value.ones):
            return transposed(value)
        if isinstance(above, Multiplied) and above.signs == ("odot",):
            exponent = self.value(above.factors[0], scope)
            return replace(value, numbers=each(lambda v, e: balls.power(v, _whole(e)), value.numbers, exponent.numbers))
        exponent = self.value(above, scope)
        if exponent.dims:
            if value.dims:
                raise Mismatch(f"an exponent is a number, and this is {shown(exponent)}")
            return elementwise(lambda a, b: each(lambda v, e: (ball(v).log() * e).exp(), a, b), value, exponent)
        fixed = _integer(exponent)
        if len(value.dims) == 2 and fixed is not None:
            return functions.matrix_power(value, fixed)
        if fixed is not None:
            return replace(value, numbers=each(lambda v: balls.power(v, fixed), value.numbers))
        return replace(value, numbers=each(lambda v, e: (ball(v).log() * e).exp(), value.numbers, exponent.numbers))

    def ranges(self, node: Node, wished: Mapping[str, None] | None = None) -> dict[str, Span]:
        """The range of each index letter of a formula that nothing in it binds; of the `wished` ones only."""
        return definitions.ranges(self, node, wished)

    def derivative(self, found: derivatives.Derivative, scope: Scope, loss: bool = False) -> Value:
        """A derivative of the loss, or of one quantity with respect to another."""
        return slopes.derivative(self, found, scope, loss)

    def slope(self, function: Callable[[Any], Any], value: Value) -> Value:
        """The derivative of a function at every element."""
        return replace(value, numbers=each(lambda v: _slope(function(arb_series([ball(v), 1]))), value.numbers))


def _slope(x: Any) -> Any:
    return x[1] if isinstance(x, arb_series) else arb(0)


def _whole(x: Any) -> Exact:
    found = balls.whole(ball(x) * 2)
    if found is None:
        raise balls.NoValue
    return Exact(found, 2)


def _integer(value: Value) -> Exact | None:
    """An exponent as an exact number where it is a whole or half one, the same at every point."""
    first = value.numbers.ravel()[0]
    doubled = balls.whole(ball(first) * 2)
    if doubled is not None and all((ball(v) - first) == 0 for v in value.numbers.ravel()):
        return Exact(doubled, 2)
    return None


def _above(name: Occurrence) -> Node:
    assert isinstance(name.node, Scripted) and name.node.above is not None
    return name.node.above


def _parts(name: Occurrence) -> tuple[Node, Node | None]:
    assert isinstance(name.node, Scripted)
    return name.node.base, name.node.below


_COMPARED: dict[str, Callable[[Any, Any], Any]] = {
    "<": lambda a, b: a < b, ">": lambda a, b: a > b, "<=": lambda a, b: a <= b, ">=": lambda a, b: a >= b,
    "=": lambda a, b: a == b, "!=": lambda a, b: a != b,
}  # fmt: skip
_FORMS: dict[type[Node], Callable[[Formulas, Any, Scope], Value]] = {
    Number: Formulas._number, Added: Formulas._added, Bracketed: Formulas._bracketed, Multiplied: Formulas._multiplied,
    Fraction: Formulas._fraction, Root: Formulas._root, Call: Formulas._call, Bars: Formulas._bars,
    Differential: Formulas._differential,
    Rows: Formulas._rows, Big: sums.big, Scripted: Formulas._scripted, Symbol: Formulas._symbol,
}  # fmt: skip
