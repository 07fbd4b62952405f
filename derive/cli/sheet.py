"""`derive NAME`: read the options, derive, check, and only then print the sheet."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from derive.cli import options, progress_line
from derive.cli.asking import asked
from derive.cli.delivery import deliver, format_of, not_to_a_terminal
from derive.errors import UsageError
from derive.graph import Graph
from derive.language import LANGUAGES, Text
from derive.page import sentences as say
from derive.page import terminal
from derive.page.blocks import Title
from derive.page.formats.formats import DETAILS, ENGINES, FORMATS, ON_PAPER
from derive.page.front import Front, found, front
from derive.problem import Problem, Reading
from derive.problems import load, names
from derive.progress import DERIVING, doing
from derive.sheet.part import Part
from derive.sheet.render import render
from derive.topics.topic import Ask
from derive.topics.worked.example import own
from derive.topics.worked.numbers_as_typed import whole


def run(name: str, argv: Sequence[str]) -> int:
    """Print the sheet of a problem, or write it to a file. Errors: UsageError, VerificationError."""
    deliver(*sheet(name, argv))
    return 0


def sheet(name: str, argv: Sequence[str]) -> tuple[Any, str | None]:
    """The sheet of a problem, text or bytes, and the file it is for. Errors: UsageError, VerificationError."""
    problem, given = asked("", options.problem_parser, [name, *argv])
    given.format = format_of(given.format, given.output, FORMATS, "tex")
    options.one_of("format", given.format, tuple(FORMATS))
    wished = front_of(given)
    lang = wished.lang or LANGUAGES[0]
    options.one_of("detail", given.detail, DETAILS)
    if given.detail == "answer" and getattr(given, "train", None) is not None:
        raise UsageError("--train: --detail answer shows the results of the derivation alone; leave one of them out")
    options.one_of("engine", given.engine or ENGINES[0], ENGINES)
    if given.engine is not None and given.format != "pdf":
        raise UsageError(f"--engine sets a PDF; add --format pdf (the format is {given.format})")
    if FORMATS[given.format].binary:
        not_to_a_terminal(given.format.upper(), given.output)
    with progress_line.shown(lang):
        parts = solved(problem, given)
    if given.plots and not any(part.plottable for part in parts):
        raise UsageError("--plots: only a recurrence over any number of steps and a training (--train) have plots")
    head = titled(problem, blanked(given) is None)
    page = terminal.page(sys.stdout) if given.output is None else terminal.PLAIN
    engine = given.engine or ENGINES[0]
    return render(
        parts, given.format, lang, given.detail, head, page, engine, wished, _steps(given.steps), blanked(given)
    ), given.output


def solved(problem: Problem, given: argparse.Namespace) -> list[Part]:
    """Every reading that is asked for, derived and checked. Errors: UsageError, VerificationError."""
    return [_part(problem, reading, given) for reading in readings(problem, given)]


def titled(problem: Problem, solution: bool) -> Title:
    """The head of a sheet, which is a solution or an exercise."""
    statement = problem.statement if problem.statement.en or problem.statement.values else None
    return Title(problem.title, _source(problem, solution), statement)


def _steps(typed: str | None) -> range | None:
    """The numbers of the steps that are asked for, `3` or `3-5`. Errors: UsageError."""
    if typed is None:
        return None
    first, dash, last = typed.partition("-")
    if "," in typed or (dash and not (first and last)):
        raise UsageError(f"--steps {typed!r}: say one step or one range, as in --steps 3 or --steps 3-5")
    ends = [whole(end, "--steps", options.MOST_STEPS) for end in (first, last if dash else first)]
    if ends[0] > ends[1]:
        raise UsageError(f"--steps {typed!r}: the first number is the lower one, as in --steps 3-5")
    return range(ends[0], ends[1] + 1)


def blanked(given: argparse.Namespace) -> int | None:
    """How many lines of each step are left out: 0 for all answers, None for a solution. Errors: UsageError."""
    if given.blank is None:
        return None
    if given.format == "json":
        raise UsageError("--blank is a sheet to be filled in, and --format json holds every answer; leave one out")
    return 0 if given.blank == "all" else whole(given.blank, "--blank", 100)


def front_of(given: argparse.Namespace) -> Front:
    """The head and the paper that are asked for: by options, else by the file. Errors: UsageError."""
    typed = {key: value for key in Front._fields if (value := getattr(given, key)) is not None}
    if given.paper is not None and given.format not in ON_PAPER:
        raise UsageError(f"--paper is for {', '.join(ON_PAPER)} (the format is {given.format})")
    return front(typed, lambda key: f"--{key}").before(found(given.sheet))


def _source(problem: Problem, solved: bool) -> Text | None:
    """Where the task comes from, a paper or a place in a book; the number of an exercise tells a reader nothing."""
    if not problem.source or problem.source[0].isdigit():
        return say.DERIVED if solved else None
    return (say.IN_BOOK if solved else say.TASK_IN_BOOK)(source=problem.source)


def readings(problem: Problem, given: argparse.Namespace) -> list[Reading]:
    """The readings of a problem that are asked for. Errors: UsageError."""
    wish = getattr(given, "reading", None)
    labels = {options.key(r.label.en): r for r in problem.readings if r.label is not None}
    if wish is None:
        return problem.readings
    options.one_of("reading", wish, tuple(labels))
    return [labels[wish]]


def _part(problem: Problem, reading: Reading, given: argparse.Namespace) -> Part:
    doing(DERIVING, what=problem.title)
    choices = problem.choices(vars(given))
    graph = reading.build(**choices)
    wrt = options.names(given.wrt, problem.typed)
    solution = graph.derive(wrt, _of(graph, sizes(problem, vars(given)), len(readings(problem, given)) == 1))
    ask = Ask(wishes(reading, given), not given.no_check, given.plots)
    example = own(ask)
    concluded = example.conclusions if example is not None else ()
    return solution.part(ask, reading.label, (*reading.remarks(choices), *concluded))


def wishes(reading: Reading, given: argparse.Namespace) -> dict[str, Any]:
    """What is asked of the subjects: by the problem, and on the command line. Errors: UsageError."""
    typed = {name: value for name in options.wishes() if (value := getattr(given, name, None)) is not None}
    if "train" in typed and "training" not in reading.wishes:
        raise UsageError(
            f"--train: no training data here; {', '.join(_trainable())} can be trained, and a file of your own that "
            "holds a TrainingSet"
        )
    return {**reading.wishes, **typed}


def sizes(problem: Problem, given: Mapping[str, str | None]) -> dict[str, int]:
    """The sizes that are given numbers. Errors: UsageError."""
    found = {}
    for size in problem.sizes:
        text = given[size.name]
        if text is not None:
            found[size.name] = whole(text, f"--{size.name}", size.most)
    return found


def _of(graph: Graph, sizes: Mapping[str, int], alone: bool) -> Mapping[str, int]:
    """The sizes that this reading has, where another one may have the rest."""
    own = {str(s) for s in graph.model().sizes}
    return sizes if alone else {name: number for name, number in sizes.items() if name in own}


def _trainable() -> list[str]:
    """The problems with data, in at least one reading."""
    return [name for name in names() if any("training" in r.wishes for r in load(name).readings)]
