"""`derive list`: the problems, one a line."""

from __future__ import annotations

from collections.abc import Sequence

from derive.cli import options
from derive.language import LANGUAGES
from derive.problems import load, names


def run(argv: Sequence[str]) -> int:
    """Print the problems, one a line. Errors: UsageError."""
    given = options.parse(options.list_parser(), argv)
    options.one_of("lang", given.lang, LANGUAGES)
    for name in names():
        problem = load(name)
        print(f"{name:14} {problem.source:6} {problem.title.pick(given.lang)}")
    return 0
