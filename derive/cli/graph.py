"""`derive graph NAME`: the computational graph of a problem as a picture."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from derive.cli import options
from derive.cli.asking import asked
from derive.cli.delivery import deliver, not_to_a_terminal
from derive.cli.sheet import readings, sizes
from derive.errors import UsageError
from derive.language import LANGUAGES

if TYPE_CHECKING:
    from derive.page.pictures.picture import GraphPicture
    from derive.problem import Problem

SUFFIXES = {".svg": "svg", ".tex": "tex", ".tikz": "tikz", ".pdf": "pdf", ".png": "png"}
BYTES = ("pdf", "png")


def run(argv: Sequence[str]) -> int:
    """Print the picture of a problem's graph, or write it to a file. Errors: UsageError, ModelError."""
    problem, given = asked("graph", options.graph_parser, argv)
    options.one_of("lang", given.lang, LANGUAGES)
    if _format(given) in BYTES:
        not_to_a_terminal(_format(given).upper(), given.output)
    deliver(_written(picture(problem, given), _format(given), given.lang), given.output)
    return 0


def picture(problem: Problem, given: argparse.Namespace) -> GraphPicture:
    """The picture that is asked for, with the numbers of the command line, else those of the exercise.

    Errors: UsageError for an option, ModelError for an operation that is missing, VerificationError.
    """
    reading = readings(problem, given)[0]
    solution = reading.build(**problem.choices(vars(given))).derive(sizes=sizes(problem, vars(given)))
    wishes = {"example": reading.wishes.get("example")} if given.at is None else {"at": given.at}
    return solution.drawn(wishes, given.ops.split(",") if given.ops is not None else None)


def _format(given: argparse.Namespace) -> str:
    """The format asked for, else that of the file's name, else SVG."""
    if given.format is None:
        ending = next((e for e in SUFFIXES if (given.output or "").endswith(e)), None)
        if given.output is not None and ending is None:
            raise UsageError(f"-o {given.output}: the name ends in none of {', '.join(SUFFIXES)}; say --format")
        return SUFFIXES[ending or ".svg"]
    options.one_of("format", given.format, tuple(SUFFIXES.values()))
    return str(given.format)


def _written(drawn: GraphPicture, format: str, lang: str) -> str | bytes:
    if format in BYTES:
        from derive.page.typesetting.typst import typeset

        return typeset(drawn.page(lang), format)
    if format == "svg":
        return drawn.svg(lang) + "\n"
    return (drawn.document(lang) if format == "tex" else drawn.tikz(lang)) + "\n"
