"""Numbers in words: where two sides differ, and what they are there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from derive.expressions.notation import text_name
from derive.judge import words
from derive.judge.balls import ball, middle
from derive.judge.compare import Example
from derive.language import Text

MOST = 8  # numbers that are told of a point


def number_of(x: Any, digits: int = 6) -> str:
    """A ball as a short decimal: 0.25, -1.33333."""
    exact = ball(middle(x)).mid()
    value = float(exact)
    return f"{value:.{digits}g}" if value or exact == 0 else str(exact.str(digits, radius=False))


def example(found: Example) -> Text:
    """Where two sides differ: at which numbers, which indices and which element, and what each of them is."""
    return words.EXAMPLE(where=_where(found), left=number_of(found.left), right=number_of(found.right))


def _where(found: Example) -> Text:
    world = found.formulas.world
    at: list[str | Text] = [f"{own} = {n}" for own, n in found.scope.items()]
    if found.element:
        at.append(element(found.element))
    sizes = [f"{s} = {n}" for s, n in world.sizes.items()]
    told = _numbers(found)
    if told is not None:
        return words.AT(numbers=[*sizes, *told, *at])
    return words.IN(numbers=[*sizes, *at]) if sizes or at else words.RANDOM


def element(place: Sequence[int]) -> Text:
    """The place of an element in words, counted from 1."""
    return words.ELEMENT(place=", ".join(str(n + 1) for n in place))


def _numbers(found: Example) -> list[str] | None:
    """The inputs of the point by name, where they are few."""
    world = found.formulas.world
    told: list[str] = []
    for name, array in world.given.items():
        elements = array.reshape(-1, array.shape[-1])
        if len(told) + len(elements) > MOST or not name.isidentifier():
            return None
        for n, row in enumerate(elements, 1):
            value = number_of(row[min(found.point, len(row) - 1)])
            told.append(f"{text_name(name, (str(n),) if array.ndim > 1 else ())} = {value}")
    return told
