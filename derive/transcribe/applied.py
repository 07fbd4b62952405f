"""Functions: those that a text defines, those that everybody knows, those of whole vectors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from sympy import Dummy, Expr, Max, Min, Piecewise, log

from derive.errors import ReadError
from derive.expressions.indices import substitute
from derive.expressions.moments import Expectation, Variance
from derive.model import words
from derive.read.tree import (
    Bracketed,
    Call,
    Multiplied,
    Node,
    Number,
    Relation,
    Scripted,
    Symbol,
)
from derive.transcribe.formulas import Formula
from derive.transcribe.functions import OF_MATRICES, OF_VECTORS, elementwise
from derive.transcribe.matrices import of_matrix
from derive.transcribe.occurrences import Occurrence, letter, occurrences
from derive.transcribe.rewritten import EXPECTATION, INDICATOR, VARIANCE
from derive.transcribe.statements import Definition
from derive.transcribe.structures import condition
from derive.transcribe.terms import power
from derive.transcribe.values import Value, broadcast, scalar
from derive.transcribe.values import elementwise as each


def application(formula: Formula, found: Occurrence, arguments: Bracketed) -> Value | None:
    """A name that is a function here, applied; None if it is a quantity, and the bracket a factor."""
    if "prime" in found.marks and formula.names.quantity(found._replace(marks=()), formula) is None:
        raise formula.error(found.node, "the derivative of a function is not read; write out what it is")
    if found.base in formula.names.functions:
        return _own(formula, found, formula.names.functions[found.base], arguments)
    if formula.names.quantity(found, formula) is not None or found.base in formula.inputs:
        return None
    name = {"sigma": "sigmoid"}.get(found.base, found.base)
    value = _function(formula, name, arguments, found.node) if not found.places else None
    if value is None:
        text = formula.names.source[found.node.start : found.node.end]
        raise formula.error(found.node, f"'{text}' is used as a function, and it is not known; define {text}(x) = ...")
    return value if found.power is None else power(formula, value, found.power)


def _own(formula: Formula, found: Occurrence, made: Definition, arguments: Bracketed) -> Value:
    """A function that the text defines: its formula, with the arguments put in."""
    if len(arguments.items) != len(made.arguments):
        raise formula.error(arguments, f"this function takes {len(made.arguments)} arguments")
    if made.left.base in formula.calls:
        raise formula.error(made.left.node, "this function is defined by itself")
    values = [formula.value(item) for item in arguments.items]
    bases = [getattr(argument, "name", "?") for argument in made.arguments]

    def inside(inputs: Iterable[Value]) -> Formula:
        calls = (*formula.calls, made.left.base)
        return replace(formula, inputs=dict(zip(bases, inputs, strict=True)), lengths=lengths, calls=calls)

    lengths = _lengths(made, dict(zip(bases, values, strict=True)))
    if made.left.places and set(map(letter, made.left.places)) <= set(lengths):
        return _by_elements(inside(values), made, lengths)
    if any(value.shape for value in values):
        try:
            return inside(values).value(made.right)
        except ReadError as refused:  # it takes numbers: then element by element
            try:
                each(lambda *numbers: inside(map(scalar, numbers)).number(made.right), *values).at(_anywhere(values))
            except ReadError:
                raise refused from None
    return each(lambda *numbers: inside(map(scalar, numbers)).number(made.right), *values)


def _anywhere(values: Iterable[Value]) -> tuple[Expr, ...]:
    """A place in a value of the shape of these."""
    return tuple(Dummy(integer=True) for _ in broadcast(list(values)))


def _lengths(made: Definition, values: Mapping[str, Value]) -> dict[str, Expr]:
    """How far the letters run with which a function reads the elements of its arguments."""
    read = (o for o in occurrences(made.right) if o.base in values and len(o.places) == len(values[o.base].shape))
    pairs = ((letter(place), size) for o in read for place, size in zip(o.places, values[o.base].shape, strict=True))
    return {name: size for name, size in pairs if name}


def _by_elements(formula: Formula, made: Definition, lengths: Mapping[str, Expr]) -> Value:
    """`f(x)_i = ...`: a vector of which each element is told."""
    own = [letter(place) for place in made.left.places]
    return Value(
        tuple(lengths[name] for name in own),
        lambda places: formula.binding(**dict(zip(own, places, strict=True))).number(made.right),
    )


def call_of(formula: Formula, node: Call) -> Value:
    """A function that is typeset as one: with its base, its power, its index."""
    function = node.function
    below, above = (function.below, function.above) if isinstance(function, Scripted) else (None, None)
    symbol = function.base if isinstance(function, Scripted) else function
    assert isinstance(symbol, Symbol)
    if node.loose and not (isinstance(node.argument, Multiplied) and _one_thing(node.argument)):
        _ambiguous(formula, node)
    if symbol.name == INDICATOR:
        return indicator(formula, node.argument)
    if symbol.name in (EXPECTATION, VARIANCE):
        return moment(formula, symbol.name, node)
    if symbol.name in formula.names.functions:
        argument = node.argument if isinstance(node.argument, Bracketed) else _wrapped(node.argument)
        value: Value | None = _own(
            formula, Occurrence(node, symbol.name, (), ()), formula.names.functions[symbol.name], argument
        )
    else:
        value = _function(formula, symbol.name, node.argument, node, below)
    if value is None:
        raise formula.error(function, f"the function {symbol.name} is not known; define {symbol.name}(x) = ...")
    if above is not None and formula.number(above) == -1:
        raise formula.error(
            function, f"is {symbol.name}^-1 the inverse function or 1/{symbol.name}? write what is meant"
        )
    return value if above is None else power(formula, value, above)


def indicator(formula: Formula, argument: Node) -> Value:
    """1 where a condition holds, else 0."""
    inner = argument.items[0] if isinstance(argument, Bracketed) else argument
    if not isinstance(inner, Relation):
        raise formula.error(argument, "an indicator takes one condition, as in 1[x > 0]")
    return scalar(Piecewise((1, condition(formula, inner)), (0, True)))


def moment(formula: Formula, name: str, node: Call) -> Value:
    """E[...] and Var[...] of something that holds a random quantity; the variance of a vector too."""
    value = formula.value(node.argument)
    if formula.names.random(node.argument):
        return each({EXPECTATION: Expectation, VARIANCE: Variance}[name], value)
    if name == VARIANCE and len(value.shape) == 1:
        return _of_vector(formula, "var", (node.argument,), node)
    raise formula.error(node, r"nothing in it is said to be random; write its law, as x \sim \mathcal{N}(0, 1)")


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
    if plain in OF_MATRICES:
        return of_matrix(plain, formula.value(argument), formula.names.indexing.over)
    function = elementwise(name)
    if function is None:
        return None
    values = [formula.value(item) for item in items]
    if plain in ("max", "min"):
        return each({"max": Max, "min": Min}[plain], *values)
    if plain in ("clip", "clamp") and len(values) == 3:
        return each(lambda x, low, high: Min(Max(x, low), high), *values)
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
