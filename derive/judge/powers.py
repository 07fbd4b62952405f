"""What stands above a value: a power, a transposition, an inverse."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

from derive.judge import balls, functions
from derive.judge.balls import ball, each
from derive.judge.meaning import Meaning
from derive.judge.places import Scope
from derive.judge.value import Mismatch, Value, elementwise, shown, transposed
from derive.judge.words import EXPONENT
from derive.read.tree import Multiplied, Node, Symbol
from derive.transcribe.occurrences import TRANSPOSED


def power(f: Meaning, value: Value, above: Node, scope: Scope) -> Value:
    """A power, a transposition, an inverse."""
    if isinstance(above, Symbol) and above.name in TRANSPOSED and (value.dims or value.ones):
        return transposed(value)
    if isinstance(above, Multiplied) and above.signs == ("odot",):
        exponent = f.value(above.factors[0], scope)
        return replace(value, numbers=each(lambda v, e: balls.power(v, _whole(e)), value.numbers, exponent.numbers))
    exponent = f.value(above, scope)
    if exponent.dims:
        if value.dims:
            raise Mismatch(EXPONENT(shape=shown(exponent)))
        return elementwise(lambda a, b: each(lambda v, e: (ball(v).log() * e).exp(), a, b), value, exponent)
    fixed = _integer(exponent)
    if len(value.dims) == 2 and fixed is not None:
        return functions.matrix_power(value, fixed)
    if fixed is not None:
        return replace(value, numbers=each(lambda v: balls.power(v, fixed), value.numbers))
    return replace(value, numbers=each(lambda v, e: (ball(v).log() * e).exp(), value.numbers, exponent.numbers))


def _whole(x: Any) -> Fraction:
    found = balls.whole(ball(x) * 2)
    if found is None:
        raise balls.NoValue
    return Fraction(found, 2)


def _integer(value: Value) -> Fraction | None:
    """An exponent as an exact number where it is a whole or half one, the same at every point."""
    first = value.numbers.ravel()[0]
    doubled = balls.whole(ball(first) * 2)
    if doubled is not None and all((ball(v) - first) == 0 for v in value.numbers.ravel()):
        return Fraction(doubled, 2)
    return None
