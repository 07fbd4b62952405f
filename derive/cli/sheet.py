"""`derive NAME`: read the options, derive, check, and only then print the sheet."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from derive.cli import options, progress_line
from derive.cli.delivery import deliver, not_to_a_terminal
from derive.cli.training import trained
from derive.errors import UsageError
from derive.graph import Graph
from derive.language import LANGUAGES
from derive.page import sentences as say
from derive.page import terminal
from derive.page.blocks import Title
from derive.page.formats.formats import FORMATS
from derive.problem import Problem, Reading
from derive.problems import load
from derive.progress import DERIVING, doing
from derive.sheet.part import Part
from derive.sheet.render import render
from derive.solution import Solution
from derive.topics.worked.numbers_as_typed import number, parse

if TYPE_CHECKING:
    from derive.topics.hessian.hessian import Hessian
    from derive.topics.jacobian.jacobian import Jacobian
    from derive.topics.worked.worked import Worked


def run(name: str, argv: Sequence[str]) -> int:
    """Print the sheet of a problem, or write it to a file. Errors: UsageError, VerificationError."""
    deliver(*sheet(name, argv))
    return 0


def sheet(name: str, argv: Sequence[str]) -> tuple[Any, str | None]:
    """The sheet of a problem, text or bytes, and the file it is for. Errors: UsageError, VerificationError."""
    problem = load(name)
    given = options.parse(options.problem_parser(name, problem), argv)
    options.one_of("format", given.format, tuple(FORMATS))
    options.one_of("lang", given.lang, LANGUAGES)
    options.one_of("detail", given.detail, ("brief", "full"))
    if FORMATS[given.format].binary:
        not_to_a_terminal(given.format.upper(), given.output)
    with progress_line.shown(given.lang):
        parts = [_part(problem, reading, given) for reading in readings(problem, given)]
    if given.plots and not any(part.plottable for part in parts):
        raise UsageError("--plots: only a recurrence over any number of steps and a training (--train) have plots")
    head = Title(problem.title, say.SOURCE(source=problem.source), problem.statement)
    page = terminal.page(sys.stdout) if given.output is None else terminal.PLAIN
    return render(parts, given.format, given.lang, given.detail, head, page), given.output


def readings(problem: Problem, given: argparse.Namespace) -> list[Reading]:
    """The readings of a problem that are asked for. Errors: UsageError."""
    wish = getattr(given, "reading", None)
    labels = {options.key(r.label.en): r for r in problem.readings if r.label is not None}
    if wish is None:
        return problem.readings
    options.one_of("reading", wish, tuple(labels))
    return [labels[wish]]


def _part(problem: Problem, reading: Reading, given: argparse.Namespace) -> Part:
    doing(DERIVING, what=problem.title)
    graph = reading.build(**problem.choices(vars(given)))
    solution = graph.derive(sizes=_of(graph, sizes(problem, vars(given)), len(readings(problem, given)) == 1))
    training = trained(solution, reading, given)
    if given.jacobian is not None or given.hessian is not None:
        return _asked(solution, reading, given)
    worked, rate = _worked(solution, reading, given)
    report, limits = None, solution.limits(reading.limits)
    identities = tuple(solution.identity(*pair) for pair in reading.identities)
    if not given.no_check:
        report = solution.verify(limits=limits, identities=identities)
        report.require()
    written = None
    if reading.operations:
        from derive.topics.primitives.program import rewritten

        written = rewritten(solution.derivation, reading.operations, check=not given.no_check)
    return Part(
        solution.derivation,
        solution.steps,
        solution.sizes,
        report,
        reading.label,
        worked,
        reading.example.remark if reading.example and given.at is None and worked else None,
        notes=tuple(reading.notes),
        update=reading.update or training is not None or (rate is not None and worked is None),
        rate=rate,
        closed=solution.closed_forms,
        values=solution.values,
        limits=limits,
        analyses=solution.analyses,
        matrices=solution.matrices,
        expectations=solution.expectations,
        identities=identities,
        training=training,
        rewritten=written,
        plots=given.plots,
    )


def _asked(solution: Solution, reading: Reading, given: argparse.Namespace) -> Part:
    """The page of a Jacobian, of a Hessian, or of both."""
    for option in ("at", "lr"):
        if getattr(given, option) is not None:
            raise UsageError(f"--{option}: numbers are not worked for a Jacobian or a Hessian; leave it out")
    asked: list[Jacobian | Hessian] = []
    if given.jacobian is not None:
        of, wrt = options.names(given.jacobian, "--jacobian", 2, 2)
        asked.append(solution.jacobian(of, wrt, check=not given.no_check))
    if given.hessian is not None:
        asked.append(solution.hessian(*options.names(given.hessian, "--hessian"), check=not given.no_check))
    return Part(solution.derivation, (), solution.sizes, label=reading.label, asked=tuple(asked))


def sizes(problem: Problem, given: Mapping[str, str | None]) -> dict[str, int]:
    """The sizes that are given numbers. Errors: UsageError."""
    found = {}
    for size in problem.sizes:
        text = given[size.name]
        if text is not None:
            found[size.name] = options.whole(text, f"--{size.name}", size.most)
    return found


def _of(graph: Graph, sizes: Mapping[str, int], alone: bool) -> Mapping[str, int]:
    """The sizes that this reading has, where another one may have the rest."""
    own = {str(s) for s in graph.model().sizes}
    return sizes if alone else {name: number for name, number in sizes.items() if name in own}


def _worked(solution: Solution, reading: Reading, given: argparse.Namespace) -> tuple[Worked | None, Fraction | None]:
    """The numbers asked for, or those of the exercise itself."""
    example = reading.example
    rate_text = given.lr if given.lr is not None else example.rate if example is not None and given.at is None else None
    rate = number(rate_text, "--lr") if rate_text is not None else None
    if rate is not None and not solution.derivation.model.has_loss:
        raise UsageError("--lr: this problem has no loss, so there is no gradient to descend")
    if rate is not None and rate <= 0:
        raise UsageError(f"--lr: a learning rate is greater than 0, found {rate_text!r}")
    at = given.at if given.at is not None else example.at if example is not None else None
    if at is None:
        return None, rate
    from derive.topics.worked.worked import work

    return work(solution.derivation, solution.sizes, parse(at), rate), rate
