"""Every error a reader can meet, one line each.

    DeriveError
    ├── ModelError          the model cannot be read as a graph
    │   └── MomentError     an expectation needs a moment that is not declared
    ├── UsageError          a command, an option or a number cannot be used
    ├── ShapeError          matrices whose shapes do not agree
    ├── ReadError           LaTeX that cannot be read: a caret shows the place
    ├── NoMatrixForm        an expression that is not a matrix formula
    └── VerificationError   a derived line disagrees with torch.autograd

A message says what was asked, what was found and what to do, in one line; the command line prints it
and leaves with status 2 (1 for a failed verification). Notebooks show the same line.
"""

from __future__ import annotations

import os
from typing import Any


class DeriveError(Exception):
    """The root: anything `derive` says no to."""

    exit_status = 2

    def _render_traceback_(self) -> list[str]:
        """IPython's hook: one line. `traceback.print_last()` shows the rest, as does DERIVE_TRACEBACK=1 before."""
        if os.environ.get("DERIVE_TRACEBACK"):
            import traceback

            return traceback.format_exception(self)
        return [f"{type(self).__name__}: {' '.join(str(self).split())}"]


class ModelError(DeriveError):
    """The graph is refused: a name twice, a use before its definition, an index out of place, a cycle."""


class MomentError(ModelError):
    """An expectation needs a moment that is not declared, or an average that moments do not give."""


class UsageError(DeriveError):
    """The request cannot be used: an unknown name or option, a missing or impossible number."""


class ShapeError(DeriveError):
    """Matrices are added or multiplied whose shapes do not agree."""


class NoMatrixForm(DeriveError):
    """An expression in index notation that no product of matrices says; `reason` (a Text) says why, as a clause."""

    def __init__(self, reason: Any):
        super().__init__(f"no matrix form: {reason.en}")
        self.reason = reason


class VerificationError(DeriveError):
    """A step failed its check against autograd; it is never printed as right."""

    exit_status = 1


class ReadError(DeriveError):
    """LaTeX that cannot be read; `excerpt()` shows the line with a caret under the place."""

    def __init__(self, message: str, source: str, start: int, end: int | None = None):
        self.source, self.start, self.end = source, start, start + 1 if end is None else end
        told = " ".join(message.split())  # one line, also where it names what goes over several
        super().__init__(f"line {self.line}, column {self.column}: {told}")

    @property
    def line(self) -> int:
        """The line of the place, from 1."""
        return self.source.count("\n", 0, self.start) + 1

    @property
    def column(self) -> int:
        """The column of the place, from 1."""
        return self.start - self.source.rfind("\n", 0, self.start)

    def excerpt(self, width: int = 76) -> str:
        """The line of the source and, below it, carets under the place; of a long line the part around it."""
        begin = self.source.rfind("\n", 0, self.start) + 1
        stop = self.source.find("\n", begin)
        row = self.source[begin : len(self.source) if stop < 0 else stop].expandtabs(1)
        left = max(0, self.column - 1 - width * 2 // 3)
        carets = max(1, min(self.end - self.start, len(row) - self.column + 1, left + width - self.column + 1))
        return f"{row[left : left + width]}\n{' ' * (self.column - 1 - left)}{'^' * carets}"
