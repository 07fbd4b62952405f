"""Where the result of a command goes: standard output, or the file that was asked for."""

from __future__ import annotations

import sys

from derive.errors import UsageError
from derive.page.typesetting.files import write


def not_to_a_terminal(what: str, output: str | None) -> None:
    """Refuse to write bytes onto a screen, before any work is done. Errors: UsageError."""
    if output is None and sys.stdout.isatty():
        raise UsageError(f"a {what} is not for a terminal; give a file with -o, or let it go to a pipe")


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
