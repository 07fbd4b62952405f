"""`derive solve MODEL.tex`: the sheet of a model written in LaTeX, derived and checked as that of any problem."""

from __future__ import annotations

from collections.abc import Sequence

from derive.cli import options
from derive.cli.sheet import run as sheet


def run(argv: Sequence[str]) -> int:
    """Print the sheet of a model in LaTeX, or write it to a file. Errors: ReadError, UsageError, VerificationError."""
    if not argv or argv[0] in ("--help", "-h"):
        options.parse(options.solve_parser(), argv or ["--help"])
    return sheet(argv[0], argv[1:])
