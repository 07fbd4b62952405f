"""Products and quotients: a function takes the bracket behind it, and a derivative its quantity."""

from __future__ import annotations

from typing import Any

from flint import arb

from derive.judge import derivatives, functions, slopes
from derive.judge.meaning import Meaning
from derive.judge.places import OutOfRange, Scope
from derive.judge.value import Mismatch, Value, columns, elementwise, product, quotient, scalar, shown
from derive.judge.words import CANNOT, DIVIDED
from derive.read.tree import Bracketed, Fraction, Multiplied, Node, Number, Relation, Scripted, Symbol
from derive.transcribe.occurrences import ONES, Occurrence, occurrence


def multiplied(f: Meaning, node: Multiplied, scope: Scope) -> Value:
    try:
        return _product(f, node, scope)
    except OutOfRange:
        if any(functions.vanishes(f, factor, scope) for factor in node.factors):
            return scalar(arb(0))
        raise


def _product(f: Meaning, node: Multiplied, scope: Scope) -> Value:
    factors, signs = node.factors, node.signs
    found: Value | None = None
    place = 0
    while place < len(factors):
        sign = signs[place] if place else ""
        value, count = factor(f, factors[place:], signs[place:], scope)
        place += count
        if found is None:
            found = value
        elif sign == "/":
            found = over(found, value)
        else:
            beside = columns(found, value, sign, f.how.vectors)
            if beside and f.how.turned:  # one convention is enough
                raise Mismatch(CANNOT["multiplied"](one=shown(found), other=shown(value)))
            f.circumstances.side_by_side |= beside
            found = product(found, value, sign, f.how.vectors)
    assert found is not None
    return found


def factor(f: Meaning, factors: tuple[Node, ...], signs: tuple[str, ...], scope: Scope) -> tuple[Value, int]:
    """The value at the beginning of a product, and how many factors it took: a function takes its bracket."""
    taken = derivatives.inline(factors, signs)
    if taken is not None and _of_a_name(taken.derivative.of):
        value = slopes.derivative(f, taken.derivative, scope)
        for rest in taken.rest:
            value = product(value, f.value(rest, scope), "", f.how.vectors)
        return value, taken.taken
    behind = factors[1] if len(factors) > 1 and not signs[1] else None
    bracket = behind.base if isinstance(behind, Scripted) else behind
    if isinstance(bracket, Bracketed) and (found := _applied(f, factors[0], bracket, scope)) is not None:
        return f.scripts(found, behind, scope) if isinstance(behind, Scripted) else found, 2
    if change(f, factors, signs):
        name = occurrence(factors[1])
        assert name is not None
        return slopes.derivative(f, derivatives.Derivative(factors[0], factors[0], name), scope, loss=True), 2
    return f.value(factors[0], scope), 1


def change(f: Meaning, factors: tuple[Node, ...], signs: tuple[str, ...]) -> bool:
    """Whether `dW` stands here for dL/dW, as programs call it."""
    if len(factors) < 2 or signs[1] or not isinstance(factors[0], Symbol) or factors[0].name != "d":
        return False
    name = occurrence(factors[1])
    return name is not None and _resolved(f, occurrence(factors[0])) is None and _resolved(f, name) is not None


def _resolved(f: Meaning, name: Occurrence | None) -> Any:
    return None if name is None else f.names.find(name)


def _of_a_name(node: Node) -> bool:
    return occurrence(node) is not None


def _applied(f: Meaning, head: Node, bracket: Bracketed, scope: Scope) -> Value | None:
    """A function with its bracket, or the loss with its arguments; None if the head is a quantity."""
    name = occurrence(head)
    if name is None:
        if isinstance(head, Number) and head.digits == "1" and isinstance(bracket.items[0], Relation):
            return f.value(bracket, scope)
        return None
    if name.power is not None or name.transposed:
        return None
    if name.base == "delta" and len(name.places) == 2:
        return None
    if name.base == ONES:
        return f.value(bracket, scope) if isinstance(bracket.items[0], Relation) else None
    if f.names.is_loss(name) and len(bracket.items) > 1:
        return f.value(head, scope)
    if _known(f, name) or f.names.size(name) is not None:
        return None
    return functions.call(f, name, [*bracket.items], scope)


def _known(f: Meaning, name: Occurrence) -> bool:
    plain = name._replace(marks=tuple(m for m in name.marks if m != "prime"))
    return _resolved(f, plain) is not None or (name.base, name.marks) in f.defined


def over(one: Value, other: Value) -> Value:
    """A quotient, element by element; a number over a matrix is refused."""
    if other.dims and one.dims != other.dims and len(other.dims) > 1 and one.dims:
        raise Mismatch(DIVIDED(one=shown(one), other=shown(other)))
    return elementwise(quotient, one, other, "divided")


def fraction(f: Meaning, node: Fraction, scope: Scope) -> Value:
    found = derivatives.fraction(node)
    if found is not None:
        return slopes.derivative(f, found, scope)
    return over(f.value(node.numerator, scope), f.value(node.denominator, scope))
