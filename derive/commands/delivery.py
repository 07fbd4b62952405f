"""Where the result of a command goes: standard output, or the file that was asked for."""

from __future__ import annotations

import sys

from derive.errors import UsageError


def deliver(content: str | bytes, output: str | None) -> None:
    """Write text, or the bytes of a binary format. Errors: UsageError for a file that cannot be written."""
    data = content if isinstance(content, bytes) else content.encode("utf-8", "backslashreplace")
    if output is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        return
    try:
        with open(output, "wb") as file:
            file.write(data)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", error)
        raise UsageError(f"-o {output or repr(output)}: cannot be written ({why}); choose another file") from None
