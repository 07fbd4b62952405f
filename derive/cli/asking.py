"""What a command is asked about: a problem by its name, a Python file of the user's own, or a model in LaTeX."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence

from derive.cli import COMMANDS, options
from derive.errors import UsageError
from derive.problem import Problem
from derive.problems import layer_tasks, load, names, nearest


def problem_of(
    word: str, graph: str | None, commands: Sequence[str] = (), loss: str | None = None, roles: Sequence[str] = ()
) -> Problem:
    """The problem of that name or in that file, which is run, or read if it is LaTeX; a problem comes first.

    Errors: UsageError, with the name that is nearest, also of the `commands` where one could stand there.
    """
    if word in names():
        return load(word)
    if word in layer_tasks():
        raise UsageError(f"{word} is about layers and has no graph, no code and no plot; derive {word} prints it")
    if not _is_file(word):
        files = (f"{word}.py",) if os.path.isfile(f"{word}.py") else ()
        what = "command or problem" if commands else "problem"
        raise UsageError(
            f"no {what} {word!r}; {nearest(word, files or (*names(), *(layer_tasks() if commands else ()), *commands))}"
        )
    if is_latex(word):
        from derive.cli.latex import problem_in

        return problem_in(word, loss, roles)
    from derive.cli.own import own

    return own(word, graph)


def is_latex(word: str) -> bool:
    """Whether a word names a file with a model in LaTeX, or standard input."""
    return word == "-" or word.endswith((".tex", ".latex", ".md", ".txt"))


def asked(
    command: str, parser: Callable[..., options.Parser], argv: Sequence[str]
) -> tuple[Problem, argparse.Namespace]:
    """The problem and the options of a command. Errors: UsageError; `--help` prints and exits."""
    if command and (not argv or (argv[0].startswith("-") and argv[0] != "-")):
        options.parse(parser(), argv)
        raise UsageError(f"{command}: the name of a problem or of a file is missing; derive list shows the problems")
    word, rest = argv[0], argv[1:]
    problem = problem_of(
        word, _early("--graph", rest), () if command else tuple(COMMANDS), _early("--loss", rest), _all("--as", rest)
    )
    return problem, options.parse(parser(word, problem), rest)


def _is_file(word: str) -> bool:
    """Whether a word is typed as the name of a file, or is one."""
    return (
        word.endswith(".py")
        or is_latex(word)
        or any(sign in word for sign in "/\\")
        or (bool(word) and os.path.exists(word))
    )


def _early(option: str, argv: Sequence[str]) -> str | None:
    """The value of an option that is needed before the file's other options are known."""
    return next(iter(_all(option, argv)), None)


def _all(option: str, argv: Sequence[str]) -> list[str]:
    """All values of an option that may be given several times."""
    parser = options.Parser(add_help=False)
    parser.add_argument(option, dest="found", action="append")
    return parser.parse_known_args(list(argv))[0].found or []
