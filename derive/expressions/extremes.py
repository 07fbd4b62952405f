"""The largest and the least of many: `Amax(x[i], (i, 1, N))`, which binds its index as a sum does."""

from __future__ import annotations

from sympy.concrete.expr_with_limits import ExprWithLimits


class Extreme(ExprWithLimits):  # type: ignore[misc]
    """An extreme over indices; over an empty range it is infinite."""

    is_real = True


class Amax(Extreme):
    """The largest of the values."""


class Amin(Extreme):
    """The least of the values."""
