"""Pure functions that remember: what was computed for some arguments is not computed again for equal ones.

sympy does the same to its constructors. Every memory is bounded, and `forget` empties all of them: a test that changes
the functions table calls it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, ParamSpec, TypeVar, cast

P = ParamSpec("P")
R = TypeVar("R")
SIZE = 20_000  # results that one function keeps, the least recently used go first
_memories: list[Any] = []


def memo(function: Callable[P, R], size: int = SIZE) -> Callable[P, R]:
    """The same function with a memory. Its arguments must be hashable, its result immutable, or never changed."""
    remembering = lru_cache(maxsize=size)(function)
    _memories.append(remembering)
    return cast(Callable[P, R], remembering)


@memo
def one(value: R) -> R:
    """The first of all equal values: equal expressions become one object, and comparing them costs nothing."""
    return value


def forget() -> None:
    """Empty every memory."""
    for remembering in _memories:
        remembering.cache_clear()
