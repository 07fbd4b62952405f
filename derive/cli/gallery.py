"""`derive gallery`: every problem as page, PDF, exercise, code and graph, in one folder of static files."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import as_completed
from functools import partial
from pathlib import Path

from derive.cli import options
from derive.cli.cores import processes
from derive.cli.sheet import solved, titled
from derive.errors import UsageError
from derive.language import LANGUAGES
from derive.page.formats.html.gallery import Entry, index
from derive.page.typesetting.files import write
from derive.problem import GROUPS, Problem
from derive.problems import load, names
from derive.sheet.render import render

TARGETS = ("numpy", "torch")


def run(argv: Sequence[str]) -> int:
    """Write the site. Errors: UsageError for an unknown problem or a folder that cannot be written."""
    given = options.parse(options.gallery_parser(), argv)
    wished = tuple(dict.fromkeys(given.what)) or names()
    for name in wished:
        load(name)  # an unknown one is refused before any work
    site = Path(given.output)
    _folder(site)
    with processes(len(wished)) as pool:
        made = {pool.submit(partial(one, site=site, check=not given.no_check), name): name for name in wished}
        for count, done in enumerate(as_completed(made), 1):
            done.result()
            if sys.stderr.isatty():
                print(f"\r{count} of {len(wished)}: {made[done]:<30}", end="", file=sys.stderr, flush=True)
    entries = [_entry(name, site / name) for name in wished]
    for lang in LANGUAGES:
        groups = {key: title.pick(lang) for key, title in GROUPS.items()}
        write(index(entries, groups, lang, not given.no_check).encode(), str(site / page(lang)))
    print(f"{site / page(LANGUAGES[0])}")
    return 0


def page(lang: str) -> str:
    """The file of the list of problems in one language."""
    return "index.html" if lang == LANGUAGES[0] else f"index.{lang}.html"


def one(name: str, site: Path, check: bool) -> None:
    """Write all files of a problem. Errors: VerificationError, UsageError."""
    problem = load(name)
    folder = site / name
    _folder(folder)
    given = options.parse(options.problem_parser(name, problem), [] if check else ["--no-check"])
    parts = solved(problem, given)
    write(_bytes(render(parts, "html", head=titled(problem, True))), str(folder / "index.html"))
    for lang in LANGUAGES:
        for kind, blank in (("solution", None), ("exercise", 0)):
            made = render(parts, "pdf", lang, head=titled(problem, blank is None), blank=blank)
            write(_bytes(made), str(folder / f"{kind}.{lang}.pdf"))
    if (drawn := _graph(problem)) is not None:
        write(drawn.encode(), str(folder / "graph.svg"))
    for target in TARGETS:
        write(_code(problem, target).encode(), str(folder / f"{target}_passes.py"))


def _graph(problem: Problem) -> str | None:
    """The graph as SVG; None where several loops leave no picture."""
    from derive.errors import ModelError

    try:
        return problem.readings[0].build(**problem.choices({})).derive().picture().svg()
    except ModelError:
        return None


def _code(problem: Problem, target: str) -> str:
    solution = problem.readings[0].build(**problem.choices({})).derive()
    return solution.to_code(target, problem.readings[0].signature, check=False)


def _entry(name: str, folder: Path) -> Entry:
    problem = load(name)
    files = frozenset(file.name for file in folder.iterdir())
    return Entry(name, problem.group, problem.title, problem.statement, files)


def _bytes(made: str | bytes) -> bytes:
    return made if isinstance(made, bytes) else made.encode("utf-8", "backslashreplace")


def _folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"-o {path}: no folder can be made there ({error.strerror})") from None
