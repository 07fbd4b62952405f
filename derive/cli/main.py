"""The command line: sheets on standard output, talk on standard error, one clear line for what cannot be used."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from derive.cli import COMMANDS
from derive.cli.beginning import as_a_command
from derive.errors import DeriveError, ReadError, UsageError

HELP = """derive: derivations for deep learning, every line checked by torch.autograd

{commands}

  derive bptt --T 5 > bptt.tex   backpropagation through time over five steps
  derive logistic --lang zh      in Chinese
  derive relu-mse --format text  in the terminal
"""
SHEET = (
    ("NAME [options]", "a problem's solution, LaTeX on standard output"),
    ("FILE.py [options]", "the same of your own Graph; the file is run"),
    ("NAME --help", "its options; likewise for each command below"),
)


def overview() -> str:
    """Return what `derive --help` prints: a line for each command of the table, and a few examples."""
    first, *others = ((c.usage, c.help) for c in COMMANDS.values())
    return HELP.format(commands="\n".join(f"  derive {usage:<22}  {text}" for usage, text in (first, *SHEET, *others)))


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """The console script: run, flush, and leave without tearing the interpreter down."""
    as_a_command()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # closed by the shell, >&-
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    os._exit(run(sys.argv[1:] if argv is None else argv))


def run(argv: Sequence[str]) -> int:
    """One command; its exit status. Every DeriveError is one line on standard error."""
    try:
        if sys.stdout is None:
            raise UsageError("standard output is closed; let it go to a file or a pipe")
        status = _finished(list(argv))
        sys.stdout.flush()
        return status
    except DeriveError as error:
        _complain(" ".join(str(error).split()), error.excerpt() if isinstance(error, ReadError) else "")
        return error.exit_status
    except BrokenPipeError:
        return 0
    except OSError as error:
        _complain(f"standard output cannot be written ({error.strerror})")
        return 2
    except Exception as fault:
        if os.environ.get("DERIVE_TRACEBACK"):
            raise
        message = " ".join(f"{type(fault).__name__}: {fault}".split())
        _complain(f"internal error: {message}; please report it with the command you typed")
        return 2
    except KeyboardInterrupt:
        _complain("interrupted")
        return 130


def _complain(message: str, excerpt: str = "") -> None:
    """One line on standard error, and for LaTeX the place below it.

    Nothing where that is closed, 2>&-, for print would write to standard output.
    """
    if sys.stderr is not None:
        print(f"derive: {message}", *excerpt.splitlines(), sep="\n", file=sys.stderr)


def _finished(argv: list[str]) -> int:
    """The exit status of a command, also where argparse leaves after --help."""
    try:
        return _command(argv)
    except SystemExit as done:
        return int(done.code or 0)


def _command(argv: list[str]) -> int:
    name, rest = argv[0] if argv else "help", argv[1:]
    if name in ("--help", "-h", "help"):
        print(overview(), end="")
        return 0
    if name == "--version":
        from derive import __version__

        print(f"derive {__version__}")
        return 0
    if name in COMMANDS:
        done: int = importlib.import_module(COMMANDS[name].module).run(rest)
        return done
    from derive.problems import layer_tasks, names

    if name in layer_tasks() and name not in names():
        return _command(["layers", *argv])
    from derive.cli.sheet import run

    return run(name, rest)
