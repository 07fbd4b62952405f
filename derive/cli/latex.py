"""The problem that a model written in LaTeX states: its graph, its sizes, and what its names were taken for."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from derive.cli import options
from derive.errors import UsageError
from derive.language import Text
from derive.page import sentences as say
from derive.problem import Problem, Reading, Size
from derive.read import limits
from derive.transcribe.model import Pasted, pasted

DIMENSION = Text("a size of the model", "模型的维数")
_READ = Text("This model was read from LaTeX.", "本模型由 LaTeX 读入。")
_BOTH = Text("{read} {shapes}", "{read}{shapes}")
_SHAPES = Text("No shape was given for {names}; it follows from the formulas.", "{names} 的形状没有给出，由公式推出。")


ROLES = ("parameter", "input", "target", "constant")


def problem_in(typed: str, loss: str | None, roles: Sequence[str] = ()) -> Problem:
    """The problem that a file in LaTeX states, or standard input for "-"; `roles` are `NAME=parameter` and so on.

    Errors: UsageError for a file that cannot be read; ReadError for LaTeX that cannot.
    """
    return problem_of_text(source(typed), "model" if typed == "-" else Path(typed).stem, loss, roles)


def problem_of_text(text: str, title: str, loss: str | None, roles: Sequence[str] = ()) -> Problem:
    """The problem that LaTeX states. Errors: ReadError, UsageError."""
    made = pasted(text, loss, dict(map(_role, roles)))
    graph = made.graph
    sizes = tuple(Size(str(s), DIMENSION) for s in graph.model().sizes if not options.taken(str(s)))
    return Problem(
        title=say.plain(title), statement=_taken(made), sizes=sizes, typed=made.names,
        readings=[Reading(lambda: graph)], losses=made.losses,
    )  # fmt: skip


def _role(wish: str) -> tuple[str, str]:
    """A name and its role. Errors: UsageError."""
    name, _, role = wish.rpartition("=")
    if not name or role not in ROLES:
        raise UsageError(f"--as {wish!r}: say what a name is, as in --as x=parameter; the roles are {', '.join(ROLES)}")
    return name.strip(), role


def source(typed: str) -> str:
    """The text of a file, or of standard input. Errors: UsageError."""
    try:
        raw = sys.stdin.buffer.read(limits.BYTES) if typed == "-" else _bytes(Path(typed))
    except OSError as error:
        raise UsageError(f"{typed} cannot be read ({error.strerror})") from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{typed} is no text in UTF-8; save it as UTF-8") from None


def _bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(limits.BYTES)


def _taken(made: Pasted) -> Text:
    """Where the model comes from, and which shapes were not given; the sheet itself lists what each name is."""
    nodes = made.graph.model().nodes
    shaped = [nodes[name].generic for name in made.inferred]
    return _BOTH(read=_READ, shapes=_SHAPES(names=shaped)) if shaped else _READ
