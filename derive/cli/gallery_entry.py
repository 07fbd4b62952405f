"""One entry of a gallery: a problem, a task on layers, a sheet or a file of one's own, with all of its files."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import chdir
from functools import partial
from pathlib import Path
from shutil import rmtree
from typing import NamedTuple

from derive import problem as catalogue
from derive.cli import assignment, options
from derive.cli.asking import problem_of
from derive.cli.assignment import UNTITLED, Wish, shipped
from derive.cli.layers import verified
from derive.cli.listing import LAYERS
from derive.cli.own import graphs_in
from derive.cli.sheet import solved, titled
from derive.errors import DeriveError, ModelError, UsageError
from derive.language import LANGUAGES, Text, joined
from derive.layers import render as layers
from derive.page.formats.html.gallery import Entry
from derive.page.formats.html.site import named, placed
from derive.page.front import Front
from derive.page.typesetting.files import write
from derive.problem import Problem
from derive.problems import layer_tasks, load_layers
from derive.sheet.blank import exercise
from derive.sheet.render import render

TARGETS = ("numpy", "torch")
OWN, ON_LAYERS, SHEETS = "own", "layers", "sheets"  # the groups beside those of the catalogue
GROUPS = {
    OWN: Text("Models", "模型"),
    SHEETS: Text("Problem sheets", "习题与试卷"),
    **catalogue.GROUPS,
    ON_LAYERS: LAYERS,
}
NOTHING = Text("", "")
Written = Callable[[str, str, int | None], str | bytes]  # by format, language, and how much is blank


class Wanted(NamedTuple):
    """What an entry is made of: a problem, a task, a sheet or a file, and the graph that is meant of several."""

    typed: str
    graph: str | None = None

    def __str__(self) -> str:
        return self.typed if self.graph is None else f"{self.typed} --graph {self.graph}"

    @property
    def called(self) -> str:
        """The name of the entry, and of its folder: the key of a graph may be any text."""
        if self.typed in shipped():
            return f"sheet-{self.typed}"
        return Path(self.typed).stem + ("" if self.graph is None else re.sub(r"[^\w.]+", "-", f"-{self.graph}"))


def wanted(typed: str) -> list[Wanted]:
    """The entries of what was typed: one, or one for each graph of a file.

    What is no problem, task, sheet or file is refused before any work. Errors: UsageError, also of a file's program.
    """
    if typed.endswith(".toml") and not Path(typed).is_file():
        raise UsageError(f"{typed}: there is no such file")
    if _is_sheet(typed) or typed in layer_tasks():
        return [Wanted(typed)]
    with chdir("."):  # a program may go to another folder
        graphs = graphs_in(typed) if typed.endswith(".py") and Path(typed).is_file() else ()
        if not graphs:
            problem_of(typed, None)
    return [Wanted(typed, graph) for graph in graphs] if len(graphs) > 1 else [Wanted(typed)]


def made(wish: Wanted, site: Path, check: bool) -> Entry:
    """Write all files of an entry; where it fails, a folder that was made for it goes.

    Errors: VerificationError, UsageError, ModelError.
    """
    into = site / wish.called
    new = not into.exists()
    folder(into)
    try:
        group, title, statement = _written(wish, into, check)
    except DeriveError:
        if new:
            rmtree(into, ignore_errors=True)
        raise
    return Entry(wish.called, group, title, statement, frozenset(file.name for file in into.iterdir()))


def _written(wish: Wanted, into: Path, check: bool) -> tuple[str, Text, Text]:
    """The group, the title and the statement of an entry whose files are written."""
    if _is_sheet(wish.typed):
        return _sheet(wish.typed, into, check)
    if wish.typed in layer_tasks():
        return _layers(wish.typed, into, check)
    return _problem(wish, into, check)


def folder(path: Path) -> None:
    """Make a folder where there is none. Errors: UsageError."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"-o {path}: no folder can be made there ({error.strerror})") from None


def _is_sheet(typed: str) -> bool:
    return typed in shipped() or typed.endswith(".toml")


def _pages(into: Path, written: Written) -> None:
    """The page in both languages, the solution and the exercise on paper."""
    page = written("html", LANGUAGES[0], None)
    assert isinstance(page, str)
    for lang in LANGUAGES:
        _write(into / named(lang), placed(page, lang))
        _write(into / f"solution.{lang}.pdf", written("pdf", lang, None))
        _write(into / f"exercise.{lang}.pdf", written("pdf", lang, 0))


def _write(path: Path, content: str | bytes) -> None:
    write(content if isinstance(content, bytes) else content.encode("utf-8", "backslashreplace"), str(path))


def _problem(wish: Wanted, into: Path, check: bool) -> tuple[str, Text, Text]:
    """A problem of the catalogue, or the model in a file, with its graph and its code."""
    with chdir("."):
        problem = problem_of(wish.typed, wish.graph)
    given = options.parse(options.problem_parser(wish.typed, problem), [] if check else ["--no-check"])
    parts = solved(problem, given)
    _pages(into, lambda form, lang, blank: render(parts, form, lang, head=titled(problem, blank is None), blank=blank))
    more: dict[str, Callable[[Problem], str]] = {f"{t}_passes.py": partial(_code, target=t) for t in TARGETS}
    for name, content in {"graph.svg": _graph, **more}.items():
        try:
            _write(into / name, content(problem))
        except ModelError:
            continue  # several loops leave no picture, and the list has no link to it
    return problem.group or OWN, problem.title, problem.statement


def _graph(problem: Problem) -> str:
    return problem.readings[0].build(**problem.choices({})).derive().picture().svg()


def _code(problem: Problem, target: str) -> str:
    solution = problem.readings[0].build(**problem.choices({})).derive()
    return solution.to_code(target, problem.readings[0].signature, check=False)


def _layers(typed: str, into: Path, check: bool) -> tuple[str, Text, Text]:
    """A task on the arithmetic of layers."""
    task = load_layers(typed)
    checks = verified(task) if check else None

    def written(form: str, lang: str, blank: int | None) -> str | bytes:
        return layers.render(
            task, checks, form, lang, blank=blank, exercise=lambda blocks, both: exercise(blocks, blank, both)
        )

    _pages(into, written)
    return ON_LAYERS, task.title, task.statement or NOTHING


def _sheet(typed: str, into: Path, check: bool) -> tuple[str, Text, Text]:
    """A sheet of several tasks, each derived once."""
    wish = Wish(typed, LANGUAGES, (), "brief", "typst", 0, False, None, Front(), check)
    sheet = assignment.derived(wish)

    def written(form: str, lang: str, blank: int | None) -> str | bytes:
        return assignment.written(wish._replace(blank=blank), sheet, form, lang)

    _pages(into, written)
    title = sheet.file.head(True).title or UNTITLED(name=Path(typed).stem)
    return SHEETS, title, joined([task.title for task in sheet.tasks], ("; ", "；"))
