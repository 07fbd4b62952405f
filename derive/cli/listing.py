"""`derive list`: the problems, one a line, by groups."""

from __future__ import annotations

from collections.abc import Sequence

from derive.cli import options
from derive.language import LANGUAGES
from derive.problem import GROUPS
from derive.problems import load, names


def run(argv: Sequence[str]) -> int:
    """Print the problems under the names of their groups. Errors: UsageError."""
    given = options.parse(options.list_parser(), argv)
    options.one_of("lang", given.lang, LANGUAGES)
    problems = {name: load(name) for name in names()}
    width = max(map(len, problems))
    for group, title in GROUPS.items():
        lines = [f"  {n:{width}}  {p.title.pick(given.lang)}" for n, p in problems.items() if p.group == group]
        if lines:
            print("\n".join([title.pick(given.lang), *lines]))
    return 0
