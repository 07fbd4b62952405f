"""Text where a formula belongs: sympy would evaluate it as Python, so that it is refused before sympy sees it."""

from __future__ import annotations

from collections.abc import Iterable

from derive.errors import ModelError


def refuse_text(where: str, values: Iterable[object]) -> None:
    """Errors: ModelError for a text among the values, or in a tuple of them."""
    for value in values:
        if isinstance(value, str):
            raise ModelError(f"{where}: expected a formula, found the text {value!r}; write it in the graph's symbols")
        if isinstance(value, (tuple, list)):
            refuse_text(where, value)
