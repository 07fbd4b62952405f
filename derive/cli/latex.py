"""The problem that a model written in LaTeX states: its graph, its sizes, and what its names were taken for."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from derive.cli import options
from derive.errors import UsageError
from derive.language import Text
from derive.page import sentences as say
from derive.problem import Problem, Reading, Size
from derive.read import limits
from derive.read.document import added
from derive.transcribe.model import Pasted, pasted

DIMENSION = Text("a size of the model", "模型的维数")
_READ = Text("This model was read from LaTeX.", "本模型由 LaTeX 读入。")
_SHAPES = Text("No shape was given for {names}; it follows from the formulas.", "{names} 的形状没有给出，由公式推出。")
_APART = Text(
    "Taken for names of their own, beside a family of the same letter, are {names}.",
    "{names} 视为单独的量，不属于同一字母的一族。",
)
_UNUSED = Text(
    "The equation in line {line} was not used: its left side is no single name.",
    "第 {line} 行的等式没有使用：其左边不是单个的量。",
)

_SET = re.compile(r"(?:\\mathbb\s*\{?\s*)?R\s*\}?(?:\^|$)")
ROLES = ("parameter", "input", "target", "constant")


def problem_in(typed: str, loss: str | None, roles: Sequence[str] = ()) -> Problem:
    """The problem that a file in LaTeX states, or standard input for "-"; `roles` are `NAME=parameter` and so on.

    Errors: UsageError for a file that cannot be read; ReadError for LaTeX that cannot.
    """
    return problem_of_text(source(typed), "model" if typed == "-" else Path(typed).stem, loss, roles)


def problem_of_text(text: str, title: str, loss: str | None, roles: Sequence[str] = ()) -> Problem:
    """The problem that LaTeX states. Errors: ReadError, UsageError."""
    wishes = list(map(_role, roles))
    shapes = [f"{name} \\in {kind}" for name, kind in wishes if kind not in ROLES]
    made = pasted(added(text, shapes) if shapes else text, loss, {name: kind for name, kind in wishes if kind in ROLES})
    graph = made.graph
    sizes = tuple(Size(str(s), DIMENSION) for s in graph.model().sizes if not options.taken(str(s)))
    return Problem(
        title=say.plain(title), statement=_taken(made), sizes=sizes, typed=made.names,
        readings=[Reading(lambda: graph)], losses=made.losses,
    )  # fmt: skip


def _role(wish: str) -> tuple[str, str]:
    """A name and its role, or the set in which it lies. Errors: UsageError."""
    name, _, role = wish.partition("=")
    if not name or (role not in ROLES and not _SET.match(role)):
        raise UsageError(
            f"--as {wish!r}: say what a name is, as in --as x=parameter; the roles are {', '.join(ROLES)}; "
            r"or say its shape, as in --as 'b=R^{k}'"
        )
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
    """Where the model comes from, what was inferred, what was not used; the sheet itself lists what each name is."""
    nodes = made.graph.model().nodes
    said = [_READ]
    if shaped := [nodes[name].generic for name in made.inferred]:
        said.append(_SHAPES(names=shaped))
    if apart := [nodes[name].generic for name in made.apart]:
        said.append(_APART(names=apart))
    said += [_UNUSED(line=line) for line in made.unused]
    return say.one_after_another(said)
