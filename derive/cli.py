"""The command line: sheets on standard output, talk on standard error, one clear line for what cannot be used.

derive list                     the problems
derive NAME [options]           the sheet of a problem
derive check [NAME ...]         the verification table
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import NoReturn

from derive.errors import DeriveError, UsageError

HELP = """derive: symbolic derivations for deep learning, every line checked against torch.autograd

  derive list                      the problems and what they are
  derive NAME [options]            the solution sheet of a problem, as LaTeX on standard output
  derive NAME --help               its options
  derive check [NAME ...]          check problems against torch.autograd

  derive bptt --T 5 > bptt.tex     backpropagation through time over five steps
  derive logistic --lang zh        in Chinese
  derive relu-mse --format text    in the terminal
"""


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """The console script: run, flush, and leave without tearing the interpreter down."""
    gc.disable()  # a command lives for a second: collecting garbage costs more than the garbage
    _without_tensors()
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    os._exit(run(sys.argv[1:] if argv is None else argv))


def _without_tensors() -> None:
    """Spare a command sympy's abstract tensors.

    Add loads them, and the group theory that they need, for one question: is a term a tensor? Here none is.
    """
    absent = ModuleType("sympy.tensor.tensor")
    absent.TensExpr = absent.TensAdd = type("NoTensor", (), {})  # type: ignore[attr-defined]
    sys.modules.setdefault(absent.__name__, absent)


def run(argv: Sequence[str]) -> int:
    """One command; its exit status. Every DeriveError is one line on standard error."""
    try:
        status = _command(list(argv))
        sys.stdout.flush()
        return status
    except DeriveError as error:
        print(f"derive: {' '.join(str(error).split())}", file=sys.stderr)
        return error.exit_status
    except SystemExit as done:  # argparse after --help
        return int(done.code or 0)
    except BrokenPipeError:
        return 0
    except OSError as error:
        print(f"derive: standard output cannot be written ({error.strerror})", file=sys.stderr)
        return 2
    except Exception as fault:
        if os.environ.get("DERIVE_TRACEBACK"):
            raise
        message = " ".join(f"{type(fault).__name__}: {fault}".split())
        print(f"derive: internal error: {message}; please report it with the command you typed", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("derive: interrupted", file=sys.stderr)
        return 130


def _command(argv: list[str]) -> int:
    if not argv:
        raise UsageError("a command is missing; try derive list, derive NAME or derive --help")
    name, rest = argv[0], argv[1:]
    if name in ("--help", "-h", "help"):
        print(HELP, end="")
        return 0
    if name == "--version":
        from derive import __version__

        print(f"derive {__version__}")
        return 0
    if name == "list":
        return _list(rest)
    if name == "check":
        return _check(rest)
    return _sheet(name, rest)


def _list(argv: list[str]) -> int:
    from derive.problems import load, names

    if argv:
        raise UsageError(f"derive list takes no arguments, found {argv[0]!r}")
    for name in names():
        print(f"{name:14} {load(name).source:6} {load(name).title.en}")
    return 0


def _sheet(name: str, argv: list[str]) -> int:
    from derive.problems import names, nearest

    if name not in names():
        hint = nearest(name, (*names(), "list", "check"))
        raise UsageError(f"no command or problem {name!r}; {hint}")
    from derive.commands import sheet

    text, output = sheet(name, argv)
    if output is None:
        sys.stdout.write(text)
        return 0
    try:
        Path(output).write_text(text, encoding="utf-8")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", error)
        raise UsageError(f"-o {output}: cannot be written ({why}); choose another file") from None
    return 0


def _check(argv: list[str]) -> int:
    from derive.commands import check

    return check(argv)
