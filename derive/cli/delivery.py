"""Where the result of a command goes: standard output, or the file that was asked for."""

from __future__ import annotations

import sys
from collections.abc import Collection
from pathlib import Path

from derive.errors import UsageError
from derive.page.typesetting.files import write

ENDINGS = {
    ".tex": "tex",
    ".typ": "typst",
    ".pdf": "pdf",
    ".txt": "text",
    ".json": "json",
    ".html": "html",
    ".htm": "html",
    ".md": "markdown",
}


def not_to_a_terminal(what: str, output: str | None) -> None:
    """Refuse to write bytes onto a screen, before any work is done. Errors: UsageError."""
    if output is None and sys.stdout.isatty():
        raise UsageError(f"a {what} is not for a terminal; give a file with -o, or let it go to a pipe")


def ending(format: str) -> str:
    """What the names of files in a format end in, with its dot."""
    return next(own for own, named in ENDINGS.items() if named == format)


def format_of(typed: str | None, output: str | None, known: Collection[str], usual: str) -> str:
    """The format that is asked for, else the one that the file's name ends in, else the usual one.

    Errors: UsageError for a name that ends in another format, or in none that is known.
    """
    suffix = Path(output or "").suffix.lower()
    named = ENDINGS.get(suffix)
    if typed is None and suffix and named not in known:
        raise UsageError(f"-o {output}: no format is written to {suffix}; say which of {', '.join(known)} by --format")
    if typed in known and named in known and typed != named:
        raise UsageError(f"-o {output} with --format {typed}: the name ends as {named} does; change one of the two")
    return typed or named or usual


def deliver(content: str | bytes, output: str | None) -> None:
    """Write text, or the bytes of a binary format. Errors: UsageError for a file that cannot be written."""
    data = content if isinstance(content, bytes) else content.encode("utf-8", "backslashreplace")
    if output is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        return
    try:
        write(data, output)
    except UsageError as error:
        raise UsageError(f"-o {error}") from None
