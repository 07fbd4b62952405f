"""The largest and the least of many: `Amax(x[i], (i, 1, N))`, which binds its index as a sum does."""

from __future__ import annotations

from typing import Any

from sympy import Expr
from sympy.concrete.expr_with_limits import ExprWithLimits

from derive.errors import ModelError


class Extreme(ExprWithLimits):  # type: ignore[misc]
    """An extreme over indices; over an empty range it is infinite."""

    is_real = True
    __iter__ = None

    def __getitem__(self, place: Any) -> Expr:
        """An extreme is a number. Errors: ModelError, which says how a place is read."""
        raise ModelError(number_of(type(self).__name__.lower(), place))


def number_of(name: str, place: Any) -> str:
    """What is said where a place is read of a word, which is a number."""
    return (
        f"{name}(...)[{place}]: the word is one number, not a family; give it a name, "
        f'p = g.node("p", {name}(...), over=i), and read p[{place}]'
    )


class Body(ExprWithLimits):  # type: ignore[misc]
    """What a word is over: it binds its letters as a sum does, and takes in no sum inside."""

    is_real = True


class Amax(Extreme):
    """The largest of the values."""


class Amin(Extreme):
    """The least of the values."""
