"""`derive code NAME`: forward and backward pass of a problem as a Python module."""

from __future__ import annotations

from collections.abc import Sequence

from derive.cli import options
from derive.cli.asking import asked
from derive.cli.delivery import deliver
from derive.cli.sheet import readings


def run(argv: Sequence[str]) -> int:
    """Print the generated module of a problem, or write it to a file. Errors: UsageError."""
    problem, given = asked("code", options.code_parser, argv)
    reading = readings(problem, given)[0]
    solution = reading.build(**problem.choices(vars(given))).derive(options.names(given.wrt, problem.typed))
    deliver(solution.to_code(given.target, reading.signature, not given.no_check, problem.typed), given.output)
    return 0
