"""The catalogue: the problems by name, found wherever `derive` is installed.

Problem files live in the top-level folder problems/; an installed package carries them as derive/_problems. This module
acts as the package of whichever of the two exists, so `derive.problems.bptt` is a module in every mode.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

from derive.errors import UsageError

if TYPE_CHECKING:
    from derive.layers.task import Task
    from derive.problem import Problem

_here = Path(__file__).resolve().parent
__path__ = [
    str(folder) for folder in (_here / "_problems", _here.parent / "problems") if (folder / "bptt.py").is_file()
]


def names() -> tuple[str, ...]:
    """Every problem's name as typed on the command line, in alphabetical order."""
    files = {p.stem for folder in __path__ for p in Path(folder).glob("[a-z]*.py")}
    return tuple(sorted(f.replace("_", "-") for f in files))


def nearest(name: str, known: tuple[str, ...]) -> str:
    """Return a hint for an unknown name: the name that is nearest to it, or else all names."""
    import difflib

    near = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.5)
    return f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"


def load(name: str) -> Problem:
    """Load the problem of that name. Errors: UsageError, with the nearest name, where there is no such problem."""
    if name not in names():
        raise UsageError(f"no problem {name!r}; {nearest(name, names())}")
    problem: Problem = importlib.import_module(f"derive.problems.{name.replace('-', '_')}").problem
    return problem


def layer_tasks() -> tuple[str, ...]:
    """Every task on the arithmetic of layers by its name, in alphabetical order; a file of problems/layers each."""
    files = {p.stem for folder in __path__ for p in Path(folder, "layers").glob("[a-z]*.py")}
    return tuple(sorted(f.replace("_", "-") for f in files))


def load_layers(name: str) -> Task:
    """Load the task on layers of that name. Errors: UsageError where there is none."""
    if name not in layer_tasks():
        raise UsageError(f"no task on layers {name!r}; {nearest(name, layer_tasks())}")
    task: Task = importlib.import_module(f"derive.problems.layers.{name.replace('-', '_')}").task
    return task
