"""Writes bytes to a file; the error is one clear line."""

from __future__ import annotations

from os import PathLike, fspath

from derive.errors import UsageError


def write(content: bytes, path: str | PathLike[str]) -> None:
    """Write a file. Errors: UsageError if it cannot be written."""
    try:
        with open(path, "wb") as file:
            file.write(content)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", error)
        shown = fspath(path) or "''"
        raise UsageError(f"{shown}: cannot be written ({why}); choose another file") from None
