"""`derive code NAME`: forward and backward pass of a problem as a Python module."""

from __future__ import annotations

from collections.abc import Sequence

from derive.cli import options
from derive.cli.delivery import deliver
from derive.cli.sheet import readings
from derive.errors import UsageError
from derive.problems import load


def run(argv: Sequence[str]) -> int:
    """Print the generated module of a problem, or write it to a file. Errors: UsageError."""
    if not argv or argv[0].startswith("-"):
        options.parse(options.code_parser(), argv)
        raise UsageError("code: the name of a problem is missing; derive list shows them")
    problem = load(argv[0])
    given = options.parse(options.code_parser(argv[0], problem), argv[1:])
    reading = readings(problem, given)[0]
    solution = reading.build(**problem.choices(vars(given))).derive()
    deliver(solution.to_code(given.target, reading.signature, check=not given.no_check), given.output)
    return 0
