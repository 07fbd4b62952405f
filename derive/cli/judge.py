"""`derive judge "FORMULA" [--model NAME|FILE]`: somebody else's formula, derivation or backward pass, line by line."""

from __future__ import annotations

import argparse
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from derive.cli import options, progress_line
from derive.cli.asking import asked, is_latex
from derive.cli.grade import check, finish, graded, judges, verdicts
from derive.cli.latex import problem_of_text, source
from derive.cli.program import file, module, running
from derive.errors import ReadError, UsageError
from derive.judge.answer import differentiates
from derive.judge.judge import Judge
from derive.judge.program import function_of, judged
from derive.judge.report import Answer
from derive.judge.words import FORMULA
from derive.problem import Problem

SECONDS = 60  # in which a program has to end


def run(argv: Sequence[str]) -> int:
    """Print which lines follow, and the first that does not; the exit status of `derive grade`. Errors: UsageError."""
    what, model, rest = _split(argv)
    if what is not None and what.endswith(".py"):
        problem, given = asked("judge", judge_parser, [model or "", what, *rest])
        check(given)
        return finish([_program(problem, given, what)], given)
    if model is not None:
        problem, given = asked("judge", judge_parser, [model, *([what] if what is not None else []), *rest])
        check(given)
        with progress_line.shown(given.lang):
            return finish([_answer(judges(problem, given), given.what, given.lang)], given, first=True)
    given = options.parse(judge_parser(), ([what] if what is not None else []) + rest)
    check(given)
    with progress_line.shown(given.lang):
        return finish([_alone(given)], given, first=True)


def judge_parser(name: str = "FORMULA", problem: Problem | None = None) -> options.Parser:
    """The options of `derive judge`."""
    parser = options.Parser(
        prog="derive judge",
        description="A formula, or a whole derivation in a .tex file, is judged line by line: which lines follow, the "
        "first that does not, and what it should be. Without --model the text itself has to define its model; claims "
        "about numbers need none. derive judge MODEL backward.py judges a backward pass in numpy or torch: the file is "
        "run, and what its function backward(...) returns is compared.",
        epilog="Exit status: 0 all right, 1 something is not right, 2 something cannot be read.",
    )
    parser.add_argument("what", metavar="FORMULA|FILE", help="a formula in LaTeX, a file, - for standard input")
    parser.add_argument("--model", metavar="NAME|FILE", help="the problem or the model that the formula is about")
    if problem is not None:
        options.lengths(parser, problem)
        options.choices(parser, problem)
    verdicts(parser)
    return parser


def _split(argv: Sequence[str]) -> tuple[str | None, str | None, list[str]]:
    """(what is judged, its model, the rest): the model stands behind --model, or in front of a program."""
    rest = list(argv)
    if len(rest) > 1 and rest[1].endswith(".py") and not rest[0].startswith("--"):
        return rest[1], rest[0], rest[2:]
    parser = options.Parser(add_help=False)
    parser.add_argument("--model")
    given, left = parser.parse_known_args(rest)
    what = left[0] if left and left[0] not in ("--help", "-h") else None
    return what, given.model, left[1:] if what is not None else left


def _text(what: str) -> str:
    """The text that is judged: of a file, or as it was typed."""
    return source(what) if what == "-" or (is_latex(what) and Path(what).suffix) else what


def _name(what: str, lang: str) -> str:
    return what if is_latex(what) else FORMULA.pick(lang)


def _answer(found: Sequence[Judge], what: str, lang: str) -> Answer:
    return graded(found, _name(what, lang), _text(what))


def _alone(given: argparse.Namespace) -> Answer:
    """A text that brings its own model, or needs none."""
    text = _text(given.what)
    if differentiates(text):
        try:
            problem = problem_of_text(text, "model", None)
        except ReadError as error:
            raise UsageError(f"no model: name one with --model, or let the text define it ({error})") from None
        own = argparse.Namespace(**{**dict.fromkeys(s.name for s in problem.sizes), **vars(given)})
        return graded(judges(problem, own), _name(given.what, given.lang), text)
    return graded([Judge(None)], _name(given.what, given.lang), text)


def _program(problem: Problem, given: argparse.Namespace, what: str) -> Answer:
    """A backward pass, which is run."""
    path = file(what)
    (judge, *_) = judges(problem, given)
    with running(path), within(SECONDS):
        made = module(path)
        return Answer(what, judged(judge, function_of(made), _arrays(made)))


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """A program gets so many seconds; where the system has no alarm, as many as it takes. Errors: UsageError."""

    def over(*_: object) -> None:
        raise UsageError(f"the program has not ended within {seconds:g} seconds")

    if not hasattr(signal, "SIGALRM") or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1)  # again each second, for a program that catches every error
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _arrays(made: Any) -> Any:
    """What the arrays of a program are: torch's, if the file imports torch, else numpy's."""
    torch = vars(made).get("torch")
    return torch.as_tensor if torch is not None else lambda array: array
