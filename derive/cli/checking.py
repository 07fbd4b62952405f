"""`derive check`: everything against torch.autograd, one line for every variant of a problem."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from derive.cli import options, progress_line
from derive.cli.asking import problem_of
from derive.language import LANGUAGES, Text
from derive.page import sentences as say
from derive.page import terminal
from derive.problem import Problem
from derive.problems import names
from derive.topics.worked.numbers_as_typed import whole

if TYPE_CHECKING:
    from derive.check.report import Report


def run(argv: Sequence[str]) -> int:
    """Print the verification of problems; 1 if something disagrees. Errors: UsageError."""
    given = options.parse(options.check_parser(), argv)
    options.one_of("lang", given.lang, LANGUAGES)
    points = whole(given.points, "--points", options.MOST_POINTS)
    seed = whole(given.seed, "--seed", 2**31, least=0)
    steps = None if given.T is None else whole(given.T, "--T", options.MOST_STEPS)
    with progress_line.shown(given.lang):
        return 1 if _failed(given, points, seed, steps) else 0


def _failed(given: argparse.Namespace, points: int, seed: int, steps: int | None) -> int:
    """Check and print one after the other; how many disagree."""
    failed, page = 0, terminal.page(sys.stdout)
    for name, problem in [(name, problem_of(name, given.graph)) for name in given.names or names()]:
        sizes = {s.name: steps for s in problem.sizes if s.name == "T" and steps is not None}
        for choice in variants(problem):
            for reading in problem.readings:
                solution = reading.build(**choice).derive(sizes=sizes)
                report = solution.verify(points, seed, **reading.wishes)
                failed += not report.ok
                label = " ".join([name, *choice.values(), *([options.key(reading.label.en)] if reading.label else [])])
                progress_line.erase()
                style = terminal.GREEN if report.ok else terminal.RED
                print(page.paint(_verdict(label, report).pick(given.lang), style), flush=True)
    return failed


def _verdict(label: str, report: Report) -> Text:
    bad = report.first_failure
    verdict = say.OK if bad is None else say.FAILED(quantity=str(bad.quantity))
    line, count = say.ONE_VERDICT if len(report.rows) == 1 else say.VERDICT, f"{len(report.rows):3}"
    return line(label=f"{label:35}", count=count, worst=f"{report.worst:.1e}", verdict=verdict)


def variants(problem: Problem) -> list[dict[str, str]]:
    """Every combination of a problem's options."""
    found: list[dict[str, str]] = [{}]
    for option in problem.options:
        found = [{**one, option.name: value} for one in found for value in option.choices]
    return found
