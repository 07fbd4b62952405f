"""Numbers, names, powers, norms, sums and fractions."""

from __future__ import annotations

from collections.abc import Iterable

from sympy import Abs, E, Expr, Integer, Max, Rational, exp, oo, pi, sqrt

from derive.model import words
from derive.model.author_sum import Sum
from derive.read import limits
from derive.read.tree import (
    Added,
    Bars,
    Bracketed,
    Fraction,
    Listed,
    Multiplied,
    Node,
    Number,
    Root,
    Scripted,
    Symbol,
    Words,
)
from derive.transcribe.formulas import Formula
from derive.transcribe.matrices import inverse, of_matrix
from derive.transcribe.occurrences import ONES, TRANSPOSED, Occurrence, occurrence, written
from derive.transcribe.values import Mismatch, Value, dot, joined, number, scalar, shown, transposed
from derive.transcribe.values import elementwise as each


def number_of(formula: Formula, node: Number) -> Value:
    """Digits."""
    return scalar(Rational(node.digits))


def name_of(formula: Formula, node: Node) -> Value:
    """A name with its scripts, or a bracket with a power."""
    found = occurrence(node)
    if found is None:
        return _raised(formula, node)
    if found.base == "e" and found.power is not None and not found.places:
        return each(exp, formula.value(found.power))
    value = _known(formula, found)
    value = transposed(value) if found.transposed else value
    return value if found.power is None else power(formula, value, found.power)


def _known(formula: Formula, found: Occurrence) -> Value:
    if found.base in formula.inputs:
        value = formula.inputs[found.base]
        return _at(formula, value, found.places, found.node) if found.places else value
    if found.base == ONES:
        return Value((), lambda places: Integer(1), ones=True)
    known = formula.names.quantity(found, formula)
    if known is not None:
        return known
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
    if isinstance(node.below, Words) and node.below.text == "+":
        value = each(lambda x: Max(0, x), value)
    elif node.below is not None:
        value = _element(formula, value, node.below)
    return value if node.above is None else power(formula, value, node.above)


def _element(formula: Formula, value: Value, below: Node) -> Value:
    """`(W x)_i`, `softmax(z)_k`."""
    items = below.items if isinstance(below, Listed) else (below,)
    if isinstance(below, Multiplied) and not any(below.signs):
        items = below.factors
    return _at(formula, value, items, below)


def _at(formula: Formula, value: Value, items: Iterable[Node], below: Node) -> Value:
    places = tuple(formula.names.indexing.extent(item, formula.scope) for item in items)
    if len(places) != len(value.shape):
        raise formula.error(below, f"{len(places)} subscripts stand at something of the shape {shown(value.shape)}")
    return scalar(value.at(places))


def power(formula: Formula, value: Value, above: Node) -> Value:
    """A number to a power, or the inverse of a matrix. Mismatch for any other power of a vector or a matrix."""
    exponent = formula.number(above)
    if len(value.shape) == 2 and exponent == -1:
        return inverse(value)
    if value.shape:
        raise Mismatch(
            f"a power of something of the shape {shown(value.shape)}; write the sum or the norm that is meant"
        )
    return scalar(_power(number(value), exponent))


def _power(base: Expr, exponent: Expr) -> Expr:
    """A power of moderate size. Mismatch for a tower of numbers."""
    if exponent.is_Rational and abs(exponent) > limits.POWER:
        raise Mismatch(f"powers above {limits.POWER} are not read")
    if base.is_Rational and exponent.is_Rational:
        digits = len(str(max(abs(base.p), base.q))) * abs(exponent)
        if digits > limits.DIGITS * 2:
            raise Mismatch(f"a number of more than {limits.DIGITS} digits is not read")
    return base**exponent


def _norm(formula: Formula, bars: Bars, scripts: Node | None) -> Value:
    r"""`\|x\|`, `\|x\|_1`, `\|x\|_2^2`, `\|W\|_F^2`."""
    below, above = (scripts.below, scripts.above) if isinstance(scripts, Scripted) else (None, None)
    kind = {None: "2", "F": "2", "Fro": "2", "fro": "2"}.get(k := _text(below), k)
    value = formula.value(bars.body)
    letters = [formula.names.indexing.over(size) for size in value.shape]
    if not letters or kind not in ("1", "2", "infty"):
        raise formula.error(bars, f"the norm of index {kind} of {shown(value.shape)} is not read")
    element = value.at(tuple(letters))
    if kind == "2" and _text(above) == "2":
        return scalar(Sum(element**2, *letters))
    made = {"1": Sum(Abs(element), *letters), "2": sqrt(Sum(element**2, *letters))}.get(kind)
    result = scalar(words.norm(element, *letters, p=oo) if made is None else made)
    return result if above is None else power(formula, result, above)


def _text(node: Node | None) -> str | None:
    return None if node is None else written(node)


def added_of(formula: Formula, node: Added) -> Value:
    """Terms with their signs: all of one shape, or numbers."""
    values = [formula.value(term) for term in node.terms]
    signs = [1 if sign == "+" else -1 for sign in node.signs]
    return each(lambda *terms: sum((s * t for s, t in zip(signs, terms, strict=True)), Integer(0)), *values)


def fraction_of(formula: Formula, node: Fraction) -> Value:
    """One thing over a number."""
    below = formula.number(node.denominator)
    return each(lambda above: above / below, formula.value(node.numerator))


def root_of(formula: Formula, node: Root) -> Value:
    """A root, element by element."""
    degree = Integer(2) if node.degree is None else formula.number(node.degree)
    return each(lambda body: body ** (1 / degree), formula.value(node.body))


def bars_of(formula: Formula, node: Bars) -> Value:
    """An absolute value, or with two strokes a norm."""
    if node.strokes == 2:
        return _norm(formula, node, None)
    value = formula.value(node.body)
    if len(value.shape) == 2:
        return of_matrix("det", value, formula.names.indexing.over)
    return scalar(Abs(formula.number(node.body)))


def bracketed_of(formula: Formula, node: Bracketed) -> Value:
    """What brackets hold: one thing, or vectors below each other in `[a; b]`."""
    if len(node.items) == 1 and node.brackets in ("()", "[]", "{}"):
        return formula.value(node.items[0])
    if node.brackets == "<>" and len(node.items) == 2:
        one, other = map(formula.value, node.items)
        return scalar(dot(one, other, formula.names.indexing.over) if one.shape else number(one) * number(other))
    if node.brackets == "[]" and len(node.items) > 1:
        return joined([formula.value(item) for item in node.items])
    raise formula.error(node, f"{len(node.items)} things in brackets are no number; a vector is declared by its shape")
