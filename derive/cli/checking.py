"""`derive check`: everything against torch.autograd, one line for every variant of a problem.

Many problems are shared out among processes, one for each core, and printed in the order asked for.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

from derive.cli import options, progress_line
from derive.cli.asking import problem_of
from derive.cli.cores import cores, processes
from derive.errors import VerificationError
from derive.language import LANGUAGES, Text
from derive.page import sentences as say
from derive.page import terminal
from derive.problem import Problem
from derive.problems import layer_tasks, load, load_layers, names
from derive.progress import CHECKING, doing
from derive.topics.worked.numbers_as_typed import whole

if TYPE_CHECKING:
    from derive.check.report import Report

LAYERS = Text(
    "{label} {layers} layers and {fields} receptive fields compared with torch: {verdict}",
    "{label} {layers} 层与 {fields} 个感受野与 torch 比较：{verdict}",
)
SHARE = 4  # problems at least for each process: one takes seconds to begin

Verdict = tuple[bool, str]  # whether a variant agrees, and its line
Check = Callable[[str, Problem], Iterable[Verdict]]


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
    on_layers = [name for name in given.names or layer_tasks() if name in layer_tasks() and name not in names()]
    asked = [name for name in given.names or names() if name not in on_layers]
    problems = [problem_of(name, given.graph) for name in asked]  # all of them, before anything is checked
    check = partial(_checked, points=points, seed=seed, steps=steps, lang=given.lang)

    def told(ok: bool, verdict: str) -> None:
        nonlocal failed
        failed += not ok
        progress_line.erase()
        print(page.paint(verdict, terminal.GREEN if ok else terminal.RED), flush=True)

    with closing(_in_turn(check, asked, problems)) as found:
        for n, problem in enumerate(problems, 1):
            doing(CHECKING, what=problem.title, n=n, all=len(asked))
            for ok, verdict in next(found):
                told(ok, verdict)
        next(found, None)  # its processes end here
    for name in on_layers:
        told(*_on_layers(name, given.lang))
    return failed


def _on_layers(name: str, lang: str) -> Verdict:
    """Whether the arithmetic of layers agrees, and the line that says so."""
    from derive.cli.layers import verified

    label = f"{name:35}"
    try:
        found = verified(load_layers(name))
    except VerificationError as error:
        return False, f"{label} {error}"
    layers, fields = (str(sum(getattr(each, what) for each in found)) for what in ("layers", "fields"))
    return True, LAYERS(label=label, layers=f"{layers:>3}", fields=fields, verdict=say.OK).pick(lang)


def _in_turn(
    check: Check, asked: Sequence[str], problems: Sequence[Problem]
) -> Generator[Iterable[Verdict], None, None]:
    """The verdicts on all problems in turn, found on all cores; on a few, or on a user's own, in this process."""
    workers = min(len(asked) // SHARE, cores())
    if workers < 2 or not set(asked) <= set(names()):
        yield from map(check, asked, problems)
        return
    with processes(workers) as pool:
        yield from pool.map(partial(_loaded, check), asked)


def _loaded(check: Check, name: str) -> list[Verdict]:
    """The verdicts on a problem of the catalogue, such that they can be sent to another process."""
    return list(check(name, load(name)))


def _checked(name: str, problem: Problem, points: int, seed: int, steps: int | None, lang: str) -> Iterator[Verdict]:
    """Whether each variant of a problem agrees, and the line that says so."""
    sizes = {s.name: steps for s in problem.sizes if s.name == "T" and steps is not None}
    for choice in variants(problem):
        for reading in problem.readings:
            solution = reading.build(**choice).derive(sizes=sizes)
            report = solution.verify(points, seed, **reading.wishes)
            label = " ".join([name, *choice.values(), *([options.key(reading.label.en)] if reading.label else [])])
            yield report.ok, _verdict(label, report).pick(lang)


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
