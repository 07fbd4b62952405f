"""A tree becomes mathematics: what a formula is worth, given what its names stand for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from sympy import Abs, E, Eq, Expr, Integer, Max, Min, Ne, Piecewise, Rational, exp, log, oo, pi, sqrt

from derive.errors import ReadError
from derive.expressions.indices import substitute
from derive.model import words
from derive.model.author_sum import Product, Sum
from derive.read.tree import (
    Added,
    Bars,
    Big,
    Bracketed,
    Call,
    Fraction,
    Listed,
    Multiplied,
    Node,
    Number,
    Relation,
    Root,
    Rows,
    Scripted,
    Symbol,
    Words,
)
from derive.transcribe.functions import OF_VECTORS, elementwise
from derive.transcribe.occurrences import TRANSPOSED, Occurrence, occurrence
from derive.transcribe.statements import Definition
from derive.transcribe.values import Mismatch, Value, dot, joined, matrix_product, number, scalar, shown, transposed
from derive.transcribe.values import elementwise as each

_RELATIONS: dict[str, Callable[[Expr, Expr], Any]] = {
    **{"<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b},
    **{"=": Eq, "!=": Ne},
}


class Names(Protocol):
    """What a formula asks of its model."""

    source: str
    functions: dict[str, Definition]

    @property
    def indexing(self) -> Bounds:
        """What makes sizes and letters."""

    def quantity(self, found: Occurrence, formula: Formula) -> Value | None:
        """The value of a name; None if it stands for no quantity."""


class Bounds(Protocol):
    """What a formula asks for sizes, positions and letters."""

    def extent(self, node: Node, scope: dict[str, Expr]) -> Expr:
        """A size, or a position: whole numbers, sizes and indices."""

    def summation(self, below: Node, above: Node | None, formula: Formula) -> tuple[Formula, list[Any], Any]:
        """What a sum binds: the formula inside, the limits, and a condition (True for none)."""

    def over(self, size: Expr) -> Expr:
        """A new index over a size."""


@dataclass(frozen=True)
class Formula:
    """Reads trees; `scope` holds the indices that are bound here, `inputs` the arguments of a function."""

    names: Names
    scope: dict[str, Expr] = field(default_factory=dict)
    inputs: dict[str, Value] = field(default_factory=dict)

    def value(self, node: Node) -> Value:
        """What a tree is worth. ReadError, at its place, for what has no meaning here."""
        form = _FORMS.get(type(node))
        if form is None:
            raise self.error(node, "this cannot be a part of a formula")
        try:
            return form(self, node)
        except Mismatch as mismatch:
            raise self.error(node, str(mismatch)) from None

    def number(self, node: Node) -> Expr:
        """The number that a tree is worth."""
        try:
            return number(self.value(node))
        except Mismatch as mismatch:
            raise self.error(node, str(mismatch)) from None

    def error(self, node: Node, message: str) -> ReadError:
        """An error at a node."""
        return ReadError(message, self.names.source, node.start, node.end)

    def binding(self, **scope: Expr) -> Formula:
        """The same with more indices."""
        return replace(self, scope={**self.scope, **scope})


def _number(formula: Formula, node: Number) -> Value:
    return scalar(Rational(node.digits))


def _name(formula: Formula, node: Node) -> Value:
    """A name with its scripts, or a bracket with a power."""
    found = occurrence(node)
    if found is None:
        return _raised(formula, node)
    if found.base == "e" and found.power is not None and not found.places:
        return each(exp, formula.value(found.power))
    value = _known(formula, found)
    value = transposed(value) if found.transposed else value
    return value if found.power is None else _power(formula, value, found.power)


def _known(formula: Formula, found: Occurrence) -> Value:
    if found.base in formula.inputs and not found.places:
        return formula.inputs[found.base]
    value = formula.names.quantity(found, formula)
    if value is not None:
        return value
    constants = {"pi": pi, "infty": oo, "e": E}
    if found.base in constants and not found.places:
        return scalar(constants[found.base])
    raise formula.error(found.node, f"'{formula.names.source[found.node.start : found.node.end]}' is not given")


def _raised(formula: Formula, node: Node) -> Value:
    assert isinstance(node, Scripted)
    base = node.base
    if isinstance(base, Bars) and base.strokes == 2:
        return _norm(formula, base, node)
    if isinstance(base, Number) and node.above is None:
        raise formula.error(node, "a number has no subscript")
    value = formula.value(base)
    if isinstance(node.above, Symbol) and node.above.name in TRANSPOSED:
        return transposed(value)
    if node.below is not None:
        value = _element(formula, value, node.below)
    return value if node.above is None else _power(formula, value, node.above)


def _element(formula: Formula, value: Value, below: Node) -> Value:
    """`(W x)_i`, `softmax(z)_k`."""
    items = below.items if isinstance(below, Listed) else (below,)
    if isinstance(below, Multiplied) and not any(below.signs):
        items = below.factors
    places = tuple(formula.names.indexing.extent(item, formula.scope) for item in items)
    if len(places) != len(value.shape):
        raise formula.error(below, f"{len(places)} subscripts stand at something of the shape {shown(value.shape)}")
    return scalar(value.at(places))


def _power(formula: Formula, value: Value, above: Node) -> Value:
    exponent = formula.number(above)
    if len(value.shape) == 2 and exponent == -1:
        raise Mismatch("an inverse is not read from LaTeX yet; write the model in Python, with inverse(A)")
    if value.shape:
        raise Mismatch(
            f"a power of something of the shape {shown(value.shape)}; write the sum or the norm that is meant"
        )
    return each(lambda base: base**exponent, value)


def _norm(formula: Formula, bars: Bars, scripts: Node | None) -> Value:
    r"""`\|x\|`, `\|x\|_1`, `\|x\|_2^2`, `\|W\|_F^2`."""
    below, above = (scripts.below, scripts.above) if isinstance(scripts, Scripted) else (None, None)
    kind = {None: "2", "F": "2"}.get(k := _text(below), k)
    value = formula.value(bars.body)
    letters = [formula.names.indexing.over(size) for size in value.shape]
    if not letters or kind not in ("1", "2", "infty"):
        raise formula.error(bars, f"the norm of index {kind} of {shown(value.shape)} is not read")
    element = value.at(tuple(letters))
    if kind == "2" and _text(above) == "2":
        return scalar(Sum(element**2, *letters))
    made = {"1": Sum(Abs(element), *letters), "2": sqrt(Sum(element**2, *letters))}.get(kind)
    result = scalar(words.norm(element, *letters, p=oo) if made is None else made)
    return result if above is None else _power(formula, result, above)


def _text(node: Node | None) -> str | None:
    return None if node is None else node.digits if isinstance(node, Number) else getattr(node, "name", "?")


def _added(formula: Formula, node: Added) -> Value:
    values = [formula.value(term) for term in node.terms]
    signs = [1 if sign == "+" else -1 for sign in node.signs]
    return each(lambda *terms: sum((s * t for s, t in zip(signs, terms, strict=True)), Integer(0)), *values)


def _fraction(formula: Formula, node: Fraction) -> Value:
    below = formula.number(node.denominator)
    return each(lambda above: above / below, formula.value(node.numerator))


def _root(formula: Formula, node: Root) -> Value:
    degree = Integer(2) if node.degree is None else formula.number(node.degree)
    return each(lambda body: body ** (1 / degree), formula.value(node.body))


def _bars(formula: Formula, node: Bars) -> Value:
    if node.strokes == 2:
        return _norm(formula, node, None)
    return scalar(Abs(formula.number(node.body)))


def _bracketed(formula: Formula, node: Bracketed) -> Value:
    if len(node.items) == 1 and node.brackets in ("()", "[]", "{}"):
        return formula.value(node.items[0])
    if node.brackets == "[]" and len(node.items) > 1:
        return joined([formula.value(item) for item in node.items])
    raise formula.error(node, f"{len(node.items)} things in brackets are no number; a vector is declared by its shape")


def _multiplied(formula: Formula, node: Multiplied) -> Value:
    """Factors from left to right, where a name beside a bracket may be a function."""
    value, place = _factor(formula, node, 0)
    while place < len(node.factors):
        sign = node.signs[place]
        other, after = _factor(formula, node, place)
        if sign == "/":
            _plain_division(formula, node, place, after)
        value, place = _times(formula, value, sign, other, node), after
    return value


def _times(formula: Formula, one: Value, sign: str, other: Value, node: Node) -> Value:
    if sign == "/":
        below = number(other)
        return each(lambda above: above / below, one)
    if sign in ("odot", "circ", "*"):
        return each(lambda a, b: a * b, one, other)
    if sign in ("cdot", "times") and len(one.shape) == len(other.shape) == 1 and one.row == other.row:
        return scalar(dot(one, other, formula.names.indexing.over))
    if sign == "otimes":
        raise formula.error(node, "a Kronecker product is not read; write its elements")
    return matrix_product(one, other, formula.names.indexing.over)


def _plain_division(formula: Formula, node: Multiplied, place: int, after: int) -> None:
    """What stands beside a denominator may belong to it: `a/b c` has two readings, and none is guessed."""
    following = node.factors[after] if after < len(node.factors) and node.signs[after] == "" else None
    if (
        following is None
        or isinstance(node.factors[place], Number | Bracketed)
        or isinstance(following, Big | Bracketed)
    ):
        return
    if isinstance(following, Fraction):
        return
    raise formula.error(node.factors[place], "what stands behind the slash? write a/(b c), or (a/b) c")


def _factor(formula: Formula, node: Multiplied, place: int) -> tuple[Value, int]:
    """The factor at a place, and the place behind it."""
    factor = node.factors[place]
    following = node.factors[place + 1] if place + 1 < len(node.factors) and not node.signs[place + 1] else None
    if isinstance(following, Bracketed):
        if isinstance(factor, Number) and isinstance(following.items[0], Relation):
            return scalar(Piecewise((1, condition(formula, following.items[0])), (0, True))), place + 2
        found = occurrence(factor)
        if found is not None and (called := _application(formula, found, following)) is not None:
            return called, place + 2
    return formula.value(factor), place + 1


def _application(formula: Formula, found: Occurrence, arguments: Bracketed) -> Value | None:
    """A name that is a function here, applied; None if it is a quantity, and the bracket a factor."""
    if found.base in formula.names.functions:
        return _own(formula, found, formula.names.functions[found.base], arguments)
    if formula.names.quantity(found, formula) is not None or found.base in formula.inputs:
        return None
    name = {"sigma": "sigmoid"}.get(found.base, found.base)
    value = _function(formula, name, arguments, found.node) if not found.places else None
    if value is None:
        text = formula.names.source[found.node.start : found.node.end]
        raise formula.error(found.node, f"'{text}' is used as a function, and it is not known; define {text}(x) = ...")
    return value if found.power is None else _power(formula, value, found.power)


def _own(formula: Formula, found: Occurrence, made: Definition, arguments: Bracketed) -> Value:
    """A function that the text defines: its formula, with the arguments put in."""
    if len(arguments.items) != len(made.arguments):
        raise formula.error(arguments, f"this function takes {len(made.arguments)} arguments")
    values = [formula.value(item) for item in arguments.items]
    bases = [getattr(argument, "name", "?") for argument in made.arguments]

    def applied(*numbers: Expr) -> Expr:
        inner = dict(zip(bases, map(scalar, numbers), strict=True))
        return Formula(formula.names, formula.scope, inner).number(made.right)

    return each(applied, *values)


def _call(formula: Formula, node: Call) -> Value:
    """A function that is typeset as one: with its base, its power, its index."""
    function = node.function
    below, above = (function.below, function.above) if isinstance(function, Scripted) else (None, None)
    symbol = function.base if isinstance(function, Scripted) else function
    assert isinstance(symbol, Symbol)
    if node.loose and not (isinstance(node.argument, Multiplied) and _one_thing(node.argument)):
        _ambiguous(formula, node)
    if symbol.name in formula.names.functions:
        argument = node.argument if isinstance(node.argument, Bracketed) else _wrapped(node.argument)
        value: Value | None = _own(
            formula, Occurrence(node, symbol.name, (), ()), formula.names.functions[symbol.name], argument
        )
    else:
        value = _function(formula, symbol.name, node.argument, node, below)
    if value is None:
        raise formula.error(function, f"the function {symbol.name} is not known; define {symbol.name}(x) = ...")
    return value if above is None else _power(formula, value, above)


def _one_thing(argument: Multiplied) -> bool:
    """A name with its bracket, a number with a name: `\\log \\sigma(z)`, `\\sin 2x` cannot be misread."""
    first, *rest = argument.factors
    return isinstance(first, Number) or (len(rest) == 1 and isinstance(rest[0], Bracketed))


def _ambiguous(formula: Formula, node: Call) -> None:
    text = formula.names.source[node.argument.start : node.argument.end]
    raise formula.error(node.argument, f"does the function take all of '{text}'? put its argument into brackets")


def _wrapped(node: Node) -> Bracketed:
    return Bracketed(node.start, node.end, "()", (node,))


def _function(formula: Formula, name: str, argument: Node, at: Node, below: Node | None = None) -> Value | None:
    """A known function of what stands in its bracket; None for an unknown one."""
    items = argument.items if isinstance(argument, Bracketed) else (argument,)
    plain = name.lower().replace("-", "_")
    if plain in OF_VECTORS:
        return _of_vector(formula, {"logsoftmax": "log_softmax"}.get(plain, plain), items, at)
    function = elementwise(name)
    if function is None:
        return None
    values = [formula.value(item) for item in items]
    if plain in ("max", "min"):
        return each({"max": Max, "min": Min}[plain], *values)
    made = each(function, *values) if len(values) == 1 else None
    if made is None:
        raise formula.error(at, f"{name} takes one argument")
    if below is None:
        return made
    base = formula.number(below)
    if plain not in ("log", "ln"):
        raise formula.error(at, f"{name} has no base")
    return each(lambda x: x / log(base), made)


def _of_vector(formula: Formula, name: str, items: Iterable[Node], at: Node) -> Value:
    values = [formula.value(item) for item in items]
    if len(values) != 1 or len(values[0].shape) not in (1, 2):
        raise formula.error(at, f"{name} needs one vector, or a matrix row by row; give its shape")
    value, word = values[0], getattr(words, name)
    if name in ("logsumexp", "mean", "var", "std"):
        k = formula.names.indexing.over(value.shape[-1])
        return Value(value.shape[:-1], lambda places: word(value.at((*places, k)), k))

    def element(places: tuple[Expr, ...]) -> Expr:
        k = formula.names.indexing.over(value.shape[-1])
        return substitute(word(value.at((*places[:-1], k)), k), {k: places[-1]})

    return Value(value.shape, element)


def _big(formula: Formula, node: Big) -> Value:
    if node.below is None:
        raise formula.error(node, f"over what does \\{node.operator} run? write \\{node.operator}_{{i=1}}^{{n}}")
    inner, limits, when = formula.names.indexing.summation(node.below, node.above, formula)
    body = inner.value(node.body)
    binder = {"sum": Sum, "prod": Product, "max": words.amax, "min": words.amin}.get(node.operator)
    if binder is None:
        raise formula.error(node, f"\\{node.operator} has no derivative and is not read")
    if when is not True and node.operator != "sum":
        raise formula.error(node.below, "a condition stands below a sum only")
    return each(lambda b: binder(b if when is True else Piecewise((b, when), (0, True)), *limits), body)


def _rows(formula: Formula, node: Rows) -> Value:
    if "cases" not in node.kind:
        raise formula.error(node, "a matrix of single formulas is not read; define its elements")
    pieces = [(formula.number(row[0]), _when(formula, row[1:], node)) for row in node.rows]
    return scalar(Piecewise(*pieces))


def _when(formula: Formula, rest: tuple[Node, ...], node: Node) -> Any:
    said = [item for item in rest if not isinstance(item, Words)]
    if not said:
        return True
    if len(said) != 1 or not isinstance(said[0], Relation):
        raise formula.error(node, "each line of the cases needs one condition, as z > 0, or 'otherwise'")
    return condition(formula, said[0])


def condition(formula: Formula, node: Relation) -> Any:
    """A condition on numbers, as `z > 0`."""
    sides = [formula.number(side) for side in node.sides]
    if len(sides) != 2 or node.signs[0] not in _RELATIONS:
        raise formula.error(node, "a condition compares two numbers, as z > 0")
    return _RELATIONS[node.signs[0]](*sides)


_FORMS: dict[type, Callable[[Formula, Any], Value]] = {
    Number: _number,
    Symbol: _name,
    Scripted: _name,
    Added: _added,
    Multiplied: _multiplied,
    Fraction: _fraction,
    Root: _root,
    Bars: _bars,
    Bracketed: _bracketed,
    Call: _call,
    Big: _big,
    Rows: _rows,
}
