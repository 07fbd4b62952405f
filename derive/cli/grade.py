"""`derive grade MODEL ANSWER...`: answers in LaTeX, each line judged against the derivation of a model."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from derive.cli import options, progress_line
from derive.cli.asking import asked
from derive.cli.delivery import deliver, format_of
from derive.cli.latex import source
from derive.cli.sheet import readings, sizes
from derive.errors import ReadError, UsageError
from derive.judge import words
from derive.judge.judge import Judge
from derive.judge.report import FORMATS, Answer, status, written
from derive.judge.unreadable import unreadable
from derive.judge.verdict import BAD, GOOD, Line
from derive.language import LANGUAGES
from derive.page import terminal
from derive.problem import Problem
from derive.progress import CHECKING, doing

ENDINGS = (".tex", ".latex", ".md", ".txt")


def grade_parser(name: str = "MODEL", problem: Problem | None = None) -> options.Parser:
    """The options of `derive grade MODEL ANSWER...`."""
    parser = options.Parser(
        prog=f"derive grade {name}",
        description="Answers in LaTeX are judged line by line against the checked derivation of a problem or of a "
        "model in a file: right, wrong with a counterexample and the right formula, or why it cannot be told.",
        epilog="Exit status: 0 all right, 1 something is not right, 2 something cannot be read.",
    )
    parser.add_argument("answers", nargs="+", metavar="ANSWER", help="files, folders of files, - for standard input")
    if problem is not None:
        options.lengths(parser, problem)
        options.choices(parser, problem)
    verdicts(parser)
    return parser


def verdicts(parser: options.Parser) -> None:
    """How verdicts are written."""
    parser.add_argument("--format", metavar="text|html|json", help="default: as the file is named, else text")
    parser.add_argument("--lang", default="en", metavar="en|zh", help="language of the verdicts (default en)")
    parser.add_argument("--no-check", action="store_true", help="skip the check of the model against torch.autograd")
    parser.add_argument("-o", "--output", metavar="FILE", help="write the verdicts to a file")


def run(argv: Sequence[str]) -> int:
    """Print the verdicts; 0 if all answers are right, 1 if one is not, 2 if one cannot be read. Errors: UsageError."""
    problem, given = asked("grade", grade_parser, argv)
    check(given)
    typed = _files(given.answers)
    with progress_line.shown(given.lang):
        found = judges(problem, given)
        answers = [graded(found, name, source(name)) for name in typed]
    return finish(answers, given)


def check(given: argparse.Namespace) -> None:
    """The options that grade and judge share. Errors: UsageError."""
    options.one_of("lang", given.lang, LANGUAGES)
    given.format = format_of(given.format, given.output, FORMATS, "text")
    options.one_of("format", given.format, FORMATS)


def finish(answers: Sequence[Answer], given: argparse.Namespace, first: bool = False) -> int:
    """Write the verdicts, and with `first` which line is the first that does not follow; the exit status."""
    page = terminal.page(sys.stdout) if given.output is None else terminal.PLAIN
    deliver(written(answers, given.format, given.lang, page, first), given.output)
    return status(answers)


def judges(problem: Problem, given: argparse.Namespace) -> list[Judge]:
    """A judge for each reading of the task, its derivation checked. Errors: UsageError, VerificationError."""
    found = []
    for reading in readings(problem, given):
        graph = reading.build(**problem.choices(vars(given)))
        own = {str(s) for s in graph.model().sizes}
        solution = graph.derive(sizes={s: n for s, n in sizes(problem, vars(given)).items() if s in own})
        if not given.no_check:
            doing(CHECKING, what=problem.title, n=1, all=1)
            solution.checked()
        found.append(Judge(solution, problem.typed, version=reading.label))
    return found


def graded(found: Sequence[Judge], name: str, text: str) -> Answer:
    """The verdict on one answer: of several readings of the task, the first that it is right for, else the first."""
    answers: list[Answer] = []
    for judge in found:
        try:
            answers.append(Answer(name, judge.answer(text)))
        except ReadError as error:
            answers.append(Answer(name, (unreadable(error, text[error.start : error.end]),)))
    best = next((n for n, answer in enumerate(answers) if answer.verdict == "right"), 0)
    others = [answer.lines for n, answer in enumerate(answers) if n != best]
    return Answer(name, tuple(_in_words(line, n, found[best], others) for n, line in enumerate(answers[best].lines)))


def _in_words(line: Line, n: int, judge: Judge, others: Sequence[tuple[Line, ...]]) -> Line:
    """A right line, with the version in which it holds where it is wrong in every other one."""
    if line.verdict not in GOOD or judge.version is None or not others:
        return line
    wrong = all(n < len(lines) and lines[n].text == line.text and lines[n].verdict in BAD for lines in others)
    return replace(line, only=words.ONLY(version=judge.version)) if wrong else line


def _files(typed: Sequence[str]) -> list[str]:
    """The files that are named, and those in a folder in the order of their names. Errors: UsageError."""
    found: list[str] = []
    for name in typed:
        if Path(name).is_dir():
            inside = sorted(str(path) for path in Path(name).iterdir() if path.suffix in ENDINGS)
            if not inside:
                raise UsageError(f"{name} holds no answers; their names end in {', '.join(ENDINGS)}")
            found += inside
        else:
            found.append(name)
    return found
