"""A Python file of the user's own: it is run as such, and an error in it is one line that says where."""

from __future__ import annotations

import linecache
import os
import sys
import sysconfig
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from types import ModuleType

from derive.cli.habits import FAMILY, advice
from derive.errors import DeriveError, UsageError

PACKAGE = "_derive_own"  # a package made of the file's folder, so that `from .layers import mlp` finds the neighbour
NOT_OWN = (
    str(Path(__file__).resolve().parents[1]),
    *(sysconfig.get_path(key) for key in ("stdlib", "platstdlib", "purelib", "platlib")),
)
_brought: set[str] = set()  # the modules of the last program: another one may have a neighbour of the same name


def file(typed: str) -> Path:
    """The file that was typed. Errors: UsageError, where there is none."""
    path = Path(typed)
    if path.is_dir():
        raise UsageError(f"{typed} is a folder; name the Python file in it that defines the graph")
    if not path.is_file():
        raise UsageError(f"there is no file {typed}; derive list shows the problems that need none")
    if path.suffix == ".toml":
        raise UsageError(f"{typed} is a sheet of several problems; derive sheet {typed} prints it")
    if path.suffix != ".py":
        raise UsageError(f"{typed} is no Python file; its name has to end in .py")
    return path


@contextmanager
def running(path: Path) -> Iterator[None]:
    """Within, the file's folder is searched for imports, as python does, and what is printed is talk.

    Errors: UsageError for whatever goes wrong in the program, with its line.
    """
    arguments, folder = sys.argv, str(path.resolve().parent)
    sys.argv = [str(path)]
    sys.path.insert(0, folder)
    try:
        with redirect_stdout(sys.stderr):
            yield
    except (Exception, SystemExit) as error:
        raise UsageError(_told(error, path)) from error
    finally:
        sys.argv = arguments
        if folder in sys.path:
            sys.path.remove(folder)


def module(path: Path) -> ModuleType:
    """The module that the file is, in a package of its neighbours. Errors: those of the program."""
    for name in _brought:
        sys.modules.pop(name, None)
    before = set(sys.modules)
    package = ModuleType(PACKAGE)
    package.__path__ = [str(path.resolve().parent)]
    made = ModuleType(f"{PACKAGE}.{path.stem}")
    made.__file__, made.__package__ = str(path.resolve()), PACKAGE
    sys.modules |= {PACKAGE: package, made.__name__: made}
    try:
        exec(compile(path.read_bytes(), made.__file__, "exec", dont_inherit=True), made.__dict__)
    finally:
        _brought.clear()
        _brought.update(n for n in set(sys.modules) - before if n.startswith(PACKAGE) or _own(_origin(n)))
    return made


def _origin(name: str) -> str:
    return getattr(sys.modules[name], "__file__", None) or "<"


def _own(file: str) -> bool:
    """Whether a file is the user's: neither of derive nor of Python nor installed."""
    if {"site-packages", "dist-packages"} & set(Path(file).parts):  # of any Python: some borrow those of another
        return False
    return not file.startswith("<") and not any(file.startswith(folder + os.sep) for folder in NOT_OWN)


def _told(error: BaseException, path: Path) -> str:
    """Where the error is, what it says, and how the line reads."""
    place, line, text = _place(error)
    said = str(error.msg if isinstance(error, SyntaxError) else error)
    if isinstance(error, SystemExit):
        code = 0 if error.code is None else error.code
        said = f"the program leaves (status {code}) before its graph is there; it is run without arguments"
    elif not isinstance(error, DeriveError):
        said = f"{type(error).__name__}: {said}" if said else type(error).__name__
    if place is None:
        return f"{path}: {said}"
    shown = path if os.path.realpath(place) == str(path.resolve()) else os.path.relpath(place)
    hint = "" if isinstance(error, DeriveError) else advice(error, text)
    return f"{shown}, line {line}: {said.replace(FAMILY, 'family').replace(PACKAGE, '')}" + "".join(
        f"{sign} {' '.join(part.split())}" for sign, part in ((";", hint), (" |", text)) if part.strip()
    )


def _place(error: BaseException) -> tuple[str | None, int, str]:
    """The innermost line of the user's: its file, its number, its text."""
    if isinstance(error, SyntaxError) and error.filename and _own(error.filename):
        return error.filename, error.lineno or 0, error.text or ""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if _own(f.filename)]
    if not frames:
        return None, 0, ""
    last = frames[-1]
    return last.filename, last.lineno or 0, linecache.getline(last.filename, last.lineno or 0)
